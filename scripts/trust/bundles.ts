import { join } from 'node:path'
import { createRandom } from '../../src/science/linear-algebra/random.js'
import { projectRoot } from '../../src/config.js'
import { readBundle, writeBundle } from '../../src/features/bundles/format.js'
import { generateSigningKey, parseSigningKey, type TrustedKeys } from '../../src/features/bundles/keys.js'
import { readMapFolder } from '../../src/features/maps/map-files.js'

export interface Tampered {
  readonly tampered: number
  readonly accepted: number
}

/**
 * Changes a bundle in many ways and counts the versions that are accepted.
 *
 * @param every of how many bytes behind the signed head one is flipped; in the head all are
 */
export function tamper (bundle: Buffer, trusted: TrustedKeys, every: number, seed = 1): Tampered {
  const random = createRandom(seed)
  const counts = { tampered: 0, accepted: 0 }
  const attempt = (bytes: Buffer) => {
    counts.tampered++
    try {
      readBundle(bytes, trusted)
      counts.accepted++
    } catch {}
  }
  const changed = Buffer.from(bundle)
  const head = Math.min(2000, bundle.length)
  for (let at = 0; at < bundle.length; at += at < head ? 1 : 1 + random.integer(2 * every - 1)) {
    const was = changed[at]!
    changed[at] = was ^ (1 + random.integer(255))
    attempt(changed)
    changed[at] = was
    attempt(bundle.subarray(0, at))
  }
  for (let times = 0; times < 200; times++) {
    const [from, to, length] = [random.integer(bundle.length), random.integer(bundle.length), 1 + random.integer(64)]
    const piece = bundle.subarray(from, from + length)
    const moved = Buffer.concat([bundle.subarray(0, to), piece, bundle.subarray(to)])
    if (!moved.equals(bundle)) attempt(moved)
    const without = Buffer.concat([bundle.subarray(0, from), bundle.subarray(from + length)])
    attempt(without)
  }
  attempt(Buffer.concat([bundle, Buffer.of(0)]))
  return counts
}

/** Bundles of all shipped maps. */
export async function tamperWithBundles (): Promise<Tampered> {
  const key = parseSigningKey(generateSigningKey(), 'a new key')
  const trusted = new Map([[key.id, key.publicKey]])
  const counts = (await readMapFolder(join(projectRoot, 'maps'))).map(map =>
    tamper(writeBundle(map, key), trusted, 2000)
  )
  return {
    tampered: counts.reduce((sum, { tampered }) => sum + tampered, 0),
    accepted: counts.reduce((sum, { accepted }) => sum + accepted, 0)
  }
}
