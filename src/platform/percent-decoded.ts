/**
 * Decodes the percent-encoding of text from outside (RFC 3986, section 2.1), which is to be UTF-8.
 *
 * @returns undefined when an escape is cut off or not hexadecimal, or when the bytes are not UTF-8
 */
export function percentDecoded (text: string): string | undefined {
  if (!text.includes('%')) return text
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}
