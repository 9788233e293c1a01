import { Problem } from '../errors.js'
import type { Space } from './space.js'

/**
 * Refuses a vector that is no template of the space: wrong length, NaN, infinity, or norm zero.
 *
 * @param where what the caller called it, such as `templates[3]`
 * @throws Problem `template-invalid`
 */
export function checkVector (vector: Float32Array, space: Space, where: string): void {
  if (vector.length !== space.dimension) {
    throw invalid(where, `expected ${space.dimension} numbers for model "${space.model}", received ${vector.length}`)
  }
  let sumOfSquares = 0
  for (let i = 0; i < vector.length; i++) {
    const value = vector[i]!
    if (!Number.isFinite(value)) throw invalid(where, `expected finite single-precision numbers, received ${value} at index ${i}`)
    sumOfSquares += value * value
  }
  if (sumOfSquares === 0) throw invalid(where, 'expected a vector with a direction, received one of norm zero')
}

/** Refuses a template that is tagged with another space than the one that its model has now. */
export function checkFingerprint (given: string | undefined, space: Space, where: string, extensions: Record<string, unknown> = {}): void {
  if (given === undefined || given === space.fingerprint) return
  throw new Problem('fingerprint-mismatch',
    `${where}: expected a template of model "${space.model}" with fingerprint ${space.fingerprint}, received one with ${given}`, extensions)
}

const invalid = (where: string, what: string) => new Problem('template-invalid', `${where}: ${what}`)
