import type { Multipart } from '@fastify/multipart'
import type { FastifyRequest } from 'fastify'
import { percentDecoded } from '../../percent-decoded.js'
import { Problem } from '../../../errors.js'
import { decodeBase64 } from '../../../science/template/base64.js'
import { contentType, isJson } from '../media-types.js'
import { eachUnlessAborted } from './unless-aborted.js'
import { joinInTurns } from './whole-body.js'

/**
 * Reads the files of a form in full, by field name.
 * @param optional fields that may be left out
 * @throws Problem `body-invalid` naming the fields that are missing or unknown
 */
export async function readForm<Name extends string, Optional extends string = never> (
  request: FastifyRequest,
  required: readonly Name[],
  optional: readonly Optional[] = []
): Promise<Record<Name, Buffer> & Partial<Record<Optional, Buffer>>> {
  const files: Partial<Record<Name | Optional, Buffer>> = {}
  const fields = [...required, ...optional]
  const list = required.map(name => `"${name}"`).join(' and ') +
    optional.map(name => ` and at most one in "${name}"`).join('')
  const expected = fields.length === 1 ? `one file in ${list}` : `one file in each of ${list}`
  await eachPart(request, expected, fields.length, async part => {
    const name = fields.find(field => field === part.fieldname)
    if (part.type !== 'file' || name === undefined || files[name] !== undefined) {
      throw new Problem(
        'body-invalid',
        `form: expected ${expected}, received ${named(part, name !== undefined && files[name] !== undefined)}`
      )
    }
    files[name] = await readFile(request, part.file)
  })
  const missing = required.filter(name => files[name] === undefined)
  if (missing.length > 0) {
    throw new Problem(
      'body-invalid',
      `form: expected ${expected}, received none in ${missing.map(name => `"${name}"`).join(' and ')}`
    )
  }
  return files as Record<Name, Buffer> & Partial<Record<Optional, Buffer>>
}

/** A part that was not expected, for messages. @param isThere whether there was one of its name before it */
const named = ({ type, fieldname }: Multipart, isThere: boolean): string =>
  `${isThere ? 'another ' : ''}${type} "${fieldname}"`

/** A part of a form: a text, or the bytes of a file. */
export type FormPart = { readonly text: string } | { readonly bytes: Buffer, readonly mediaType: string }

/** @throws Problem `body-invalid` naming the part, where it is a file */
export function textOfPart (part: FormPart, name: string): string {
  if ('text' in part) return part.text
  throw new Problem('body-invalid', `form: expected a text in "${name}", received a file`)
}

/**
 * Reads a form of files and texts in full, by field name.
 * @throws Problem `body-invalid` naming a field that is missing, unknown or there twice
 */
export async function readParts<Name extends string, Optional extends string> (
  request: FastifyRequest,
  required: readonly Name[],
  optional: readonly Optional[]
): Promise<Record<Name, FormPart> & Partial<Record<Optional, FormPart>>> {
  const parts: Partial<Record<string, FormPart>> = {}
  const fields: readonly string[] = [...required, ...optional]
  const list = (names: readonly string[]): string => names.map(name => `"${name}"`).join(', ')
  const expected = `parts ${list(required)} and at most one each of ${list(optional)}`
  await eachPart(request, expected, fields.length, async part => {
    const name = part.fieldname
    if (!fields.includes(name) || parts[name] !== undefined) {
      throw new Problem(
        'body-invalid',
        `form: expected ${expected}, received ${named(part, parts[name] !== undefined)}`
      )
    }
    if (part.type === 'field' && part.valueTruncated) {
      throw new Problem('body-too-large', `form: expected a text of at most 10000 bytes in "${name}"; send a file`)
    }
    parts[name] = part.type === 'file'
      ? { bytes: await readFile(request, part.file), mediaType: part.mimetype }
      : { text: String(part.value) }
  })
  const missing = required.filter(name => parts[name] === undefined)
  if (missing.length > 0) {
    throw new Problem('body-invalid', `form: expected ${expected}, received no ${list(missing)}`)
  }
  return parts as Record<Name, FormPart> & Partial<Record<Optional, FormPart>>
}

/**
 * @param expected completes the sentence "expected ..."
 * @param most number of parts
 */
