import type { Logger } from 'pino'
import type { OnClose } from '../../closers.js'
import type { Catalogue, CatalogueLease, CatalogueStore } from '../catalogue/index.js'
import type { createCorpusRepository } from '../corpora/index.js'
import type { Guard, Profiles } from '../guard/index.js'
import { createActivation } from './activation.js'
import { createCalibrations } from './calibrations.js'
import { createFitJob } from './fit-job.js'
import { createFitter } from './fitting/fitter.js'
import { createHubJob } from './hub-job.js'
import { createHubs } from './hubs.js'
import { createMaps } from './maps.js'

/**
 * Maps and hubs, and the jobs that make them.
 * @param threads used by a fit
 * @param audited whether activations are recorded
 */
export function createMapsFeature (
  { store, corpora, catalogue, lease, guard, profiles, threads, audited, log, onClose }: {
    store: CatalogueStore
    corpora: ReturnType<typeof createCorpusRepository>
    catalogue: Catalogue
    lease: CatalogueLease
    guard: Guard
    profiles: Profiles
    threads: number
    audited: boolean
    log: Logger
    onClose: OnClose
  }
) {
  const fitter = createFitter({ threads, log: progress => log.info(progress, 'fit progress') })
  onClose(() => fitter.close())
  const hubs = createHubs(store.models, corpora, catalogue, fitter)
  const activate = createActivation(store.maps, audited)
  const maps = createMaps(store.maps, corpora, catalogue, fitter, profiles, activate, lease)
  const calibrations = createCalibrations(store, corpora, catalogue, fitter, guard, lease)
  return {
    maps,
    hubs,
    calibrations,
    jobs: { fit: createFitJob(maps, catalogue, activate), hub: createHubJob(hubs, catalogue) }
  }
}
