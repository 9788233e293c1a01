import type { Readable } from 'node:stream'
import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { Compile } from 'typebox/compile'
import { Problem } from '../../../errors.js'
import { rowsPerChunk } from '../../../science/template/row-chunks.js'
import type { EnrolledTemplate } from '../store/enrolment.js'
import { checkVector } from '../../../science/template/check.js'
import { readVector } from '../../../science/template/document.js'
import { isNpy, npyPrefixBytes } from '../../../science/template/npy.js'
import { rawLayout, readNpyLayout, readRows, type ByteReader } from '../../../science/template/row-bytes.js'
import type { Space } from '../../../science/template/space.js'
import { createBodyReader, reportingReader } from '../../../platform/http/bodies/row-stream.js'
import { eachUnlessAborted } from '../../../platform/http/bodies/unless-aborted.js'
import { createLineProblems } from '../../../platform/http/bodies/line-problems.js'
import { closed } from '../../../platform/http/schemas/component.js'
import { EnrolledDocument, Quality, ReferenceName, SubjectName } from '../schemas/gallery.js'
import { vectorAt } from '../../catalogue/index.js'
import { numberOf, readCsv } from '../../../platform/http/bodies/csv.js'
import { parseJsonText } from '../../../platform/http/bodies/json-text.js'
import { readTextLines } from '../../../platform/http/bodies/text-lines.js'

/** The default name of a template. */
const defaultReference = '1'
const csvHeaders = ['subject', 'subject,reference', 'subject,reference,quality']

const line = Compile(EnrolledDocument)
/** Validates a line of CSV by the rules for JSON. */
const name = Compile(
  Type.Object(
    { subject: SubjectName, reference: Type.Optional(ReferenceName), quality: Type.Optional(Quality) },
    closed
  )
)

export function readEnrolled (document: EnrolledDocument, space: Space, where: string): EnrolledTemplate {
  const { subject, reference = defaultReference, attributes, quality = null } = document
  return { subject, reference, attributes, quality, vector: readVector(document, space, where) }
}

/**
 * Reads NDJSON as it arrives, in batches of about 4 MiB of numbers; empty lines are skipped. From the first invalid
 * line on no more batches are passed on: the rest is only checked for further errors.
 *
 * @param limit of the body, in bytes
 * @throws Problem naming the lines
 */
export async function* readEnrolledLines (
  request: FastifyRequest,
  space: Space,
  limit: number
): AsyncGenerator<EnrolledTemplate[], void> {
  const body = createBodyReader(request.body as AsyncIterable<Buffer>, limit, request.exchange.signal)
  const size = rowsPerChunk(space, space)
  const wrong = createLineProblems()
  try {
    let rows: EnrolledTemplate[] = []
    let some = false
    for await (const { text, number } of wrong.until(readTextLines(body))) {
      const row = wrong.read(number, () => readEnrolledLine(text, space, `line ${number}`))
      if (row === undefined || wrong.any) continue
      rows.push(row)
      if (rows.length < size) continue
      some = true
      yield rows
      rows = []
    }
    wrong.assertNone()
    if (rows.length > 0) yield rows
    else if (!some) throw new Problem('body-invalid', 'body: expected a JSON object on each line, received none')
  } finally {
    body.discard(request)
  }
}

function readEnrolledLine (text: string, space: Space, where: string): EnrolledTemplate {
  const document = parseJsonText(text, where)
  if (!line.Check(document)) {
    const [error] = line.Errors(document)
    throw new Problem(
      'body-invalid',
      `${where}: expected an object with "subject", optionally "reference", "attributes" and "quality", and "vector" or "data", but ${
        error?.instancePath ?? ''
      } ${error?.message ?? 'it is not'}`
    )
  }
  return readEnrolled(document, space, where)
}

/**
 * Reads a form with a CSV file in `subjects`, followed by an .npy file or rows of little-endian float32 in `templates`,
 * which is read as it arrives, in batches of about 4 MiB.
 *
 * @param limits of the first file and of the second, in bytes
 * @throws Problem naming the line or the row
 */
