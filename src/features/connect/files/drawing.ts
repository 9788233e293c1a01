import { createRandom } from '../../../science/linear-algebra/random.js'
import type { DrawnRows, FileRows } from './template-file.js'

/** Parts of a file that are read to draw rows from, at least. Whole rows of one person seldom fill a part. */
const minParts = 50

/**
 * Draws rows from all over a file: one, wherever it is, from each of equal shares. Rows of one person stand together,
 * and what repeats with a period would be drawn alike by equal steps.
 *
 * @returns numbers below `rows`, ascending
 */
export function drawNumbers (rows: number, count: number): number[] {
  const random = createRandom(rows)
  const shares = Math.min(rows, count)
  const begin = (share: number) => Math.floor(share * rows / shares)
  return Array.from({ length: shares }, (_, i) => begin(i) + random.integer(begin(i + 1) - begin(i)))
}

/** Rows of a file that are read together, such as a page. */
interface Part {
  /** number of the first one */
  readonly from: number
  readonly rows: number
}

/**
 * Draws rows from parts all over a file, in proportion to their rows, and within each part as `drawNumbers` does.
 * @param parts in the order of the file
 * @returns parts with the numbers of their drawn rows
 */
export function drawFromParts<P extends Part> (
  parts: readonly P[],
  count: number
): { readonly part: P, readonly numbers: readonly number[] }[] {
  const rows = parts.reduce((sum, part) => sum + part.rows, 0)
  if (rows === 0) return []
  const places = drawNumbers(rows, Math.min(count, Math.max(minParts, Math.ceil(count * parts.length / rows))))
  const each = Math.ceil(count / places.length)
  let before = 0
  return parts.flatMap(part => {
    const here = places.filter(place => place >= before && place < before + part.rows).length
    before += part.rows
    return here === 0
      ? []
      : [{ part, numbers: drawNumbers(part.rows, here * each).map(number => part.from + number) }]
  })
}

/** Takes rows by their numbers, ascending, from what yields a file from its beginning, up to the last of them. */
export async function takeNumbered (
  read: AsyncGenerator<FileRows, void>,
  numbers: readonly number[]
): Promise<DrawnRows> {
  const templates: DrawnRows['templates'][number][] = []
  let first = 0
  for await (const rows of read) {
    while (templates.length < numbers.length && numbers[templates.length]! < first + rows.templates.length) {
      templates.push(rows.templates[numbers[templates.length]! - first]!)
    }
    if (templates.length === numbers.length) break
    first += rows.templates.length
  }
  return { numbers: numbers.slice(0, templates.length), templates }
}
