import type { Logger } from 'pino'

/** What is left to delete: what galleries held that are gone, and what migrations that have ended made superfluous. */
export interface Purgeable {
  /** Deletes a part of it. @returns whether there may be more */
  purgeSome(): Promise<boolean>
}

/** Milliseconds after which is looked for what processes that ended have left. */
const interval = 10 * 60_000

/**
 * Deletes in the background what serves nobody any more, a part at a time, so that no transaction grows with a gallery.
 * Whatever is left by a process that ends is deleted by the next, or by another replica.
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
      log.warn({ err: error }, 'not everything could be deleted; it is tried again')
    }).finally(() => {
      running = undefined
      if (again) kick()
    })
  }

  const timer = setInterval(kick, interval).unref()
  kick()
  return {
    /** Says that there may be something to delete. */
    kick,
    async stop (): Promise<void> {
      stopping.abort()
      clearInterval(timer)
      await running
    }
  }
}

export type Purger = ReturnType<typeof createPurger>
