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
 * Images whose labels are in doubt: those that score against the images of another identity, on average, at least as
 * half of all images do against the others of their own, in both models. They are images that went to the wrong person,
 * and people under two labels. One such image makes nearly all of the false matches at the rates that a gallery asks
 * for, and a threshold above them is above most mated comparisons too.
 *
 * An image of one person is hardly taken for one of another: half of all images look less like their own person, to two
 * models.
 *
 * @returns rows, ascending; an identity of which there is one image is not one that others look like
 */
export async function doubtfulRows (
  { source, target, identity }: LabelledPairs, products: Products
): Promise<number[]> {
  const groups = [...rowsByIdentity(identity).values()].filter(rows => rows.length > 1)
  if (groups.length < 2) return []
  const groupOf = new Map(groups.flatMap((rows, group) => rows.map(row => [row, group] as const)))
  const [first, second] = [await alikeIn(source), await alikeIn(target)]
  return Array.from(identity, (_, row) => row).filter(
    row => groups.some((_, group) => group !== groupOf.get(row) && first(row, group) && second(row, group))
  )

  /** The mean score of an image against those of an identity is its score against the mean of their templates. */
  async function alikeIn (templates: TemplateMatrix): Promise<(row: number, group: number) => boolean> {
    const { cols } = templates
    const means = { rows: groups.length, cols, data: new Float32Array(groups.length * cols) } // (identities, d)
    groups.forEach((rows, group) => means.data.set(meanOfRows(templates, rows), group * cols))
    const scores = await products.multiply(templates, means, { transposeB: true })
    // Without the comparison of the image with itself, whose score is 1.
    const own = groups.flatMap(
      (rows, group) =>
        rows.map(row => (rows.length * scores.data[row * groups.length + group]! - 1) / (rows.length - 1))
    ).sort((a, b) => a - b)
    const median = own[own.length >> 1]!
    return (row, group) => scores.data[row * groups.length + group]! >= median
  }
}
