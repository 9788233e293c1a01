import { setImmediate } from 'node:timers/promises'

/** Maximum milliseconds of one turn; the work between two checks of the clock comes on top. */
const maxTurn = 5

/** Shares the event loop with other work. */
export interface Turns {
  /** Whether this turn has lasted long enough. Reading the clock takes 40 ns, waiting for another turn 2 us. */
  over(): boolean
  /** Yields to the event loop. */
  next(): Promise<void>
}

/** For incremental work that would otherwise block the event loop until it is done. */
export function createTurns (): Turns {
  let begun = performance.now()
  return {
    over: () => performance.now() - begun > maxTurn,
    async next () {
      await setImmediate()
      begun = performance.now()
    }
  }
}

/** Maps items in order, and shares the event loop meanwhile. */
export async function mapInTurns<Item, Result> (
  items: readonly Item[],
  map: (item: Item, index: number) => Result
): Promise<Result[]> {
  const turns = createTurns()
  const results: Result[] = []
  for (const [index, item] of items.entries()) {
    results.push(map(item, index))
    if (turns.over()) await turns.next()
  }
  return results
}
