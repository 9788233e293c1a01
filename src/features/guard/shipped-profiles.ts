import type { Logger } from 'pino'
import type { createModelRepository, createSpaceProfileRepository } from '../catalogue/index.js'
import { readProfiles } from './profile-files.js'

/**
 * Stores the profiles of the maps folder for the spaces of this installation that have none from more templates.
 *
 * @throws StartupError naming the invalid file
 */
export async function loadShippedProfiles (
  mapsFolder: string,
  models: ReturnType<typeof createModelRepository>,
  repository: ReturnType<typeof createSpaceProfileRepository>,
  log: Logger
): Promise<void> {
  for (const { space, corpusHash, profile } of await readProfiles(mapsFolder)) {
    const known = await models.getByFingerprint(space.fingerprint)
    if (known === undefined || known.dimension !== space.dimension) {
      log.info({ model: space.model }, 'shipped profile skipped: its space is not registered')
    } else if (await repository.offer(space.fingerprint, profile, corpusHash)) {
      log.info({ model: space.model }, 'shipped profile stored')
    }
  }
}
