import type { Logger } from 'pino'
import { createSweeper, type Sweeper } from './sweeper.js'

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
export function createPurger (purgeables: readonly Purgeable[], log: Logger): Sweeper {
  return createSweeper(async signal => {
    for (const purgeable of purgeables) while (!signal.aborted && await purgeable.purgeSome());
  }, {
    intervalMs,
    failed: error => log.warn({ err: error }, 'some unused data could not be deleted; it is retried')
  })
}

export type Purger = ReturnType<typeof createPurger>
