import { setTimeout } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { Catalogue } from './catalogue.js'

const firstDelay = 250
const maxDelay = 10_000

/**
 * Re-reads the catalogue when another replica notifies of a change, and retries until that succeeds. Until then
 * `current` is false. The replica that made the change waits for this one to confirm that it has read it, see
 * `createCatalogueLease`; missed notifications are noticed there.
 *
 * @param renew declares the catalogue up to date
 */
export function followChanges (catalogue: Catalogue, renew: () => Promise<void>, log: Logger) {
  const stopping = new AbortController()
  let behind = 0

  async function follow (): Promise<void> {
    behind++
    try {
      for (let delay = firstDelay;; delay = Math.min(2 * delay, maxDelay)) {
        try {
          await catalogue.refresh()
          return await renew()
        } catch (error) {
          if (stopping.signal.aborted) return
          log.warn({ err: error, delay }, 'could not read the catalogue; retrying')
          await setTimeout(delay, undefined, { signal: stopping.signal }).catch(() => {})
        }
      }
    } finally {
      behind--
    }
  }

  return {
    changed (): void {
      follow().catch((error: unknown) => log.error({ err: error }, 'no longer following the catalogue'))
    },
    /** Whether the catalogue contains every change that this process has been notified of. */
    current: () => behind === 0,
    stop: () => stopping.abort()
  }
}
