import { createHash } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import type { IdempotentRequest } from '../database/idempotency.js'

/** Header of creating calls: a repetition with the same key returns what the first call created. */
export const IdempotencyHeaders = Type.Object({
  'idempotency-key': Type.Optional(Type.String({ minLength: 1, maxLength: 255, description: 'Any text of the caller\'s that is new for each creation. A repetition with the same key, address and body returns what the first call created.' }))
})

export function idempotentRequest (request: FastifyRequest): IdempotentRequest {
  const key = request.headers['idempotency-key']
  return {
    idempotencyKey: typeof key === 'string' ? key : undefined,
    requestSha256: createHash('sha256').update(`${request.method} ${request.url.split('?')[0]} ${JSON.stringify(request.body)}`).digest('hex')
  }
}
