import type { Catalogue } from '../catalogue/index.js'
import { readFitOrder, type FitOrder } from './fit-order.js'
import type { Activate } from './activation.js'
import type { createMaps } from './maps.js'
import type { JobHandler } from '../jobs/index.js'

declare module '../jobs/kinds.js' {
  interface JobRequests {
    fit: FitJob
  }
}

export interface FitJob extends FitOrder {
  /** id of a corpus: pairs in the request itself are templates, and are not stored */
  readonly corpus: string
  /** whether the map is to serve once the job has ended, and whether it may with an unfit card */
  readonly activate?: boolean
  readonly activateUnfit?: boolean
}

/** Fits a map, or composes one. */
export const createFitJob = (
  maps: ReturnType<typeof createMaps>,
  catalogue: Catalogue,
  activate: Activate
): JobHandler<FitJob> => ({
  queue: 'fitting',
  attempts: 3,
  async run (
    { corpus, activate: toServe = false, activateUnfit: evenUnfit = false, ...order },
    { id: job, origin, idempotency, signal, progress }
  ) {
    const { map } = await maps.fit({ ...readFitOrder(catalogue, order), pairs: { corpus } }, idempotency, {
      signal,
      onProgress: progress
    })
    const made = `/v1/maps/${map.id}`
    return toServe
      ? { made, conclude: async session => await activate(session, map, { evenUnfit, origin, job }) }
      : made
  }
})
