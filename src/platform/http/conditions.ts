import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { Problem } from '../../errors.js'
import { matchesWeakly, requirePreconditions, type EntityTags, type Preconditions } from '../preconditions.js'

/** Longer headers hold more tags than any client has seen. */
const maxLength = 1000

/** Header of read operations whose response has an `ETag`. */
export const ReadConditions = {
  'if-none-match': Type.Optional(
    Type.String({ maxLength, description: 'An `ETag`; the answer is 304 if it is still current.' })
  )
}

/** Headers of write operations that evaluate preconditions. An operation that does not declare them rejects them. */
export const ChangeConditions = {
  'if-match': Type.Optional(
    Type.String({
      maxLength,
      description:
        'The `ETag` that the caller last saw, or `*`. The call is refused if the resource has changed since, or no ' +
        'longer exists.'
    })
  ),
  'if-none-match': Type.Optional(
    Type.String({
      maxLength,
      description: 'With `*`, the call is refused if the resource exists; with an `ETag`, if the resource has that one.'
    })
  )
}

/** Header of the response of read operations with an `ETag`. */
export const TagHeader = {
  etag: { type: 'string', description: 'Changes with the resource (RFC 9110, section 8.8.3).' }
} as const
export const NotModified = {
  304: { ...Type.Null({ description: 'The resource has not changed.' }), headers: TagHeader }
}
/** Header of the response of operations that create a resource, also when an earlier call has created it. */
export const LocationHeader = { location: { type: 'string', description: 'Address of the resource.' } } as const
export const CreatedHeaders = { ...TagHeader, ...LocationHeader }

/** Reads the preconditions of a change. @throws Problem `request-invalid` */
export function preconditionsOf (request: FastifyRequest): Preconditions {
  const { 'if-match': ifMatch, 'if-none-match': ifNoneMatch } = request.headers
  return {
    // An invalid tag matches none, so the change is rejected with the tag to send.
    ifMatch: ifMatch === undefined ? undefined : readTags(ifMatch) ?? [ifMatch],
    ifNoneMatch: ifNoneMatch === undefined ? undefined : readTags(ifNoneMatch) ?? malformed(ifNoneMatch)
  }
}

/**
 * Answers a read operation with its document, or with 304 when the client already has it. Set all headers before: a
 * browser replaces its stored headers by those of the 304 (RFC 9111, section 3.2).
 *
 * @throws Problem `precondition-failed` for an `If-Match` that does not hold
 */
export async function sendTagged<T> (
  request: FastifyRequest,
  reply: FastifyReply,
  tag: string,
  document: T
): Promise<T> {
  const { ifMatch, ifNoneMatch } = preconditionsOf(request)
  await requirePreconditions({ ifMatch }, async () => tag)
  // The client's private cache may store it, but has to revalidate each time.
  reply.header('etag', tag).header('cache-control', 'private, no-cache')
  if (ifNoneMatch !== undefined && matchesWeakly(ifNoneMatch, tag)) return reply.code(304).send() as T
  return reply.send(document) as T
}

const listOfTags =
  /^\s*(?:,\s*)*(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"(?:\s*,\s*(?:(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*")?)*\s*$/
const oneTag = /(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"/g

/** @returns undefined when the text is neither `*` nor a list of entity tags; a tag may contain commas */
function readTags (header: string): EntityTags | undefined {
  if (header.trim() === '*') return '*'
  return listOfTags.test(header) ? header.match(oneTag)! : undefined
}

function malformed (header: string): never {
  throw new Problem(
    'request-invalid',
    `If-None-Match: expected * or entity tags in double quotes, as ETag has them, received ${JSON.stringify(header)}`
  )
}
