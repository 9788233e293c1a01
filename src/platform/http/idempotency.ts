import { createHash } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import type { IdempotentRequest } from '../database/idempotency.js'

/** Header of creating calls: a repetition with the same key returns what the first call created. */
export const IdempotencyHeaders = Type.Object({
  'idempotency-key': Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 255,
      description:
        "Any text of the caller's that is new for each creation. A repetition with the same API key, `Idempotency-Key`, address and body returns what the first call created."
    })
  )
})

/**
 * What a creating call is known by when it is repeated.
 *
 * The key that is stored and looked up is a digest of the caller, the operation and the header together. So the same
 * header under another API key or for another operation is another key in every store, whoever writes the next one; and
 * no text of a caller can be the key that a job without one gets, which is not of this form.
 */
export function idempotentRequest (request: FastifyRequest): IdempotentRequest {
  const key = request.headers['idempotency-key']
  const { operationId } = request.routeOptions.schema as { operationId: string }
  return {
    idempotencyKey: typeof key === 'string'
      ? sha256(JSON.stringify([request.caller?.id ?? null, operationId, key]))
      : undefined,
    requestSha256: sha256(`${request.method} ${request.url.split('?')[0]} ${JSON.stringify(request.body)}`)
  }
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
