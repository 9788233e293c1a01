import type { Logger } from 'pino'
import type { createMapRepository, createModelRepository } from '../catalogue/index.js'
import { readMapFolder } from './map-files.js'

/**
 * Stores the maps of the folder that the database does not have, and activates those whose pair has no active map. Maps
 * between spaces that this installation does not have, because the operator uses other weights, are skipped.
 *
 * @throws StartupError naming the invalid file
 */
export async function loadShippedMaps (
  folder: string,
  models: ReturnType<typeof createModelRepository>,
  maps: ReturnType<typeof createMapRepository>,
  log: Logger
): Promise<void> {
  for (const { id, source, target, corpusHash, numbers, comparison, card } of await readMapFolder(folder)) {
    const known = await Promise.all([source, target].map(space => models.getByFingerprint(space.fingerprint)))
    if (known.includes(undefined)) {
      log.info(
        { map: id, source: source.model, target: target.model },
        'shipped map skipped: its spaces are not registered'
      )
      continue
    }
    const { created } = await maps.insertIfAbsent(id, {
      sourceFingerprint: source.fingerprint,
      targetFingerprint: target.fingerprint,
      method: card.method,
      parameters: card.parameters,
      seed: card.seed,
      corpusHash,
      numbers,
      comparison,
      card
    })
    if (created) log.info({ map: id, source: source.model, target: target.model }, 'shipped map stored')
  }
}
