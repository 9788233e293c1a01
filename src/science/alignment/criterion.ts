import { dot, mean } from '../linear-algebra/sums.js'
import { HistogramBuilder, thresholdsAt } from '../scores/histogram.js'
import { trueMatchRates } from '../scores/metrics.js'
import { rowsByIdentity, type IdentityIndex } from '../linear-algebra/identities.js'
import type { Products, TemplateMatrix } from '../linear-algebra/matrix.js'

/**
 * Verification is used at low rates. At 0.1 nearly every candidate accepts nearly all mates, and with it among the
 * rates Procrustes was chosen where it loses at 1e-3. It serves few pairs alone, which support nothing lower.
 */
const criterionRates: readonly number[] = [1e-2, 1e-3]
const fallbackRate = 1e-1
/** A rate is used when every fold is expected to have this many false matches at it: a relative error of 18 %. */
const minFalseMatches = 30

/** The criterion in words. */
export function criterionAt (rates: readonly number[]): string {
  return rates.length === 0
    ? 'mean cosine of translated and true target template of the same image'
    : `mean TMR on different images at FMR ${rates.join(', ')}, identities weighing the same`
}

/**
 * The rates of the criterion that every fold supports; none when some fold has no mated comparisons.
 * @param apart whether the two sides of a row are two images, which are mated
 */
export function supportedRates (
  identities: IdentityIndex,
  folds: readonly number[][],
  apart: boolean,
  wanted: readonly number[] = criterionRates
): number[] {
  let fewest = Infinity
  for (const rows of folds) {
    const sizes = new Map<number, number>()
    for (const row of rows) sizes.set(identities.ofRow[row]!, (sizes.get(identities.ofRow[row]!) ?? 0) + 1)
    const same = [...sizes.values()].reduce((sum, size) => sum + size * size, 0)
    if (same === rows.length && !apart) return []
    fewest = Math.min(fewest, rows.length * rows.length - same)
  }
  const supported = (rate: number) => rate * fewest >= minFalseMatches
  const rates = wanted.filter(supported)
  return rates.length > 0 ? rates : [fallbackRate].filter(supported)
}

/**
 * As `meanTrueMatchRate`, for many probes and references of the same identities.
 * @param ownImage as `ScoredRows` has it
 */
export function createCriterion (
  identity: Int32Array,
  rates: readonly number[],
  products: Products,
  ownImage?: Int32Array
): (probes: TemplateMatrix, references: TemplateMatrix) => Promise<number> {
  const within = comparisonsWithin(identity, ownImage)
  const total = identity.length ** 2 - within.positions.length
  // One more than the highest rate allows, which is rounded, plus those within identities, which may be the largest of
  // all.
  const enough = Math.ceil(Math.max(...rates) * total) + 1 + within.positions.length
  const nonMated = new HistogramBuilder()
  return async (probes, references) => {
    const { picked, large, from } = await products.largeElements(probes, references, within.positions, enough)
    nonMated.addRange(large, 0, large.length)
    for (const score of picked) if (score >= from) nonMated.add(score, -1)
    const mated = { scores: picked.subarray(0, within.mated.length), identity: within.mated }
    const { perIdentity } = trueMatchRates({ mated }, thresholdsAt({ ...nonMated.finish(), total }, rates))
    return mean(perIdentity.map(values => mean(values)))
  }
}

/**
 * The criterion, see `select`: the mean over the rates of the TMR on different images, identities weighing the same. It
 * equals what `compare`, `thresholdsAt` and `trueMatchRates` give, to the last bit, without computing the other parts
 * of a card.
 *
 * @param probes (n, d), normalised rows
 * @param references (n, d), normalised rows; row i of both is the same image
 * @param identity (n)
 * @param rates of false matches
 */
export async function meanTrueMatchRate (
  probes: TemplateMatrix,
  references: TemplateMatrix,
  identity: Int32Array,
  rates: readonly number[],
  products: Products
): Promise<number> {
  return await createCriterion(identity, rates, products)(probes, references)
}

/**
 * Mean cosine of corresponding rows.
 * @param a (n, d), normalised rows
 * @param b (n, d), normalised rows
 */
export function meanCosine (a: TemplateMatrix, b: TemplateMatrix): number {
  if (a.rows !== b.rows || a.cols !== b.cols || a.rows === 0) {
    throw new RangeError(
      `expected two matrices of one shape with rows, received ${a.rows} x ${a.cols} and ${b.rows} x ${b.cols}`
    )
  }
  return dot(a.data, b.data) / a.rows
}

/**
 * Positions in the matrix of scores at which an identity meets itself: first the mated comparisons, with their
 * identities, then every image with itself.
 */
function comparisonsWithin (
  identity: Int32Array,
  ownImage: Int32Array = identity.map((_, i) => i)
): { positions: Int32Array, mated: Int32Array } {
  const n = identity.length
  const positions: number[] = []
  const mated: number[] = []
  for (const [who, rows] of rowsByIdentity(identity)) {
    for (const i of rows) {
      for (const j of rows) {
        if (j === ownImage[i]) continue
        positions.push(i * n + j)
        mated.push(who)
      }
    }
  }
  ownImage.forEach((j, i) => {
    if (j !== -1) positions.push(i * n + j)
  })
  return { positions: Int32Array.from(positions), mated: Int32Array.from(mated) }
}
