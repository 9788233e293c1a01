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

/**
 * The first media type of `offered` that the request accepts best (RFC 9110, section 12.5.1).
 *
 * @throws Problem `not-acceptable`
 */
export function acceptedType<T extends string> (request: FastifyRequest, offered: readonly T[]): T {
  // What most clients say needs no negotiation.
  const only = offered.find(type => type === request.headers.accept)
  if (only !== undefined) return only
  const accepted = request.accepts().type([...offered])
  if (typeof accepted === 'string') return accepted as T
  throw new Problem('not-acceptable', `Accept: expected one of ${offered.join(', ')}, received ${JSON.stringify(request.headers.accept)}`)
}

/** The media type of the body, without parameters; empty when there is none. */
export function contentType (request: FastifyRequest): string {
  const stated = request.headers['content-type'] ?? ''
  // What most clients say.
  return stated === json || stated === rawFloat32 ? stated : stated.split(';')[0]!.trim().toLowerCase()
}

/** Whether the body is a JSON document. */
export const isJson = (request: FastifyRequest) => /[/+]json$/.test(contentType(request))

export const vectorForm = (type: string): VectorForm => type === base64Json ? 'base64' : 'numbers'
