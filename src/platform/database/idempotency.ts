import { Problem } from '../../errors.js'

/** What makes a repeated creating call return what the first one made. */
export interface IdempotentRequest {
  /** Names the call among all callers and operations, see `idempotentRequest`. */
  idempotencyKey?: string | undefined
  /** SHA-256 of the request in hexadecimal. */
  requestSha256: string
}

/** @throws Problem `idempotency-conflict` when the key was given to another request before */
export function assertSameRequest (stored: string | null, request: IdempotentRequest): void {
  if (stored !== request.requestSha256) {
    throw new Problem(
      'idempotency-conflict',
      'Idempotency-Key: expected a new key, or the same request as the first time; received another request with a used key'
    )
  }
}
