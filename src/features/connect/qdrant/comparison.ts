import { createHash } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import type { Qdrant } from '../../../platform/qdrant/client.js'
import type { Translate } from '../end.js'
import type { Collection } from './collection.js'
import {
  contentOf,
  countPoints,
  deletePoints,
  pageOfPoints,
  retrieve,
  scrollAll,
  templateOf,
  translatedPoints,
  writePoints,
  type Point
} from './points.js'

/** Differences of numbers that are no change: of the order in which products are added, and of half precision. */
const tolerances: Readonly<Record<string, number>> = { float32: 1e-5, float16: 1e-3 }

/** What one comparison of the two collections found. */
export interface Compared {
  readonly rows: number
  readonly translated: number
  readonly empty: number
  readonly leftOut: number
  /** ids of points that were not, or not as they should be, in the new collection */
  readonly changed: readonly string[]
  /** points of the new collection that the one before has not */
  readonly removed: number
  /** of the ids of the translated points */
  readonly digest: string
  /** of everything that the two collections have; that of the new one counts only when nothing had changed */
  readonly sums: { readonly source: string, readonly fresh: string }
}

export interface Compares {
  readonly qdrant: Qdrant
  readonly collection: Collection
  readonly fresh: string
  readonly vector: string
  readonly dimension: number
}

/**
 * Compares each point of a collection, translated once more, with the new collection.
 * @param repair whether to bring the new collection to what it should be
 */
export async function compareCollections (
  { qdrant, collection, fresh, vector, dimension }: Compares,
  translate: Translate,
  repair: boolean
): Promise<Compared> {
  const tolerance = tolerances[collection.vector.datatype ?? 'float32']!
  const counts = { rows: 0, translated: 0, empty: 0, leftOut: 0 }
  const [names, source, made] = [createSum(8), createSum(16), createSum(16)]
  const changed: string[] = []
  let expected = 0
  for await (const points of scrollAll(qdrant, collection.name, { limit: collection.pageRows, what: 'all' })) {
    const { ids, templates, bad } = await translate(pageOfPoints(points, vector, dimension, ''))
    const there = await retrieve(qdrant, fresh, points.map(({ id }) => id), 'all')
    const different = translatedPoints(points, vector, ids, templates).filter(point =>
      !isSame(point, there.get(point.id), vector, tolerance)
    )
    if (repair) await writePoints(qdrant, fresh, different)
    for (const { id } of different) changed.push(id)
    for (const id of ids) names.add(id)
    for (const point of points) source.add(contentOf(point))
    for (const point of there.values()) made.add(contentOf(point))
    expected += points.length
    counts.rows += points.length
    counts.translated += ids.length
    counts.leftOut += bad.length
    counts.empty += points.length - ids.length - bad.length
  }
  const removed = await countPoints(qdrant, fresh) === expected
    ? 0
    : await removeOthers(qdrant, collection, fresh, repair)
  return { ...counts, changed, removed, digest: names.text(), sums: { source: source.text(), fresh: made.text() } }
}

/** The sum of everything that a collection has. */
export async function sumOf (qdrant: Qdrant, collection: string, limit: number): Promise<string> {
  const sum = createSum(16)
  for await (const points of scrollAll(qdrant, collection, { limit, what: 'all' })) {
    for (const point of points) sum.add(contentOf(point))
  }
  return sum.text()
}

/** Removes the points of a new collection that the one before has not. @returns how many there are */
async function removeOthers (
  qdrant: Qdrant,
  { name, pageRows }: Collection,
  fresh: string,
  repair: boolean
): Promise<number> {
  let removed = 0
  for await (const points of scrollAll(qdrant, fresh, { limit: pageRows, what: 'ids' })) {
    const ids = points.map(({ id }) => id)
    const there = await retrieve(qdrant, name, ids, 'ids')
    const gone = ids.filter(id => !there.has(id))
    removed += gone.length
    if (repair) await deletePoints(qdrant, fresh, gone)
  }
  return removed
}

/** A sum of digests, the same whatever the order of what is added. @param bytes of a digest that count */
function createSum (bytes: 8 | 16) {
  let sum = 0n
  return {
    add (text: string) {
      sum += BigInt(`0x${createHash('sha256').update(text).digest('hex').slice(0, 2 * bytes)}`)
    },
    text: () => BigInt.asUintN(8 * bytes, sum).toString(16).padStart(2 * bytes, '0')
  }
}

/** Whether a point is as it should be. Qdrant may write the same numbers in another way. */
function isSame (wanted: Point, found: Point | undefined, vector: string, tolerance: number): boolean {
  if (found === undefined || found.vectors.size !== wanted.vectors.size) return false
  if (
    found.payload !== wanted.payload && !isDeepStrictEqual(JSON.parse(found.payload), JSON.parse(wanted.payload))
  ) return false
  for (const [name, text] of wanted.vectors) {
    const other = found.vectors.get(name)
    if (other === undefined) return false
    // Other vectors may be of half precision too.
    const near = name === vector ? tolerance : tolerances.float16!
    if (other !== text && !isNear(JSON.parse(text), JSON.parse(other), near)) return false
  }
  return true
}

/** Whether dense, sparse or several vectors are the same but for a tolerance. */
function isNear (a: unknown, b: unknown, tolerance: number): boolean {
  if (typeof a === 'number' && typeof b === 'number') return Math.abs(a - b) <= tolerance * Math.max(1, Math.abs(a))
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b
  const [names, others] = [Object.keys(a), Object.keys(b)]
  return names.length === others.length &&
    names.every(name => isNear((a as Record<string, unknown>)[name], (b as Record<string, unknown>)[name], tolerance))
}

/** Whether a point has a template. */
export const hasTemplate = (point: Point, vector: string, dimension: number): boolean =>
  templateOf(point, vector, dimension) instanceof Float32Array
