import type { Logger } from 'pino'
import type { OnClose } from '../../closers.js'
import { recogniserFingerprint } from '../../engines/recognition/manifest.js'
import type { ModelsFolder } from '../../engines/recognition/model-graphs.js'
import type { Database } from '../../platform/database/database.js'
import { createCatalogueLease } from './catalogue-lease.js'
import { followChanges } from './catalogue-follower.js'
import { createCatalogue } from './catalogue.js'
import { createModelRepository, modelsChanged } from './models-repository.js'
import { createModels } from './models.js'
import { createSelfTestStates } from './self-test-states.js'
import { createCalibrationRepository } from './store/calibrations.js'
import { createEnsembleRepository } from './store/ensembles.js'
import { createMapRepository, mapsChanged } from './store/maps.js'
import { createSpaceProfileRepository } from './store/space-profiles.js'

export type CatalogueStore = Awaited<ReturnType<typeof openCatalogueStore>>

/** Stored spaces, maps and profiles, including the recognisers of the models folder. */
export async function openCatalogueStore (
  { database, recognisers }: { database: Database } & Pick<ModelsFolder, 'recognisers'>
) {
  const models = createModelRepository(database)
  await models.syncRecognisers(recognisers.map(({ manifest }) => ({
    id: manifest.id,
    fingerprint: recogniserFingerprint(manifest),
    kind: 'recogniser',
    dimension: manifest.dimension,
    title: manifest.title,
    licence: manifest.licence,
    manifest
  })))
  return {
    models,
    maps: createMapRepository(database),
    calibrations: createCalibrationRepository(database),
    ensembles: createEnsembleRepository(database),
    profiles: createSpaceProfileRepository(database),
    /** fingerprints of the spaces that images are embedded into here */
    loaded: new Set(recognisers.map(({ manifest }) => recogniserFingerprint(manifest)))
  }
}

/**
 * The known spaces and active maps, kept in step with the database.
 * @param lease seconds for which this replica decides by what it knows without hearing from the database
 */
export async function createCatalogueFeature (
  { database, store, lease: seconds, log, onClose }: {
    database: Database
    store: CatalogueStore
    lease: number
    log: Logger
    onClose: OnClose
  }
) {
  const catalogue = createCatalogue(store, store.loaded, () => lease.assertValid())
  const lease = createCatalogueLease(database, catalogue, { lease: seconds, log })
  onClose(() => lease.stop())
  const follower = followChanges(catalogue, lease.renew, log)
  onClose(() => {
    follower.stop()
  })
  for (const channel of [mapsChanged, modelsChanged]) onClose(await database.listen(channel, follower.changed))
  await catalogue.refresh()
  await lease.start()
  const selfTestStates = createSelfTestStates(store.loaded)
  return {
    catalogue,
    lease,
    selfTestStates,
    models: createModels(store.models, catalogue, store.loaded, selfTestStates),
    /** Whether every change that other replicas notified of has been read, and the lease is valid. */
    current: () => follower.current() && lease.valid()
  }
}
