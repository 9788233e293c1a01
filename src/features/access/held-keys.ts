import type { Session } from '../../platform/database/database.js'
import type { Scope } from './api-keys-repository.js'

/**
 * Whether a key may still do what was asked for with it some time ago. It is not revoked before the transaction ends,
 * so what is done in the same transaction was done before a revocation, or not at all.
 */
export async function keyHolds (session: Session, id: string, scope: Scope): Promise<boolean> {
  const { rows } = await session.query(
    'SELECT FROM api_keys WHERE id = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now()) AND $2 = ANY (scopes) FOR SHARE',
    [id, scope]
  )
  return rows.length === 1
}
