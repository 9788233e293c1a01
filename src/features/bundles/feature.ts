import type { Logger } from 'pino'
import type { Catalogue, CatalogueStore } from '../catalogue/index.js'
import { createBundles } from './bundles.js'
import { loadSigningKey, readTrustedKeys } from './keys.js'

/** @throws StartupError when a key cannot be read */
export async function createBundlesFeature (
  { store, catalogue, signingKeyFile, trustedKeysDir, log }: {
    store: Pick<CatalogueStore, 'maps' | 'profiles'>
    catalogue: Catalogue
    signingKeyFile: string | undefined
    trustedKeysDir: string | undefined
    log: Logger
  }
) {
  const signingKey = signingKeyFile === undefined ? undefined : await loadSigningKey(signingKeyFile)
  if (signingKey !== undefined) {
    log.info({ key: signingKey.id, written: signingKey.written }, 'the key of SIGNING_KEY_FILE')
  }
  const trusted = trustedKeysDir === undefined ? new Map() : await readTrustedKeys([trustedKeysDir], 'TRUSTED_KEYS_DIR')
  return createBundles(store, catalogue, signingKey, trusted)
}
