import type { Logger } from 'pino'
import { StartupError } from '../../../../errors.js'
import { createQdrant, QdrantRefusal, type Qdrant } from '../../../../platform/qdrant/client.js'
import { EngineAway } from '../vector-engine.js'

/** Milliseconds for one answer in the path of a request, and of work that nobody waits for. */
const [requestPatience, workPatience] = [2000, 20_000] as const
/** Milliseconds for which requests do without a Qdrant that has failed. */
const pauseMs = 5000

/** Requests to Qdrant, of which every failure is an EngineAway. */
export type Channel = Pick<Qdrant, 'call' | 'find'>

export interface Channels {
  /** in the path of a request: one attempt, and none for a while after a failure */
  readonly quick: Channel
  /** of work in the background: more patient, one attempt */
  readonly patient: Channel
}

/**
 * The way to a Qdrant. Its version is looked at before the first request and after each failure. What is wrong is
 * logged once, not with every search.
 *
 * @throws StartupError when the address cannot be used
 */
export function openChannels (
  { url, apiKey }: { readonly url: string, readonly apiKey: string | undefined },
  log: Logger,
  now: () => number = () => performance.now()
): Channels {
  let known: Promise<string> | undefined
  let pausedUntil = -Infinity
  let reason: string | undefined

  function failed (error: StartupError): EngineAway {
    const status = error instanceof QdrantRefusal ? error.status : undefined
    // It answers, and has not what was asked for.
    if (status === 404 || status === 409) return new EngineAway(status, { cause: error })
    known = undefined
    pausedUntil = now() + pauseMs
    if (error.message !== reason) log.warn(`galleries are searched exactly without their indexes: ${error.message}`)
    reason = error.message
    return new EngineAway(status, { cause: error })
  }

  function channel (qdrant: Qdrant, pauses: boolean): Channel {
    async function use<T> (work: () => Promise<T>): Promise<T> {
      if (pauses && now() < pausedUntil) throw new EngineAway()
      try {
        await (known ??= qdrant.requireKnownVersion())
        const result = await work()
        if (reason !== undefined) log.info(`${qdrant.url}: the indexes of galleries are used again`)
        reason = undefined
        pausedUntil = -Infinity
        return result
      } catch (error) {
        if (!(error instanceof StartupError)) throw error
        throw failed(error)
      }
    }
    return {
      call: async (method, path, body) => await use(() => qdrant.call(method, path, body)),
      find: async <T>(path: string) => await use(() => qdrant.find<T>(path))
    }
  }

  function open (patience: number): Qdrant {
    try {
      return createQdrant({ url, apiKey, patience, attempts: 1 })
    } catch (error) {
      throw error instanceof StartupError ? new StartupError(`VECTOR_ENGINE_URL: ${error.message}`) : error
    }
  }
  return { quick: channel(open(requestPatience), true), patient: channel(open(workPatience), false) }
}
