/**
 * The entity tags of `If-Match`; undefined when there is no such condition, or it is `*`, which every resource meets that
 * is there (RFC 9110, section 13.1.1). Weak tags are left in: by the strong comparison that is asked for none matches.
 */
export function ifMatch (header: string | undefined): string[] | undefined {
  return header === undefined || header.trim() === '*' ? undefined : entityTags(header)
}

/** Whether the caller has the representation of this tag already, by weak comparison (RFC 9110, section 13.1.2). */
export function ifNoneMatch (header: string | undefined, etag: string): boolean {
  if (header === undefined) return false
  return header.trim() === '*' || entityTags(header).some(tag => tag.replace(/^W\//, '') === etag)
}

function entityTags (header: string): string[] {
  return header.split(',').map(tag => tag.trim()).filter(tag => tag !== '')
}
