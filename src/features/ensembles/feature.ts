import type { OnClose } from '../../closers.js'
import type { Catalogue, CatalogueLease, CatalogueStore } from '../catalogue/index.js'
import type { createCorpusRepository } from '../corpora/index.js'
import { createEnsembles } from './ensembles.js'
import { createEnsembleFitter } from './fitter.js'

/** @param threads used by a fit */
export function createEnsemblesFeature (
  { store, corpora, catalogue, lease, threads, onClose }: {
    store: CatalogueStore
    corpora: ReturnType<typeof createCorpusRepository>
    catalogue: Catalogue
    lease: CatalogueLease
    threads: number
    onClose: OnClose
  }
) {
  const fitter = createEnsembleFitter({ threads })
  onClose(() => fitter.close())
  return createEnsembles(store.ensembles, corpora, catalogue, fitter, lease)
}
