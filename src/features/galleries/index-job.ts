import type { IndexJob, Indexing } from './indexing.js'
import type { JobHandler } from '../jobs/index.js'

declare module '../jobs/kinds.js' {
  interface JobRequests {
    index: IndexJob
  }
}

/** Builds an index of a gallery. */
export const createIndexJob = (indexing: Indexing): JobHandler<IndexJob> => ({
  queue: 'index',
  attempts: 3,
  async run (request, context) {
    await indexing.build(request, context)
    return `/v1/galleries/${request.gallery}/indexes`
  }
})
