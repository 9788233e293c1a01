import { createHash } from 'node:crypto'
import type { RecogniserManifest } from '../recognition/manifest.js'

/** What the templates of a model live in. Templates of two spaces can be compared only through a map. */
export interface Space {
  /** id of the model */
  readonly model: string
  /** 64 hexadecimal digits; see `recogniserFingerprint` */
  readonly fingerprint: string
  readonly dimension: number
}

/**
 * Fingerprint of the space of a recogniser: SHA-256 over the weights' digest, the preprocessing recipe, the dimension
 * and the normalisation. The same name with other weights, or with another crop, is another space.
 */
export function recogniserFingerprint (manifest: RecogniserManifest): string {
  const { width, height, layout, channels, mean, std } = manifest.input
  return digest([
    'crosswalk-space-1',
    manifest.graph.sha256,
    manifest.graph.outputs[0],
    width, height, layout, channels, mean, std,
    manifest.crop.scale, manifest.crop.centreY,
    manifest.dimension,
    manifest.normalisation
  ])
}

/**
 * Fingerprint of a space of which only templates are known, a vendor's black box: the name and the version that its
 * registrar gives stand for the weights.
 */
export function templateOnlyFingerprint (space: { id: string, version: string, dimension: number }): string {
  return digest(['crosswalk-template-only-space-1', space.id, space.version, space.dimension, 'l2'])
}

// An array in a fixed order serialises the same way on every machine; an object would depend on the order of its keys.
function digest (parts: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex')
}
