import { Problem } from '../../../errors.js'
import type { Catalogue, KnownSpace } from '../catalogue.js'
import { maxDecimalsBytes, writeDecimals } from '../../../science/template/decimals.js'
import { readVector, type VectorForm } from '../../../science/template/document.js'
import { base64OfFloat32 } from '../../../science/template/float32.js'
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

/**
 * The spaces and vectors of templates of one image under several models.
 * @throws Problem naming the template that is invalid, or of a model that another one has already
 */
export function readTemplatesOfImage (
  documents: readonly TemplateDocument[],
  catalogue: Catalogue,
  where: string
): { space: KnownSpace, vector: Float32Array }[] {
  const templates = documents.map((document, i) => readTemplate(document, catalogue, `${where}[${i}]`))
  templates.forEach(({ space: { model, fingerprint } }, i) => {
    const first = templates.findIndex(({ space }) => space.fingerprint === fingerprint)
    if (first === i) return
    throw new Problem(
      'request-invalid',
      `${where}[${i}]: expected one template of each model, received a second one of "${model}", the model of ` +
        `${where}[${first}]`
    )
  })
  return templates
}

/** The members before and after the templates of a document. */
export interface DocumentFrame {
  readonly before: object
  readonly after: object
}

/** Bytes of a piece of a document: its text of a million numbers would take 0.1 s, and as much memory again. */
const pieceSize = 2 ** 18

/**
 * Writes the JSON text of `{...before, "templates": [...], ...after}`, each template as `writeTemplate` has it, with
 * numbers of nine digits. It is written directly to bytes: converting vectors to arrays, the numbers to text and that
 * to bytes took a tenth of a request.
 *
 * @param ids of the templates, where the caller gave them
 * @returns pieces, each written in a few milliseconds; of short documents one
 */
export function* writeTemplates (
  space: KnownSpace,
  vectors: readonly Float32Array[],
  form: VectorForm,
  ids: readonly (string | undefined)[],
  { before, after }: DocumentFrame
): Generator<Buffer, void> {
  const head = Buffer.from(JSON.stringify(before).slice(0, -1) + ',"templates":[')
  const tail = Buffer.from('],' + JSON.stringify(after).slice(1))
  const common = `"model":${JSON.stringify(space.model)},"fingerprint":${JSON.stringify(space.fingerprint)},${
    form === 'numbers' ? '"vector":' : '"data":"'
  }`
  const opening = (row: number) =>
    `${row === 0 ? '' : ','}{${ids[row] === undefined ? '' : `"id":${JSON.stringify(ids[row])},`}${common}`
  // Of the JSON of an id each character takes at most six bytes.
  const rowBytes = (row: number) =>
    common.length * 3 + 6 * (ids[row]?.length ?? 0) + 20 +
    (form === 'numbers' ? maxDecimalsBytes(space.dimension) : base64Length(space.dimension))
  let left = vectors.reduce((sum, _, row) => sum + rowBytes(row), 0)
  let bytes = Buffer.allocUnsafe(head.length + Math.min(left, pieceSize) + tail.length)
  let end = head.copy(bytes)
  for (const [row, vector] of vectors.entries()) {
    if (end + rowBytes(row) + tail.length > bytes.length) {
      yield bytes.subarray(0, end)
      bytes = Buffer.allocUnsafe(Math.max(rowBytes(row), Math.min(left, pieceSize)) + tail.length)
      end = 0
    }
    end += bytes.write(opening(row), end)
    end = form === 'numbers'
      ? writeDecimals(vector, bytes, end)
      : end + bytes.write(base64OfFloat32(vector) + '"', end, 'latin1')
    end += bytes.write('}', end)
    left -= rowBytes(row)
  }
  end += tail.copy(bytes, end)
  yield bytes.subarray(0, end)
}

const base64Length = (numbers: number) => 4 * Math.ceil(4 * numbers / 3)
