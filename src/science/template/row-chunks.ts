import type { Space } from './space.js'

/** Bytes of a chunk of rows, going in or coming out, whichever are more. */
const chunkBytes = 4 * 2 ** 20

export function rowsPerChunk (source: Space, target: Space): number {
  return Math.max(1, Math.floor(chunkBytes / 4 / Math.max(source.dimension, target.dimension)))
}

/**
 * Works on what arrives, and hands the results on in the order of arrival. Two are in memory at a time: one is worked
 * on while the next one arrives, which is asked for when a result is taken.
 *
 * @throws what `work` throws, when the turn of that item comes
 */
export async function * inOrder<Item, Result> (
  arriving: AsyncIterable<Item>, work: (item: Item) => Promise<Result>
): AsyncGenerator<Result, void> {
  let before: Promise<Result> | undefined
  for await (const item of arriving) {
    const result = work(item)
    // A failure is told when its turn comes.
    result.catch(() => {})
    if (before !== undefined) yield await before
    before = result
  }
  if (before !== undefined) yield await before
}
