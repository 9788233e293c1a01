/**
 * Where a sealed template belongs. It opens nowhere else.
 *
 * No part contains a NUL, since the database stores none in a text. Null maps to the empty text, which no value is.
 */
export interface Place {
  /** The name of the row; authenticated in every form. */
  readonly name: readonly string[]
  /** The attributes and the version of the row; authenticated from the second form on. */
  readonly bound: readonly string[]
}

export interface SamplePlace {
  readonly fingerprint: string
  readonly sample: string
  readonly identity: string | null
  readonly group: string | null
  /** of the sample, see migrations/0017_bound_seals.sql */
  readonly version: string | null
}

/** The place of a template in a corpus. */
export function placeOfSample ({ fingerprint, sample, identity, group, version }: SamplePlace): Place {
  return { name: [fingerprint, sample], bound: [identity ?? '', group ?? '', version ?? ''] }
}

/** What the templates of a subject are bound to. */
export interface SubjectSeal {
  readonly subject: string
  readonly attributes: Readonly<Record<string, unknown>>
  /** of the subject, see migrations/0017_bound_seals.sql */
  readonly version: string | null
}

export interface ReferencePlace extends SubjectSeal {
  readonly fingerprint: string
  readonly reference: string
  /** position in the gallery's log; a number, or its text as the database returns it */
  readonly ordinal: number | string
  /** id of the migration that translated it; null for a native template */
  readonly migration: string | null
}

/** The place of a template in a gallery. */
export function placeOfReference (
  { fingerprint, subject, reference, ordinal, migration, version, attributes }: ReferencePlace
): Place {
  return {
    name: [fingerprint, subject, reference],
    bound: [String(ordinal), migration ?? '', version ?? '', canonicalAttributes(attributes)]
  }
}

/** The same text for the same attributes, whatever their order. */
function canonicalAttributes (attributes: Readonly<Record<string, unknown>>): string {
  return JSON.stringify(Object.entries(attributes).sort(([a], [b]) => a < b ? -1 : 1))
}
