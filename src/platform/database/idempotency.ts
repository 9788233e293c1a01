import { Problem } from '../../errors.js'

/** What lets a repeated creating request return the result of the first one. */
export interface IdempotentRequest {
  /** Unique among all callers and operations, see `idempotentRequest`. */
  idempotencyKey?: string | undefined
  /** SHA-256 of the request in hexadecimal. */
  requestSha256: string
}

/** @throws Problem `idempotency-conflict` when the key was used for a different request before */
export function assertSameRequest (stored: string | null, request: IdempotentRequest): void {
  if (stored !== request.requestSha256) {
    throw new Problem(
      'idempotency-conflict',
      'Idempotency-Key: expected a new key, or the same request as the first time; received another request with ' +
        'the same key'
    )
  }
}
