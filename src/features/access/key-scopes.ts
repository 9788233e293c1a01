import type { Session } from '../../platform/database/database.js'
import type { Scope } from './api-keys-repository.js'

/**
 * Whether a key may still do what was requested with it earlier. The key cannot be revoked before the transaction ends,
 * so work in the same transaction either precedes a revocation or does not happen.
 */
export async function keyHasScope (session: Session, id: string, scope: Scope): Promise<boolean> {
  const { rows } = await session.query(
    'SELECT FROM api_keys WHERE id = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now()) AND ' +
      '$2 = ANY (scopes) FOR SHARE',
    [id, scope]
  )
  return rows.length === 1
}
