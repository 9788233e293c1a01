import type { Catalogue, KnownSpace } from '../operations/catalogue.js'
import { Problem } from '../errors.js'
import { checkVector } from '../template/check.js'
import { mostBytesOfDecimals, writeDecimals } from '../template/decimals.js'
import { base64OfFloat32, float32FromBase64 } from '../template/float32.js'
import type { TemplateDocument, VectorForms } from './schemas/template.js'

/** How vectors are written in JSON: as numbers, or as base64 of little-endian float32. */
export type VectorForm = 'numbers' | 'base64'

/**
 * The vector of a JSON object that has it in one of its two forms.
 *
 * @param where how the caller names the object, for the error
 * @throws Problem `template-invalid`
 */
export function readVector (document: VectorForms, space: KnownSpace, where: string): Float32Array {
  const { vector, data } = document
  if ((vector === undefined) === (data === undefined)) {
    throw new Problem('template-invalid', `${where}: expected exactly one of "vector" and "data", received ${vector === undefined ? 'neither' : 'both'}`)
  }
  const values = vector !== undefined ? Float32Array.from(vector) : float32FromBase64(data!)
  if (values === undefined) {
    throw new Problem('template-invalid', `${where}.data: expected base64 of ${space.dimension} little-endian float32 numbers (${space.dimension * 4} bytes), received ${data!.length} characters that are not`)
  }
  checkVector(values, space, where)
  return values
}

/** The space and the vector of a template in JSON. */
export function readTemplate (document: TemplateDocument, catalogue: Catalogue, where: string): { space: KnownSpace, vector: Float32Array } {
  const space = catalogue.space(document.model)
  catalogue.checkFingerprint(document.fingerprint, space, where)
  return { space, vector: readVector(document, space, where) }
}

export function writeTemplate (space: KnownSpace, vector: Float32Array, form: VectorForm, id?: string): TemplateDocument {
  return {
    ...(id === undefined ? {} : { id }),
    model: space.model,
    fingerprint: space.fingerprint,
    ...(form === 'numbers' ? { vector: Array.from(vector) } : { data: base64OfFloat32(vector) })
  }
}

/** What stands around the templates of a document. */
export interface DocumentFrame {
  readonly before: object
  readonly after: object
}

/**
 * The JSON text of `{...before, "templates": [...], ...after}`, each template as `writeTemplate` has it, with numbers of nine
 * digits; written at once, since turning a vector into an array, its numbers into text and that into bytes took a tenth of a request.
 *
 * @param ids of the templates, where the caller gave them
 */
export function writeTemplates (
  space: KnownSpace, vectors: readonly Float32Array[], form: VectorForm, ids: readonly (string | undefined)[], { before, after }: DocumentFrame
): Buffer {
  const head = JSON.stringify(before).slice(0, -1) + ',"templates":['
  const tail = '],' + JSON.stringify(after).slice(1)
  const common = `"model":${JSON.stringify(space.model)},"fingerprint":${JSON.stringify(space.fingerprint)},${form === 'numbers' ? '"vector":' : '"data":"'}`
  const opening = (row: number) => `${row === 0 ? '' : ','}{${ids[row] === undefined ? '' : `"id":${JSON.stringify(ids[row])},`}${common}`
  const vectorBytes = form === 'numbers' ? mostBytesOfDecimals(space.dimension) : base64Length(space.dimension)
  const most = vectors.reduce((sum, _, row) => sum + Buffer.byteLength(opening(row)) + vectorBytes + 2, Buffer.byteLength(head) + Buffer.byteLength(tail))
  const bytes = Buffer.allocUnsafe(most)
  let end = bytes.write(head)
  vectors.forEach((vector, row) => {
    end += bytes.write(opening(row), end)
    end = form === 'numbers' ? writeDecimals(vector, bytes, end) : end + bytes.write(base64OfFloat32(vector) + '"', end, 'latin1')
    end += bytes.write('}', end)
  })
  end += bytes.write(tail, end)
  return bytes.subarray(0, end)
}

const base64Length = (numbers: number) => 4 * Math.ceil(4 * numbers / 3)
