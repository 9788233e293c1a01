import type { Logger } from 'pino'
import type { Registry } from 'prom-client'
import { gauges } from '../../platform/measures.js'
import { EngineAway } from './store/vector-engine.js'
import type { QdrantEngine } from './store/qdrant/engine.js'
import { createSweeper, type Sweeper } from './sweeper.js'

/** Milliseconds between two looks at what has left the galleries. */
const intervalMs = 10_000
/** Looks per look at what Qdrant has that the database knows nothing of. */
const unknownEvery = 60

/**
 * Deletes from Qdrant what has left the galleries: whatever a request did not, since Qdrant was away or the process
 * ended.
 */
export function createEngineSweeper (
  { sweep, sweepUnknown }: Pick<QdrantEngine, 'sweep' | 'sweepUnknown'>,
  log: Logger
): Sweeper {
  let looks = 0
  return createSweeper(async signal => {
    await sweep(signal)
    if (looks % unknownEvery === 0) await sweepUnknown(signal)
    looks++
  }, {
    intervalMs,
    failed (error) {
      // The log has why Qdrant cannot be used.
      if (!(error instanceof EngineAway)) {
        log.warn({ err: error }, 'what has left galleries could not be deleted from Qdrant; it is tried again')
      }
    }
  })
}

/** What still has to be deleted from Qdrant. */
export function measureEngine (registry: Registry, { waiting }: Pick<QdrantEngine, 'waiting'>): void {
  gauges(
    registry,
    {
      name: 'crosswalk_vector_engine_waiting',
      help:
        'What has left the database and remains to be deleted from Qdrant: templates of galleries, and collections.',
      labels: ['what']
    },
    async () => {
      const { templates, collections } = await waiting()
      return [[{ what: 'templates' }, templates], [{ what: 'collections' }, collections]]
    }
  )
}
