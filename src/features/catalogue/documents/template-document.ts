import type { Catalogue, KnownSpace } from '../catalogue.js'
import { maxDecimalsBytes, writeDecimals } from '../../../science/template/decimals.js'
import { readVector, type VectorForm } from '../../../science/template/document.js'
import { base64OfFloat32 } from '../../../science/template/float32.js'
import { createTurns } from '../../../platform/turns.js'
import type { TemplateDocument } from '../../../platform/http/schemas/template.js'

/** The space and the vector of a template in JSON. */
export function readTemplate (
  document: TemplateDocument,
  catalogue: Catalogue,
  where: string
): { space: KnownSpace, vector: Float32Array } {
  const space = catalogue.space(document.model)
  catalogue.checkFingerprint(document.fingerprint, space, where)
  return { space, vector: readVector(document, space, where) }
}

/** The members before and after the templates of a document. */
export interface DocumentFrame {
  readonly before: object
  readonly after: object
}

/**
 * Writes the JSON text of `{...before, "templates": [...], ...after}`, each template as `writeTemplate` has it, with
 * numbers of nine digits. It is written directly to bytes: converting vectors to arrays, the numbers to text and that
 * to bytes took a tenth of a request.
 *
 * @param ids of the templates, where the caller gave them
 */
export async function writeTemplates (
  space: KnownSpace,
  vectors: readonly Float32Array[],
  form: VectorForm,
  ids: readonly (string | undefined)[],
  { before, after }: DocumentFrame
): Promise<Buffer> {
  const head = JSON.stringify(before).slice(0, -1) + ',"templates":['
  const tail = '],' + JSON.stringify(after).slice(1)
  const common = `"model":${JSON.stringify(space.model)},"fingerprint":${JSON.stringify(space.fingerprint)},${
    form === 'numbers' ? '"vector":' : '"data":"'
  }`
  const openings = vectors.map((_, row) =>
    `${row === 0 ? '' : ','}{${ids[row] === undefined ? '' : `"id":${JSON.stringify(ids[row])},`}${common}`
  )
  const vectorBytes = form === 'numbers' ? maxDecimalsBytes(space.dimension) : base64Length(space.dimension)
  const most = openings.reduce(
    (sum, opening) => sum + Buffer.byteLength(opening) + vectorBytes + 2,
    Buffer.byteLength(head) + Buffer.byteLength(tail)
  )
  const bytes = Buffer.allocUnsafe(most)
  let end = bytes.write(head)
  const turns = createTurns()
  for (const [row, vector] of vectors.entries()) {
    end += bytes.write(openings[row]!, end)
    end = form === 'numbers'
      ? writeDecimals(vector, bytes, end)
      : end + bytes.write(base64OfFloat32(vector) + '"', end, 'latin1')
    end += bytes.write('}', end)
    if (turns.over()) await turns.next()
  }
  end += bytes.write(tail, end)
  return bytes.subarray(0, end)
}

const base64Length = (numbers: number) => 4 * Math.ceil(4 * numbers / 3)
