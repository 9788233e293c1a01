import { StartupError } from '../../errors.js'
import { scopes, type ApiKeyRepository } from './api-keys-repository.js'
import { readOrWriteSecret } from '../../platform/secret-file.js'
import { generateKey, parseKey, sameSecret } from './api-key.js'

/**
 * Makes the key in a file a key of the service with every scope: the first key of a deployment, which issues the
 * others. A missing file is written, readable by its owner only; replicas that share the file agree on one key.
 *
 * @returns a message for the log
 * @throws StartupError when the file cannot be read or written, or its key was revoked or has another secret
 */
export async function loadAdminKey (
  path: string,
  repository: ApiKeyRepository
): Promise<{ prefix: string, written: boolean }> {
  const { text, written } = await readOrWriteSecret(path, 'ADMIN_KEY_FILE', generateKey)
  const parsed = parseKey(text)
  if (parsed === undefined) {
    throw new StartupError(
      `ADMIN_KEY_FILE: expected ${path} to hold a key of the form cw_<prefix>_<secret> and nothing else. ` +
        'Remove the file to have a new key written, or create one with `crosswalk keys create`'
    )
  }
  const { prefix, secretSha256 } = parsed
  await repository.insert({
    prefix,
    secretSha256,
    name: 'of ADMIN_KEY_FILE',
    scopes: [...scopes],
    translatePairs: null,
    templatesPerDay: null,
    requestsPerMinute: null,
    limitsComparisons: true,
    scores: 'exact',
    expiresAt: null
  })
  const stored = (await repository.findByPrefix(prefix))!
  if (!sameSecret(stored.secretSha256, secretSha256)) {
    throw new StartupError(`ADMIN_KEY_FILE: expected the secret of key ${prefix}, ${path} holds another`)
  }
  if (
    stored.key.revokedAt !== null || (stored.key.expiresAt !== null && Date.parse(stored.key.expiresAt) <= Date.now())
  ) {
    throw new StartupError(
      `ADMIN_KEY_FILE: expected a key that is valid, ${prefix} in ${path} was revoked or has expired. ` +
        'Remove the file to have a new one written'
    )
  }
  return { prefix, written }
}
