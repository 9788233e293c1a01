import { Problem } from '../../errors.js'

/** The part of a budget that one holder has taken, until it is closed. */
export interface MemoryAccount {
  /** @throws Problem `overloaded` */
  take(bytes: number): void
  close(): void
}

/**
 * A budget of bytes that many holders share. A holder may exceed it while it is the only one: its own limit applies.
 */
export function createMemoryBudget (limit: number) {
  let taken = 0

  return {
    taken: () => taken,
    open (): MemoryAccount {
      let own = 0
      let closed = false
      return {
        take (bytes) {
          if (closed) return
          if (taken + bytes > limit && taken > own) {
            throw new Problem(
              'overloaded',
              `expected at most ${limit} bytes of request bodies in memory, ${taken} are taken already; please try ` +
                `again later`
            )
          }
          own += bytes
          taken += bytes
        },
        close () {
          closed = true
          taken -= own
          own = 0
        }
      }
    }
  }
}
