import { createHash } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import type { IdempotentRequest } from '../database/idempotency.js'
import { jsonPieces } from './long-answer.js'

/** Header of creating requests: a retry with the same key returns what the first request created. */
export const IdempotencyHeaders = Type.Object({
  'idempotency-key': Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 255,
      description: 'A text chosen by the caller, unique for each creation. Repeating a call with the same API key, ' +
        '`Idempotency-Key`, address and body returns what the first call created.'
    })
  )
})

/**
 * What identifies a creating request when it is retried.
 *
 * The stored key is a digest of the caller, the operation and the header together. The same header under another API
 * key or for another operation is therefore another key in every store. No text of a
 * client can equal the key of a job without a header, which has another form.
 */
export async function idempotentRequest (request: FastifyRequest): Promise<IdempotentRequest> {
  const key = request.headers['idempotency-key']
  const { operationId } = request.routeOptions.schema as { operationId: string }
  return {
    idempotencyKey: typeof key === 'string'
      ? sha256(JSON.stringify([request.caller?.id ?? null, operationId, key]))
      : undefined,
    requestSha256: await digestOf(request)
  }
}

/** Of method, path and body. The body may have 100,000 pairs: its text is made and digested piece by piece. */
async function digestOf ({ method, url, body }: FastifyRequest): Promise<string> {
  const hash = createHash('sha256').update(`${method} ${url.split('?')[0]} `)
  if (typeof body !== 'object' || body === null) return hash.update(String(JSON.stringify(body))).digest('hex')
  const [list = ''] = Object.entries(body).find(([, value]) => Array.isArray(value)) ?? []
  for await (const piece of jsonPieces(body, list)) hash.update(piece)
  return hash.digest('hex')
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
