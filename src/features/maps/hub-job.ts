import type { Catalogue } from '../catalogue/index.js'
import type { createHubs, HubRequest } from './hubs.js'
import type { JobHandler } from '../jobs/index.js'

declare module '../jobs/kinds.js' {
  interface JobRequests {
    hub: HubJob
  }
}

export interface HubJob extends Omit<HubRequest, 'models'> {
  /** ids */
  readonly models: readonly string[]
}

/** Makes one common space for several models. */
export const createHubJob = (hubs: ReturnType<typeof createHubs>, catalogue: Catalogue): JobHandler<HubJob> => ({
  queue: 'fitting',
  attempts: 3,
  async run ({ models, ...request }, { signal, progress }) {
    progress({ stage: 'fitting', fraction: 0 })
    const { hub } = await hubs.create({ ...request, models: models.map(id => catalogue.space(id)) }, signal)
    return `/v1/models/${hub.space.model}`
  }
})
