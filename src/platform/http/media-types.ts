import type { FastifyRequest } from 'fastify'
import { Problem } from '../../errors.js'
import type { VectorForm } from '../../science/template/document.js'

export const json = 'application/json'
/** JSON in which every vector is `data`, base64 of little-endian float32, instead of an array of numbers. */
export const base64Json = 'application/vnd.crosswalk.base64+json'
export const npy = 'application/x-npy'
/** Concatenated vectors, little-endian float32, without any header. */
export const rawFloat32 = 'application/octet-stream'
/** RFC 9457 */
export const problemJson = 'application/problem+json'
export const mergePatch = 'application/merge-patch+json'
export const ndjson = 'application/x-ndjson'
/** A signed map. */
export const bundle = 'application/vnd.crosswalk.map'
/** Maps for other runtimes; neither format has a registered type. */
export const onnx = 'application/x-onnx'
export const safetensors = 'application/x-safetensors'
export const imageTypes = ['image/jpeg', 'image/png', 'image/webp', 'image/avif', 'image/tiff', 'image/gif'] as const
/** Aliases that some clients use. */
export const imageAliases: ReadonlyMap<string, typeof imageTypes[number]> = new Map([['image/jpg', 'image/jpeg'], [
  'image/pjpeg',
  'image/jpeg'
], ['image/x-png', 'image/png']])
/** Types whose content, or that of their parts, is text. */
const textTypes: readonly string[] = [json, base64Json, ndjson, 'multipart/form-data']

/**
 * With the parameters of a response: a range that names the parameter, such as our own Content-Type, accepts it too.
 */
const withParameters = (type: string): string => /[/+]json$/.test(type) ? `${type}; charset=utf-8` : type

/**
 * Negotiates the media type: the one of `offered` that the request prefers, or the first without a preference (RFC
 * 9110, section 12.5.1).
 *
 * @throws Problem `not-acceptable`
 */
export function acceptedType<T extends string> (request: FastifyRequest, offered: readonly T[]): T {
  const { accept } = request.headers
  if (accept === undefined || accept.trim() === '') return offered[0]!
  // Fast path: what most clients send needs no negotiation.
  const only = offered.find(type => type === accept)
  if (only !== undefined) return only
  const full = offered.map(withParameters)
  const accepted = request.accepts().type(full)
  if (typeof accepted === 'string') return offered[full.indexOf(accepted)]!
  throw new Problem(
    'not-acceptable',
    `Accept: expected one of ${offered.join(', ')}, received ${JSON.stringify(accept)}`
  )
}

/** The media type of the body, by its registered name and without parameters; empty without a body. */
export function contentType (request: FastifyRequest): string {
  const stated = request.headers['content-type'] ?? ''
  // Fast path: what most clients send.
  if (stated === json || stated === rawFloat32) return stated
  const type = stated.split(';')[0]!.trim().toLowerCase()
  return imageAliases.get(type) ?? type
}

/** A parameter of a media type; its value is a token or quoted (RFC 9110, section 5.6.6). */
const parameter = /;\s*([^\s;=]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;]*))/g

/** The charset of a text body that is not UTF-8; undefined for UTF-8, and when none is stated. */
export function foreignCharset (request: FastifyRequest): string | undefined {
  const stated = request.headers['content-type'] ?? ''
  if (stated === json || stated === rawFloat32 || !textTypes.includes(contentType(request))) return undefined
  return [...stated.matchAll(parameter)].filter(([, name]) => name!.toLowerCase() === 'charset')
    .map(([, , quoted, token]) => quoted ?? token ?? '')
    .find(charset => !/^utf-?8$/i.test(charset))
}

/** Whether the body is a JSON document. */
export const isJson = (request: FastifyRequest) => /[/+]json$/.test(contentType(request))

export const vectorForm = (type: string): VectorForm => type === base64Json ? 'base64' : 'numbers'
