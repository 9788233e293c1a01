import type { OnClose } from '../../closers.js'
import type { Catalogue } from '../catalogue/index.js'
import type { Translator } from '../translations/index.js'
import { createComparer } from './comparer/comparer.js'
import { createComparisons } from './comparison.js'

/** Projected references may take this many times the limit of a body: four bytes of JSON may become a number. */
const projectedShare = 4

/**
 * @param threads worker threads that compute scores
 * @param bodyLimit bytes of a request
 */
export function createComparisonsFeature (
  { catalogue, translator, threads, bodyLimit, onClose }: {
    catalogue: Catalogue
    translator: Translator
    threads: number
    bodyLimit: number
    onClose: OnClose
  }
) {
  const comparer = createComparer({ threads })
  onClose(() => comparer.close())
  return {
    comparer,
    compare: createComparisons({ catalogue, translator, comparer, maxBytes: projectedShare * bodyLimit })
  }
}
