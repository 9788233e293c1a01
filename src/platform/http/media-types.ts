import type { FastifyRequest } from 'fastify'
import { Problem } from '../../errors.js'
import type { VectorForm } from '../../science/template/document.js'

export const json = 'application/json'
/** JSON in which every vector is `data`, base64 of little-endian float32, instead of an array of numbers. */
export const base64Json = 'application/vnd.crosswalk.base64+json'
export const npy = 'application/x-npy'
/** Vectors one after the other, little-endian float32, without any header. */
export const rawFloat32 = 'application/octet-stream'
/** RFC 9457 */
export const problemJson = 'application/problem+json'
export const mergePatch = 'application/merge-patch+json'
export const ndjson = 'application/x-ndjson'
/** A signed map. */
export const bundle = 'application/vnd.crosswalk.map'
export const imageTypes = ['image/jpeg', 'image/png', 'image/webp', 'image/avif', 'image/tiff', 'image/gif'] as const
/** What some clients call them. */
export const imageAliases: ReadonlyMap<string, typeof imageTypes[number]> = new Map([['image/jpg', 'image/jpeg'], [
  'image/pjpeg',
  'image/jpeg'
], ['image/x-png', 'image/png']])
/** Types whose bytes, or those of their parts, are text. */
const textTypes: readonly string[] = [json, base64Json, ndjson, 'multipart/form-data']

/** As they are answered: a range that names the parameter, such as our own Content-Type, accepts them too. */
const withParameters = (type: string): string => /[/+]json$/.test(type) ? `${type}; charset=utf-8` : type

/**
 * The media type of `offered` that the request accepts best, the first where it has no preference (RFC 9110, section
 * 12.5.1).
 *
 * @throws Problem `not-acceptable`
 */
export function acceptedType<T extends string> (request: FastifyRequest, offered: readonly T[]): T {
  const { accept } = request.headers
  if (accept === undefined || accept.trim() === '') return offered[0]!
  // What most clients say needs no negotiation.
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

/** The media type of the body, by its registered name and without parameters; empty when there is none. */
export function contentType (request: FastifyRequest): string {
  const stated = request.headers['content-type'] ?? ''
  // What most clients say.
  if (stated === json || stated === rawFloat32) return stated
  const type = stated.split(';')[0]!.trim().toLowerCase()
  return imageAliases.get(type) ?? type
}

/** A parameter of a media type, its value a token or quoted (RFC 9110, section 5.6.6). */
const parameter = /;\s*([^\s;=]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;]*))/g

/** The charset of a body of text when it is not UTF-8; undefined when it is, and when none is stated. */
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
