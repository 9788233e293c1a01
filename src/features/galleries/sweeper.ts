/** Work that is done again and again in the background, one sweep at a time. */
export interface Sweeper {
  /** Signals that there may be something to do. */
  kick(): void
  /** Ends the sweep that runs, and every later one. */
  stop(): Promise<void>
}

/**
 * Sweeps at once, every so often, and when it is told to. Whatever an ending process leaves is done by the next one or
 * by another replica.
 *
 * @param sweep ends early when the signal aborts
 * @param failed receives what a sweep throws; the next one tries again
 */
export function createSweeper (
  sweep: (signal: AbortSignal) => Promise<void>,
  { intervalMs, failed }: { readonly intervalMs: number, readonly failed: (error: unknown) => void }
): Sweeper {
  let running: Promise<void> | undefined
  let again = false
  const stopping = new AbortController()

  function kick (): void {
    again = running !== undefined
    if (stopping.signal.aborted || again) return
    running = sweep(stopping.signal).catch(failed).finally(() => {
      running = undefined
      if (again) kick()
    })
  }

  const timer = setInterval(kick, intervalMs).unref()
  kick()
  return {
    kick,
    async stop (): Promise<void> {
      stopping.abort()
      clearInterval(timer)
      await running
    }
  }
}
