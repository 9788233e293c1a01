import type { Catalogue } from '../catalogue/catalogue.js'
import { readFitOrder, type FitOrder } from './fit-order.js'
import type { createMaps } from './maps.js'
import type { JobHandler } from '../jobs/kinds.js'

declare module '../jobs/kinds.js' {
  interface JobRequests { fit: FitJob }
}

export interface FitJob extends FitOrder {
  /** id of a corpus: pairs that come with a request are templates, and are not stored */
  readonly corpus: string
}

/** Fits a map, or composes one. */
export const createFitJob = (maps: ReturnType<typeof createMaps>, catalogue: Catalogue): JobHandler<FitJob> => ({
  queue: 'fitting',
  attempts: 3,
  async run ({ corpus, ...order }, { idempotency, signal, progress }) {
    const { map } = await maps.fit({ ...readFitOrder(catalogue, order), pairs: { corpus } }, idempotency, { signal, onProgress: progress })
    return `/v1/maps/${map.id}`
  }
})
