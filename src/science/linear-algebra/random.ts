/** A random generator. Callers seed it, so every card can be recomputed. */
export interface Random {
  /** Uniform in [0, 1), 32 bits of resolution. */
  next(): number
  /** Uniform integer in [0, bound). */
  integer(bound: number): number
  /** Shuffles in place (Fisher and Yates) and returns its argument. */
  shuffle<T>(items: T[]): T[]
}

/**
 * mulberry32 (Tommy Ettinger, public domain): 32 bits of state, period 2^32, passes gjrand's tests. Good enough for
 * splits and bootstraps, not for secrets.
 *
 * @param seed an integer, of which the low 32 bits count
 */
export function createRandom (seed: number): Random {
  let state = seed | 0
  const next = () => {
    state = (state + 0x6D2B79F5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
  const integer = (bound: number) => Math.floor(next() * bound)
  return {
    next,
    integer,
    shuffle (items) {
      for (let i = items.length - 1; i > 0; i--) {
        const j = integer(i + 1)
        const kept = items[i]!
        items[i] = items[j]!
        items[j] = kept
      }
      return items
    }
  }
}
