import type { TemplateMatrix } from '../linear-algebra/matrix.js'
import { Problem } from '../../errors.js'
import type { Space } from './space.js'

/**
 * Refuses a vector that is not a template of the space: wrong length, NaN, infinity or norm zero.
 *
 * @param where the caller's name for it, such as `templates[3]`
 * @throws Problem `template-invalid`
 */
export function checkVector (vector: Float32Array, space: Space, where: string): void {
  const defect = templateDefect(vector, space)
  if (defect !== undefined) throw invalid(where, defect)
}

/** Why a vector is not a template of a space: wrong length, NaN, infinity or norm zero; undefined for a template. */
export function templateDefect (
  vector: Float32Array,
  { model, dimension }: Pick<Space, 'model' | 'dimension'>
): string | undefined {
  return vector.length === dimension
    ? vectorDefect(vector)
    : `expected ${dimension} numbers for model "${model}", received ${vector.length}`
}

/** A row of a batch that is not a template. */
export class InvalidRow extends RangeError {
  override readonly name = 'InvalidRow'

  /** @param defect what was expected and received */
  constructor (readonly row: number, readonly defect: string) {
    super(`row ${row}: ${defect}`)
  }

  /** @param firstRow of the batch in what the caller sent */
  asProblem (firstRow = 0): Problem {
    return invalid(`row ${firstRow + this.row}`, this.defect)
  }
}

/** Finds the first row that is not a template, for a batch whose arithmetic has shown that there is one. */
export function findInvalidRow (templates: TemplateMatrix): InvalidRow | undefined {
  return invalidRows(templates).next().value ?? undefined
}

/** The rows that are not templates, in order. */
export function* invalidRows ({ rows, cols, data }: TemplateMatrix): Generator<InvalidRow, void> {
  for (let row = 0; row < rows; row++) {
    const defect = vectorDefect(data.subarray(row * cols, (row + 1) * cols))
    if (defect !== undefined) yield new InvalidRow(row, defect)
  }
}

/** Why the numbers are not a template: NaN, infinity or norm zero; undefined for a template. */
export function vectorDefect (vector: Float32Array): string | undefined {
  let sumOfSquares = 0
  for (let i = 0; i < vector.length; i++) {
    const value = vector[i]!
    if (!Number.isFinite(value)) return `expected finite single-precision numbers, received ${value} at index ${i}`
    sumOfSquares += value * value
  }
  return sumOfSquares === 0 ? 'expected a vector with a direction, received one of norm zero' : undefined
}

/**
 * Refuses a template that is tagged with another space than its model has now.
 * @param extensions of the problem
 * @throws Problem `fingerprint-mismatch`
 */
export function checkFingerprint (
  given: string | undefined,
  space: Space,
  where: string,
  extensions: () => Record<string, unknown> = () => ({})
): void {
  if (given === undefined || given === space.fingerprint) return
  throw new Problem(
    'fingerprint-mismatch',
    `${where}: expected a template of model "${space.model}" with fingerprint ${space.fingerprint}, received one ` +
      `with ${given}`,
    extensions()
  )
}

const invalid = (where: string, what: string) => new Problem('template-invalid', `${where}: ${what}`)
