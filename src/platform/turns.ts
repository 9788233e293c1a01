import { setImmediate } from 'node:timers/promises'

/** Milliseconds of one turn; what is done between two looks at the clock comes on top. */
const longestTurn = 5

/** Takes turns with whatever else waits for the event loop. */
export interface Turns {
  /** Whether the loop has been held long enough. A look at the clock takes 40 ns, waiting for another turn 2 us. */
  over(): boolean
  /** Lets the others have theirs. */
  next(): Promise<void>
}

/** For work that is done bit by bit and would hold the event loop until the last of them. */
export function createTurns (): Turns {
  let begun = performance.now()
  return {
    over: () => performance.now() - begun > longestTurn,
    async next () {
      await setImmediate()
      begun = performance.now()
    }
  }
}
