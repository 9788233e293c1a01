import { createHash } from 'node:crypto'
import { Type } from 'typebox'

export const ModelId = Type.String({ pattern: '^[a-z0-9][a-z0-9._-]{0,62}$' })

/** What the templates of a model live in. Templates of two spaces can be compared only through a map. */
export interface Space {
  /** id of the model */
  readonly model: string
  /** 64 hexadecimal digits; see `fingerprintOf` */
  readonly fingerprint: string
  readonly dimension: number
}

/**
 * Fingerprint of a space of which only templates are known, a vendor's black box. The name and version given at
 * registration stand in for the weights.
 */
export function templateOnlyFingerprint (space: { id: string, version: string, dimension: number }): string {
  return fingerprintOf(['crosswalk-template-only-space-1', space.id, space.version, space.dimension, 'l2'])
}

/**
 * SHA-256 over the parts that define a space. An array in a fixed order serialises the same way everywhere; an object
 * would depend on the order of its keys.
 */
export function fingerprintOf (parts: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex')
}
