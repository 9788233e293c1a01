import type { Logger } from 'pino'

/** Data to delete: the contents of deleted galleries and the templates that ended migrations made superfluous. */
export interface Purgeable {
  /** Deletes a part of it. @returns whether there may be more */
  purgeSome(): Promise<boolean>
}

/** Milliseconds between checks for leftovers of processes that have ended. */
const intervalMs = 10 * 60_000

/**
 * Deletes unused data in the background, a part at a time, so that no transaction grows with a gallery. Whatever an
 * ending process leaves is deleted by the next one or by another replica.
 */
export function createPurger (purgeables: readonly Purgeable[], log: Logger) {
  let running: Promise<void> | undefined
  let again = false
  const stopping = new AbortController()

  async function sweep (): Promise<void> {
    for (const purgeable of purgeables) while (!stopping.signal.aborted && await purgeable.purgeSome());
  }

  function kick (): void {
    again = running !== undefined
    if (stopping.signal.aborted || again) return
    running = sweep().catch((error: unknown) => {
      log.warn({ err: error }, 'some unused data could not be deleted; it is retried')
    }).finally(() => {
      running = undefined
      if (again) kick()
    })
  }

  const timer = setInterval(kick, intervalMs).unref()
  kick()
  return {
    /** Signals that there may be something to delete. */
    kick,
    async stop (): Promise<void> {
      stopping.abort()
      clearInterval(timer)
      await running
    }
  }
}

export type Purger = ReturnType<typeof createPurger>
