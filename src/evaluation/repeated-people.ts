import { rowsByIdentity } from '../alignment/identities.js'
import type { Products, TemplateMatrix } from '../alignment/matrix.js'

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
 * Identities that look like one person under two labels: those whose images score against each other, on average, at
 * least as half of all identities do among themselves, in both models. One such pair makes nearly all of the false matches at
 * the rates that a gallery asks for, and a threshold that keeps them out keeps mated comparisons out with them. Two people are
 * hardly taken for one: half of all people look less like themselves, to two models.
 *
 * @returns pairs of identities, that with more images first; identities with one image are never among them
 */
export async function repeatedPeople ({ source, target, identity }: LabelledPairs, products: Products): Promise<[number, number][]> {
  const groups = [...rowsByIdentity(identity)].filter(([, rows]) => rows.length > 1)
  if (groups.length < 2) return []
  const [first, second] = [await alikeIn(source), await alikeIn(target)]
  const pairs: [number, number][] = []
  for (let a = 0; a < groups.length; a++) {
    for (let b = a + 1; b < groups.length; b++) {
      if (!first(a, b) || !second(a, b)) continue
      const [[one, images], [other, otherImages]] = [groups[a]!, groups[b]!]
      pairs.push(otherImages.length > images.length ? [other, one] : [one, other])
    }
  }
  return pairs

  /** The mean of all scores between two identities is the product of the means of their templates. */
  async function alikeIn ({ cols, data }: TemplateMatrix): Promise<(a: number, b: number) => boolean> {
    const means = { rows: groups.length, cols, data: new Float64Array(groups.length * cols) } // (identities, d)
    groups.forEach(([, rows], group) => {
      for (const row of rows) {
        for (let j = 0; j < cols; j++) means.data[group * cols + j]! += data[row * cols + j]! / rows.length
      }
    })
    const scores = await products.multiply(means, means, { transposeB: true })
    // Without the n comparisons of an image with itself, whose score is 1.
    const within = groups.map(([, { length: n }], group) => (n * n * scores.data[group * (groups.length + 1)]! - n) / (n * (n - 1))).sort((a, b) => a - b)
    const median = within[within.length >> 1]!
    return (a, b) => scores.data[a * groups.length + b]! >= median
  }
}
