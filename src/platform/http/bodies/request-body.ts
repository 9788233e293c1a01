import type { FastifyRequest } from 'fastify'
import { Problem } from '../../../errors.js'
import { contentType, isJson } from '../media-types.js'

/** The files of a form by field name, read whole. @throws Problem `body-invalid` naming the fields that are missing or unknown */
export async function readForm<Name extends string> (request: FastifyRequest, fields: readonly Name[]): Promise<Record<Name, Buffer>> {
  const files: Partial<Record<Name, Buffer>> = {}
  const list = fields.map(name => `"${name}"`).join(' and ')
  const limit = request.routeOptions.bodyLimit
  if (Number(request.headers['content-length'] ?? 0) > limit) {
    throw new Problem('body-too-large', `form: expected at most ${limit} bytes, received ${request.headers['content-length']}`)
  }
  try {
    for await (const part of request.parts()) {
      const name = fields.find(field => field === part.fieldname)
      if (part.type !== 'file' || name === undefined || files[name] !== undefined) {
        throw new Problem('body-invalid', `form: expected one file in each of ${list}, received ${part.type} "${part.fieldname}"`)
      }
      files[name] = await part.toBuffer()
    }
  } catch (error) {
    // What is not read would hold back the next request of the connection.
    request.raw.unpipe()
    request.raw.resume()
    // The parser of forms throws plain errors for a form that is cut off or has no boundary.
    if (error instanceof Problem || (error as { code?: string }).code !== undefined) throw error
    throw new Problem('body-invalid', `form: expected multipart/form-data with one file in each of ${list}, received one that cannot be parsed: ${(error as Error).message}`)
  }
  const missing = fields.filter(name => files[name] === undefined)
  if (missing.length > 0) {
    throw new Problem('body-invalid', `form: expected one file in each of ${list}, received none in ${missing.map(name => `"${name}"`).join(' and ')}`)
  }
  return files as Record<Name, Buffer>
}

/** The bytes of the image that a request carries: in a form, as its whole body, or as base64 in JSON. */
export async function readImage (request: FastifyRequest): Promise<Uint8Array> {
  if (request.isMultipart()) return (await readForm(request, ['image'])).image
  if (isJson(request)) return readBase64Image((request.body as { image: string }).image, 'image')
  return readBytes(request)
}

/** @param where how the caller names the text */
export function readBase64Image (text: string, where: string): Uint8Array {
  // A data URI is what browsers produce; its media type is not trusted, the bytes tell the format.
  const base64 = text.replace(/^data:[\w/+.-]{1,50};base64,/, '')
  if (!/^[A-Za-z0-9+/\r\n]+={0,2}$/.test(base64.trimEnd())) {
    throw new Problem('image-unsupported', `${where}: expected the bytes of an image in base64, received ${text.length} characters that are not`)
  }
  return Buffer.from(base64, 'base64')
}

/** The body of a binary request. */
export function readBytes (request: FastifyRequest): Buffer {
  if (Buffer.isBuffer(request.body) && request.body.length > 0) return request.body
  throw new Problem('body-invalid', `body: expected bytes of type ${contentType(request)}, received none`)
}
