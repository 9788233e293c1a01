import { createPublicKey } from 'node:crypto'
import { readBundle as readSigned } from './features/bundles/format.js'
import { keyIdOf } from './features/bundles/keys.js'
import { prepare, type PreparedMap } from './science/alignment/apply.js'
import { normaliseRowsInPlace } from './science/linear-algebra/normalise.js'

/** The package as a library: maps in, templates out. No service, no native code. */

/** A space of templates. */
export interface Space {
  readonly model: string
  /** SHA-256, which tells two spaces of one name apart */
  readonly fingerprint: string
  readonly dimension: number
}

/** A map from a bundle whose signature was verified. */
export interface TemplateMap {
  readonly id: string
  readonly source: Space
  readonly target: Space
  /** how the map was fitted, on what, and how well it does; docs/maps.md explains it */
  readonly card: Readonly<Record<string, unknown>>
  /** id of the key that signed the bundle */
  readonly signedBy: string
}

const prepared = new WeakMap<TemplateMap, PreparedMap>()

/**
 * Reads a bundle, as `GET /v1/maps/{id}/bundle` and `crosswalk export` give it.
 *
 * @param bytes of the file
 * @param trusted Ed25519 public keys as PEM, of whoever may sign maps
 * @throws Error with `code` `bundle-untrusted` when none of them signed it, `bundle-invalid` when it is not intact;
 *   TypeError when a key is not an Ed25519 public key
 */
export function readBundle (bytes: Uint8Array, trusted: string | readonly string[]): TemplateMap {
  const keys = new Map(
    [trusted].flat().map(pem => {
      const key = createPublicKey(pem)
      if (key.asymmetricKeyType !== 'ed25519' || pem.includes('PRIVATE')) {
        throw new TypeError('trusted: expected Ed25519 public keys as PEM, received something else')
      }
      return [keyIdOf(key), key] as const
    })
  )
  const { map: { id, source, target, card, numbers }, keyId } = readSigned(
    Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength),
    keys
  )
  const map: TemplateMap = { id, source, target, card, signedBy: keyId }
  prepared.set(map, prepare(numbers))
  return map
}

/**
 * Translates templates into the target space of a map: `l2((l2(x) - meanSource) W + meanTarget)`.
 *
 * @param templates row after row, of `map.source.dimension` numbers each; not changed
 * @returns as many rows of `map.target.dimension` numbers, of norm 1
 * @throws RangeError when the numbers are not whole rows; or naming the row, when it has no direction or is not finite
 */
export function translate (map: TemplateMap, templates: Float32Array): Float32Array {
  const known = prepared.get(map)
  if (known === undefined) throw new TypeError('map: expected what readBundle returned')
  const { weights: { rows: width, cols, data: weights }, bias } = known
  if (templates.length % width !== 0) {
    throw new RangeError(
      `expected rows of ${width} numbers of "${map.source.model}", received ${templates.length} numbers`
    )
  }
  const rows = templates.length / width
  const source = { rows, cols: width, data: new Float32Array(templates) }
  normaliseRowsInPlace(source)
  const target = { rows, cols, data: new Float32Array(rows * cols) } // (n, dTarget), row-major
  const sums = new Float64Array(cols)
  for (let i = 0; i < rows; i++) {
    sums.fill(0)
    for (let k = 0; k < width; k++) {
      const value = source.data[i * width + k]!
      for (let j = 0; j < cols; j++) sums[j] = sums[j]! + value * weights[k * cols + j]!
    }
    target.data.set(sums, i * cols)
  }
  normaliseRowsInPlace(target, bias)
  return target.data
}
