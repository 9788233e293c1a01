import { Problem } from '../../errors.js'
import type { SpaceProfile } from '../../science/guard/guard-profile.js'
import { exampleImportedMapId, exampleMapId } from '../../platform/http/documented-examples.js'
import type { Catalogue, CatalogueStore, StoredMap } from '../catalogue/index.js'
import { signDetached } from './detached-signature.js'
import { readBundle, writeBundle } from './format.js'
import type { SigningKey, TrustedKeys } from './keys.js'
import { type PortableMap, type PortablePart, writeOnnx, writeTensors } from './portable-map.js'

/** Profiles of larger spaces do not travel: of 2,048 dimensions one takes 16 MB, and a bundle would be too large. */
const maxProfiledDimension = 1024

/** A file of a map for other runtimes. */
export type PortableFile = { readonly format: 'onnx', readonly part: PortablePart } | { readonly format: 'safetensors' }

/**
 * Export and import of maps between services.
 *
 * @param signingKey of this service, which trusts its own bundles
 * @param trusted keys of other services
 */
export function createBundles (
  { maps: repository, profiles }: Pick<CatalogueStore, 'maps' | 'profiles'>,
  catalogue: Catalogue,
  signingKey: SigningKey | undefined,
  trusted: TrustedKeys
) {
  const keys = new Map(trusted)
  if (signingKey !== undefined) keys.set(signingKey.id, signingKey.publicKey)

  /** @param as id that the map has in the bundle */
  async function bundle (id: string, as: string): Promise<Buffer> {
    const map = await repository.get(id)
    const key = requireKey()
    return writeBundle({
      ...map,
      id: as,
      numbers: await repository.numbers(id),
      comparison: map.card.comparison === undefined ? undefined : await repository.comparison(id),
      profiles: { source: await profileOf(map.source), target: await profileOf(map.target) }
    }, key)
  }

  const profileOf = async ({ fingerprint, dimension }: StoredMap['source']): Promise<SpaceProfile | undefined> =>
    dimension > maxProfiledDimension ? undefined : await profiles.get(fingerprint)

  function requireKey (): SigningKey {
    if (signingKey !== undefined) return signingKey
    throw new Problem('signing-key-missing', 'expected SIGNING_KEY_FILE to name the signing key, it is not set')
  }

  async function portable (id: string, file: PortableFile): Promise<Buffer> {
    const map = await repository.get(id)
    const calibration = catalogue.calibration(map)
    const parts: PortableMap = {
      map,
      numbers: await catalogue.numbers(map),
      comparison: map.card.comparison === undefined ? undefined : await catalogue.comparison(map, calibration),
      calibration
    }
    return file.format === 'onnx' ? writeOnnx(parts, file.part) : writeTensors(parts)
  }

  return {
    /** Exports a map of any state as a signed bundle. @throws Problem `map-unknown`, `signing-key-missing` */
    async export (id: string): Promise<Buffer> {
      return await bundle(id, id)
    },

    /**
     * A bundle of the documentation's example map under another id, so that its import makes a map.
     * @throws Problem `map-unknown` without examples, `signing-key-missing`
     */
    async example (): Promise<Buffer> {
      return await bundle(exampleMapId, exampleImportedMapId)
    },

    /**
     * A map of any state as a file for other runtimes, with the calibration that is active. @throws Problem
     * `map-unknown`
     */
    portable,

    /** The signature of that file, see `signDetached`. @throws Problem `map-unknown`, `signing-key-missing` */
    async signature (id: string, file: PortableFile): Promise<Buffer> {
      return signDetached(await portable(id, file), requireKey())
    },

    /**
     * Stores the map of a bundle as `fitted`, under its original id, and the profiles in it of spaces that have none
     * here.
     *
     * @returns the map, and whether this call stored it: a repetition returns the stored one
     * @throws Problem `bundle-invalid`, `bundle-untrusted`; `model-unknown` and `fingerprint-mismatch` when this
     *   service lacks one of its spaces; `map-exists` when another map has the id
     */
    async import (bytes: Buffer): Promise<{ map: StoredMap, created: boolean }> {
      const { map: { id, source, target, profiles: given, ...map } } = readBundle(bytes, keys)
      for (const [side, { model, fingerprint }] of [['source', source], ['target', target]] as const) {
        const here = catalogue.space(model)
        if (here.fingerprint !== fingerprint) {
          throw new Problem(
            'fingerprint-mismatch',
            `${side}: expected the space ${here.fingerprint} of model "${model}", the map is for ${fingerprint}`
          )
        }
      }
      const known = new Set((await profiles.list()).map(({ fingerprint }) => fingerprint))
      const imported = await repository.import(id, {
        ...map,
        profiles: {
          source: known.has(source.fingerprint) ? undefined : given?.source,
          target: known.has(target.fingerprint) ? undefined : given?.target
        },
        sourceFingerprint: source.fingerprint,
        targetFingerprint: target.fingerprint,
        method: map.card.method,
        parameters: map.card.parameters,
        seed: map.card.seed
      })
      // From here on it is among the maps that wait to be activated.
      await catalogue.refresh()
      return imported
    }
  }
}
