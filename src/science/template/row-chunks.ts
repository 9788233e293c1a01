import type { Space } from './space.js'

/** Bytes of a chunk of rows, in or out, whichever is larger. */
const chunkBytes = 4 * 2 ** 20

export function rowsPerChunk (source: Space, target: Space): number {
  return Math.max(1, Math.floor(chunkBytes / 4 / Math.max(source.dimension, target.dimension)))
}

/**
 * Processes items as they arrive and yields the results in order of arrival. Two items are in memory at a time: one is
 * processed while the next arrives, which is requested when a result is taken.
 *
 * @throws what `work` throws, when it is that item's turn
 */
export async function* inOrder<Item, Result> (
  arriving: AsyncIterable<Item>,
  work: (item: Item) => Promise<Result>
): AsyncGenerator<Result, void> {
  let before: Promise<Result> | undefined
  for await (const item of arriving) {
    const result = work(item)
    // A failure is reported when its turn comes.
    result.catch(() => {})
    if (before !== undefined) yield await before
    before = result
  }
  if (before !== undefined) yield await before
}