export async function* readEnrolledForm (
  request: FastifyRequest,
  space: Space,
  limits: { names: number, templates: number }
): AsyncGenerator<EnrolledTemplate[], void> {
  const expected = 'expected multipart/form-data with a file in "subjects" followed by one in "templates"'
  try {
    let names: Names | undefined
    let some = false
    // One more than there may be, so that it is refused here, with what is enrolled by then.
    const parts = request.parts({ limits: { fileSize: limits.templates, files: 3 } })
    for await (const part of eachUnlessAborted(request.exchange.signal, parts)) {
      const wanted = names === undefined ? 'subjects' : 'templates'
      if (part.type !== 'file' || part.fieldname !== wanted || some) {
        throw new Problem('body-invalid', `form: ${expected}, received ${part.type} "${part.fieldname}"`)
      }
      if (names === undefined) {
        names = await readNames(
          await readAll(reportingReader(createPartReader(part.file, limits.names, request), request.keep))
        )
      } else {
        some = true
        yield* readNamedRows(createPartReader(part.file, limits.templates, request), space, names)
      }
    }
    if (!some) {
      throw new Problem(
        'body-invalid',
        `form: ${expected}, received none in ${names === undefined ? '"subjects"' : '"templates"'}`
      )
    }
  } catch (error) {
    // The form parser throws plain errors for a form that is truncated or has no boundary.
    if (error instanceof Problem || (error as { code?: string }).code !== undefined) throw error
    throw new Problem(
      'body-invalid',
      `form: ${expected}, received one that cannot be parsed: ${(error as Error).message}`
    )
  } finally {
    // An unread body would block the next request on the connection.
    request.raw.unpipe()
    request.raw.resume()
  }
}

type Names = readonly { readonly subject: string, readonly reference: string, readonly quality: number | null }[]

async function* readNamedRows (body: ByteReader, space: Space, names: Names): AsyncGenerator<EnrolledTemplate[], void> {
  const { reader, head } = await peek(body, npyPrefixBytes)
  const layout = isNpy(head) ? await readNpyLayout(reader, space, undefined) : rawLayout(space, undefined, 'templates')
  const mismatch = (received: number | string) =>
    new Problem(
      'body-invalid',
      `templates: expected ${names.length} rows, one per line of "subjects", received ${received}`
    )
  if (layout.rows !== undefined && layout.rows !== names.length) throw mismatch(layout.rows)
  let row = 0
  let before: EnrolledTemplate[] | undefined
  for await (const templates of readRows(reader, layout, rowsPerChunk(space, space))) {
    if (row + templates.rows > names.length) throw mismatch('more')
    const batch = names.slice(row, row + templates.rows).map((name, i) => ({ ...name, vector: vectorAt(templates, i) }))
    batch.forEach(({ vector }, i) => checkVector(vector, space, `row ${row + i}`))
    row += templates.rows
    if (before !== undefined) yield before
    before = batch
  }
  // A file that fits into one batch is validated before anything is passed on.
  if (row < names.length) throw mismatch(row)
  if (before !== undefined) yield before
}

async function readNames (csv: Buffer): Promise<Names> {
  const names = await readCsv(csv, 'subjects', csvHeaders, ({ quality, ...row }, record) => {
    const document: unknown = { ...row, ...(quality === undefined ? {} : { quality: numberOf(quality) }) }
    if (!name.Check(document)) {
      const [error] = name.Errors(document)
      throw new Problem(
        'body-invalid',
        `subjects: record ${record}: expected names and a quality as in JSON, but ${error?.instancePath ?? ''} ${
          error?.message ?? 'it is not'
        }`
      )
    }
    const { subject, reference = defaultReference } = document
    return { subject, reference, quality: document.quality ?? null }
  })
  if (names.length === 0) {
    throw new Problem('body-invalid', 'subjects: expected a line for each template, received none')
  }
  return names
}

const createPartReader = (file: Readable, limit: number, { exchange }: FastifyRequest): ByteReader =>
  createBodyReader(file as AsyncIterable<Buffer>, limit, exchange.signal)

/** Reads the whole body, which the reader bounds. */
async function readAll (body: ByteReader): Promise<Buffer> {
  const pieces: Buffer[] = []
  for (;;) {
    const piece = await body.take(2 ** 16)
    if (piece.length === 0) return Buffer.concat(pieces)
    pieces.push(piece)
  }
}

/** Returns the first bytes, and a reader that begins with them. */
async function peek (body: ByteReader, count: number): Promise<{ head: Buffer, reader: ByteReader }> {
  const head = await body.take(count)
  let rest = head
  return {
    head,
    reader: {
      async take (wanted) {
        const first = rest.subarray(0, wanted)
        rest = rest.subarray(first.length)
        return first.length === wanted
          ? Buffer.from(first)
          : Buffer.concat([first, await body.take(wanted - first.length)])
      },
      received: () => body.received()
    }
  }
}
