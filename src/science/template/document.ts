import { Problem } from '../../errors.js'
import { checkVector } from './check.js'
import { base64OfFloat32, float32FromBase64 } from './float32.js'
import type { Space } from './space.js'

/** How vectors are written in JSON: as numbers, or as base64 of little-endian float32. */
export type VectorForm = 'numbers' | 'base64'

/** A template as a JSON object. */
export interface TemplateObject {
  id?: string
  model: string
  fingerprint?: string
  vector?: number[]
  data?: string
}

/**
 * The vector of a JSON object, in either of its two forms.
 *
 * @param where the caller's name for the object, for errors
 * @throws Problem `template-invalid`
 */
export function readVector (
  { vector, data }: Pick<TemplateObject, 'vector' | 'data'>,
  space: Space,
  where: string
): Float32Array {
  if ((vector === undefined) === (data === undefined)) {
    throw new Problem(
      'template-invalid',
      `${where}: expected exactly one of "vector" and "data", received ${vector === undefined ? 'neither' : 'both'}`
    )
  }
  const values = vector !== undefined ? new Float32Array(vector) : float32FromBase64(data!)
  if (values === undefined) {
    throw new Problem(
      'template-invalid',
      `${where}.data: expected base64 of ${space.dimension} little-endian float32 numbers (${space.dimension * 4} ` +
        `bytes), received ${data!.length} characters that are not`
    )
  }
  checkVector(values, space, where)
  return values
}

export function writeTemplate (space: Space, vector: Float32Array, form: VectorForm, id?: string): TemplateObject {
  return {
    ...(id === undefined ? {} : { id }),
    model: space.model,
    fingerprint: space.fingerprint,
    ...(form === 'numbers' ? { vector: Array.from(vector) } : { data: base64OfFloat32(vector) })
  }
}
