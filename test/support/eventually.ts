import { setTimeout } from 'node:timers/promises'
import { inspect } from 'node:util'

interface Patience {
  /** milliseconds between two looks */
  readonly interval?: number
  /** milliseconds after which the test is given up: far more than a busy machine takes */
  readonly deadline?: number
}

/**
 * Looks again and again until what is seen is as expected. A test waits with this for what it is not told of.
 *
 * @param what is expected, in words
 * @param isSo whether this is it; without it, that anything is there
 * @throws Error with what was seen last, once the deadline has passed
 */
export async function eventually<T> (
  what: string,
  look: () => T | Promise<T>,
  isSo: (seen: T) => boolean = Boolean,
  { interval = 20, deadline = 120_000 }: Patience = {}
): Promise<Exclude<T, undefined | null | false>> {
  for (const begun = performance.now();;) {
    const seen = await look()
    if (isSo(seen)) return seen as Exclude<T, undefined | null | false>
    if (performance.now() - begun > deadline) {
      throw new Error(`expected ${what} within ${deadline / 1000} s, saw last: ${inspect(seen, { depth: 6 })}`)
    }
    await setTimeout(interval)
  }
}
