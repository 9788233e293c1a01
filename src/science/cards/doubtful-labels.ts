import { rowsByIdentity } from '../linear-algebra/identities.js'
import type { Products, TemplateMatrix } from '../linear-algebra/matrix.js'
import { meanOfRows } from '../alignment/statistics.js'

/** Row i of both sides is the same image. */
interface LabelledPairs {
  /** (n, dSource), normalised rows */
  readonly source: TemplateMatrix
  /** (n, dTarget), normalised rows */
  readonly target: TemplateMatrix
  /** (n), index of the identity of each row */
  readonly identity: Int32Array
}

/**
 * Images with doubtful labels: their mean score against another identity is, in both models, at least the median of the
 * mean scores of all images against their own. They are images filed under the wrong person, and people filed under two
 * labels. One such image makes nearly all false matches at the rates that a gallery needs, and a threshold above them
 * is above most mated comparisons too.
 *
 * An image of one person is hardly ever taken for another: to do so, two models must find it more like another person
 * than half of all images are like their own.
 *
 * @returns rows, ascending; identities with a single image are not compared with
 */
export async function doubtfulRows (
  { source, target, identity }: LabelledPairs,
  products: Products
): Promise<number[]> {
  const groups = [...rowsByIdentity(identity).values()].filter(rows => rows.length > 1)
  if (groups.length < 2) return []
  const groupOf = new Map(groups.flatMap((rows, group) => rows.map(row => [row, group] as const)))
  const [first, second] = [await alikeIn(source), await alikeIn(target)]
  return Array.from(identity, (_, row) => row).filter(
    row => groups.some((_, group) => group !== groupOf.get(row) && first(row, group) && second(row, group))
  )

  /** The mean score of an image against an identity is its score against the mean of that identity's templates. */
  async function alikeIn (templates: TemplateMatrix): Promise<(row: number, group: number) => boolean> {
    const { cols } = templates
    const means = { rows: groups.length, cols, data: new Float32Array(groups.length * cols) } // (identities, d)
    groups.forEach((rows, group) => means.data.set(meanOfRows(templates, rows), group * cols))
    const scores = await products.multiply(templates, means, { transposeB: true })
    // Without the comparison of the image with itself, which scores 1.
    const own = groups.flatMap(
      (rows, group) =>
        rows.map(row => (rows.length * scores.data[row * groups.length + group]! - 1) / (rows.length - 1))
    ).sort((a, b) => a - b)
    const median = own[own.length >> 1]!
    return (row, group) => scores.data[row * groups.length + group]! >= median
  }
}
