import { workerData } from 'node:worker_threads'
import { once } from '../../memoised.js'
import { asOutcome, type Outcome } from '../threads/messages.js'
import { openEmbedder, type EmbedderOptions, type EmbedRequest, type EmbedResult } from './embedder.js'

/** Opens the graphs once. After a failure the next task tries again: the file may have been restored. */
const opened = once(() => openEmbedder(workerData as EmbedderOptions))

// When the worker starts. A failure is reported by the first task.
opened().catch(() => {})

/** The task of a worker of the recognition pool. `null` only opens the graphs. */
export default async function run (request: EmbedRequest | null): Promise<Outcome<EmbedResult | null>> {
  return await asOutcome(async () => {
    const embed = await opened()
    return request === null ? null : await embed(request)
  })
}
