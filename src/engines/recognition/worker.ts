import { workerData } from 'node:worker_threads'
import { Problem } from '../../errors.js'
import { once } from '../../memoised.js'
import { asOutcome, type Outcome } from '../threads/messages.js'
import { isStopped } from '../threads/stop-flag.js'
import { checkModels } from './model-graphs.js'
import { openEmbedder, type EmbedderOptions, type EmbedRequest, type EmbedResult } from './embedder.js'

/** Opens the graphs once. After a failure the next task tries again: the file may have been restored. */
const opened = once(() => openEmbedder(workerData as EmbedderOptions))

/** The task of a worker of the recognition pool. `null` only opens the graphs. */
export default async function run (request: EmbedRequest | null): Promise<Outcome<EmbedResult | null>> {
  return await asOutcome(async () => {
    const embed = await opened()
    if (isStopped(request?.withdrawn)) {
      throw new Problem('caller-left', 'the connection was closed before the image was embedded')
    }
    return request === null ? null : await embed(request)
  })
}

/**
 * Checks the models folder, before this worker opens its own: what one of them takes serves the next.
 */
export async function check (): Promise<Outcome<null>> {
  return await asOutcome(async () => {
    await checkModels((workerData as EmbedderOptions).models)
    return null
  })
}
