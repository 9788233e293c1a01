import type { Random } from '../../src/science/linear-algebra/random.js'
import type { SubjectMatch } from '../../src/features/galleries/search/best-subjects.js'
import type { ReferenceBatch } from '../../src/features/galleries/search/reference-rows.js'
import { gaussian } from './synthetic-pairs.js'

/** A reference as a test thinks of it. */
export interface Reference {
  readonly ordinal: number
  readonly subject: number
  readonly vector: readonly number[]
}

/**
 * References with a few subjects each and ordinals with gaps. Vectors come from a few directions, so that many scores
 * are equal, or from a normal distribution.
 */
export function randomReferences (
  random: Random,
  count: number,
  dimension: number,
  subjects: number,
  directions = Infinity
): Reference[] {
  const draw = () => Array.from({ length: dimension }, () => Math.fround(gaussian(random)))
  const pool = Number.isFinite(directions) ? Array.from({ length: directions }, draw) : undefined
  let ordinal = 0
  return Array.from({ length: count }, () => {
    ordinal += 1 + random.integer(3)
    return { ordinal, subject: 1 + random.integer(subjects), vector: pool?.[random.integer(pool.length)] ?? draw() }
  })
}

export function batchOf (references: readonly Reference[], dimension: number): ReferenceBatch {
  return {
    vectors: {
      rows: references.length,
      cols: dimension,
      data: Float32Array.from(references.flatMap(({ vector }) => vector))
    },
    subjects: Float64Array.from(references, ({ subject }) => subject),
    ordinals: Float64Array.from(references, ({ ordinal }) => ordinal)
  }
}

/** The definition of a search. */
export function naiveSearch (references: readonly Reference[], probe: readonly number[], best: number): SubjectMatch[] {
  const bySubject = new Map<number, SubjectMatch>()
  const scored = references
    .map(({ subject, ordinal, vector }) => ({ subject, ordinal, score: innerProduct(vector, probe) }))
    .sort((a, b) => b.score - a.score || a.ordinal - b.ordinal)
  for (const match of scored) if (!bySubject.has(match.subject)) bySubject.set(match.subject, match)
  return [...bySubject.values()].slice(0, best)
}

function innerProduct (a: readonly number[], b: readonly number[]): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!
  return sum
}
