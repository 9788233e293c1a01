import { createHash } from 'node:crypto'

/** Maximum number of shards, see migrations/0030_gallery_shards.sql. */
export const maxShards = 256

/** The place of the shard that has all of a subject: the first 32 bits of SHA-256 of its name, modulo the shards. */
export function placeOfSubject (subject: string, shards: number): number {
  if (shards === 1) return 0
  return createHash('sha256').update(subject).digest().readUInt32BE(0) % shards
}

/** Rows by the place of their subjects' shards. */
export function byPlace<Row extends { readonly subject: string }> (
  rows: readonly Row[],
  shards: number
): Map<number, readonly Row[]> {
  if (shards === 1) return new Map(rows.length === 0 ? [] : [[0, rows]])
  const parts = new Map<number, Row[]>()
  for (const row of rows) {
    const place = placeOfSubject(row.subject, shards)
    const part = parts.get(place)
    if (part === undefined) parts.set(place, [row])
    else part.push(row)
  }
  return parts
}

/** A subject number or an ordinal of a shard as a number that is unique within the gallery. */
export const numberInGallery = (number: number, place: number, shards: number): number => number * shards + place

/** The inverse of `numberInGallery`. */
export const numberInShard = (number: number, shards: number): { place: number, number: number } => ({
  place: number % shards,
  number: Math.floor(number / shards)
})
