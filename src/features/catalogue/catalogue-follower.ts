import { setTimeout } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { Catalogue } from './catalogue.js'

const firstDelay = 250
const longestDelay = 10_000

/**
 * Reads the catalogue anew when another replica tells of a change, and again until that succeeds. Until then it says
 * so. Whoever made the change waits for this replica to say that it has read it, see `createCatalogueLease`; what was
 * missed is noticed there.
 *
 * @param renew says that the catalogue is the newest
 */
export function followChanges (catalogue: Catalogue, renew: () => Promise<void>, log: Logger) {
  const stopping = new AbortController()
  let behind = 0

  async function follow (): Promise<void> {
    behind++
    try {
      for (let delay = firstDelay;; delay = Math.min(2 * delay, longestDelay)) {
        try {
          await catalogue.refresh()
          return await renew()
        } catch (error) {
          if (stopping.signal.aborted) return
          log.warn({ err: error, delay }, 'the catalogue could not be read and is tried again')
          await setTimeout(delay, undefined, { signal: stopping.signal }).catch(() => {})
        }
      }
    } finally {
      behind--
    }
  }

  return {
    changed (): void {
      follow().catch((error: unknown) => log.error({ err: error }, 'the catalogue is not followed any more'))
    },
    /** Whether every change that this process has heard of is in its catalogue. */
    current: () => behind === 0,
    stop: () => stopping.abort()
  }
}
