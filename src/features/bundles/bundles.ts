import { Problem } from '../../errors.js'
import { exampleImportedMapId, exampleMapId } from '../../platform/http/documented-examples.js'
import type { Catalogue, createMapRepository, StoredMap } from '../catalogue/index.js'
import { readBundle, writeBundle } from './format.js'
import type { SigningKey, TrustedKeys } from './keys.js'

/**
 * Export and import of maps between services.
 *
 * @param signingKey of this service, which trusts its own bundles
 * @param trusted keys of other services
 */
export function createBundles (
  repository: ReturnType<typeof createMapRepository>,
  catalogue: Catalogue,
  signingKey: SigningKey | undefined,
  trusted: TrustedKeys
) {
  const keys = new Map(trusted)
  if (signingKey !== undefined) keys.set(signingKey.id, signingKey.publicKey)

  /** @param as id that the map has in the bundle */
  async function bundle (id: string, as: string): Promise<Buffer> {
    const map = await repository.get(id)
    if (signingKey === undefined) {
      throw new Problem(
        'signing-key-missing',
        'expected SIGNING_KEY_FILE to name the signing key, it is not set'
      )
    }
    return writeBundle({
      ...map,
      id: as,
      numbers: await repository.numbers(id),
      comparison: map.card.comparison === undefined ? undefined : await repository.comparison(id)
    }, signingKey)
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
     * Stores the map of a bundle as `fitted`, under its original id.
     *
     * @returns the map, and whether this call stored it: a repetition returns the stored one
     * @throws Problem `bundle-invalid`, `bundle-untrusted`; `model-unknown` and `fingerprint-mismatch` when this
     *   service lacks one of its spaces; `map-exists` when another map has the id
     */
    async import (bytes: Buffer): Promise<{ map: StoredMap, created: boolean }> {
      const { map: { id, source, target, ...map } } = readBundle(bytes, keys)
      for (const [side, { model, fingerprint }] of [['source', source], ['target', target]] as const) {
        const here = catalogue.space(model)
        if (here.fingerprint !== fingerprint) {
          throw new Problem(
            'fingerprint-mismatch',
            `${side}: expected the space ${here.fingerprint} of model "${model}", the map is for ${fingerprint}`
          )
        }
      }
      const imported = await repository.import(id, {
        ...map,
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