async function eachPart (
  request: FastifyRequest,
  expected: string,
  most: number,
  work: (part: Multipart) => Promise<void>
): Promise<void> {
  const limit = request.routeOptions.bodyLimit
  if (Number(request.headers['content-length'] ?? 0) > limit) {
    throw new Problem(
      'body-too-large',
      `form: expected at most ${limit} bytes, received ${request.headers['content-length']}`
    )
  }
  try {
    // One more than there may be, so that it is refused here, by its name.
    const parts = request.parts({ limits: { files: most + 1 } })
    for await (const part of eachUnlessAborted(request.exchange.signal, parts)) await work(part)
  } catch (error) {
    // Unread data would hold back the next request on the connection.
    request.raw.unpipe()
    request.raw.resume()
    // The form parser throws plain errors for a form that is truncated or has no boundary.
    if (error instanceof Problem || (error as { code?: string }).code !== undefined) throw error
    throw new Problem(
      'body-invalid',
      `form: expected multipart/form-data with ${expected}, received one that cannot be parsed: ${
        (error as Error).message
      }`
    )
  }
}

/**
 * Reads the files of a form that all have one name.
 * @throws Problem `body-invalid` naming the part that is none of them, or when there are none or too many
 */
export async function readFiles (request: FastifyRequest, name: string, most: number): Promise<Buffer[]> {
  const expected = `1 to ${most} files in "${name}"`
  if (!request.isMultipart()) {
    throw new Problem('body-invalid', `body: expected a form with ${expected}, received ${contentType(request)}`)
  }
  const files: Buffer[] = []
  await eachPart(request, expected, most, async part => {
    if (part.type !== 'file' || part.fieldname !== name || files.length === most) {
      throw new Problem(
        'body-invalid',
        `form: expected ${expected}, received ${part.type} "${part.fieldname}"` +
          (files.length === most ? ` after ${most} of them` : '')
      )
    }
    files.push(await readFile(request, part.file))
  })
  if (files.length > 0) return files
  throw new Problem('body-invalid', `form: expected ${expected}, received none`)
}

/** @throws Problem `body-too-large`, `overloaded` */
async function readFile (
  request: FastifyRequest,
  file: AsyncIterable<Buffer> & { readonly truncated: boolean }
): Promise<Buffer> {
  const pieces: Buffer[] = []
  for await (const piece of eachUnlessAborted(request.exchange.signal, file)) {
    request.keep(piece.length)
    pieces.push(piece)
  }
  if (file.truncated) {
    throw new Problem(
      'body-too-large',
      `form: expected files of at most ${request.routeOptions.bodyLimit} bytes, received more`
    )
  }
  return await joinInTurns(pieces, pieces.reduce((sum, { length }) => sum + length, 0))
}

/** Reads the image of a request: a file of a form, the whole body, or base64 in JSON. */
export async function readImage (request: FastifyRequest): Promise<Uint8Array> {
  if (request.isMultipart()) return (await readForm(request, ['image'])).image
  if (isJson(request)) return readBase64Image((request.body as { image: string }).image, 'image')
  return readBytes(request)
}

/**
 * A data URI up to its data (RFC 2397), which browsers produce. Its media type and parameters are not trusted: the
 * bytes determine the format.
 */
const dataUri = /^data:(?:[^",]|"[^"]*"){0,1000}?; *base64,/i

/**
 * Decodes base64, whose lines may be folded as in MIME, or a data URI with it.
 *
 * @param where what the client calls the text
 */
export function readBase64Image (text: string, where: string): Uint8Array {
  const [head = ''] = dataUri.exec(text) ?? []
  // Any character of a URI may be escaped; `+`, `/` and `=` often are.
  const data = head === '' ? text : percentDecoded(text.slice(head.length)) ?? ''
  const bytes = decodeBase64(data.replace(/\r?\n/g, ''))
  if (bytes !== undefined && bytes.length > 0) return bytes
  throw new Problem(
    'image-unsupported',
    `${where}: expected an image in base64 (RFC 4648, section 4, padded), or a data URI of one, received ` +
      `${text.length} characters of something else`
  )
}

/** The body of a binary request. */
function readBytes (request: FastifyRequest): Buffer {
  if (Buffer.isBuffer(request.body) && request.body.length > 0) return request.body
  throw new Problem('body-invalid', `body: expected bytes of type ${contentType(request)}, received none`)
}
