import { rowsByIdentity } from '../../src/science/linear-algebra/identities.js'
import { selectRows, type Products, type TemplateMatrix } from '../../src/science/linear-algebra/matrix.js'
import {
  falsePositiveRate,
  searchGallery,
  thresholdAtFalsePositiveRate,
  type GallerySearches
} from '../../src/science/scores/gallery-searches.js'

/** Who is enrolled, and who searches: one image of each identity is the gallery, and every image is a probe. */
export interface GalleryPlan {
  /** row of the reference of each subject */
  readonly references: readonly number[]
  /** (n), subject of each row */
  readonly subject: Int32Array
  /**
   * (n), of a search by a stranger, which every image is once its own subject is taken out: identities weigh the same,
   * sum 1
   */
  readonly strangerWeights: Float64Array
  /** (n), of a mated search: 0 for references and for identities with one image; identities weigh the same, sum 1 */
  readonly matedWeights: Float64Array
}

/** @param identity (n), of each row; the first row of each is its reference */
export function planGallery (identity: Int32Array): GalleryPlan {
  const groups = [...rowsByIdentity(identity).values()]
  const subject = new Int32Array(identity.length)
  const strangerWeights = new Float64Array(identity.length)
  const matedWeights = new Float64Array(identity.length)
  const searched = groups.filter(rows => rows.length > 1).length
  for (const [index, rows] of groups.entries()) {
    for (const [k, row] of rows.entries()) {
      subject[row] = index
      strangerWeights[row] = 1 / rows.length / groups.length
      matedWeights[row] = k === 0 ? 0 : 1 / (rows.length - 1) / searched
    }
  }
  return { references: groups.map(([first]) => first!), subject, strangerWeights, matedWeights }
}

export interface GalleryFigures {
  /** share of the mated searches whose own subject scores best, ties counting against it */
  readonly rank1: number
  /** share of the mated searches whose own subject scores below the threshold of the FPIR */
  readonly fnir: number
}

/**
 * Searches the gallery with every row of the probes.
 * @param probes (n, d), rows of the plan, such that inner products with references are comparison scores
 * @param templates (n, d), of which the plan's references are taken
 */
export async function searchPlan (
  plan: GalleryPlan,
  probes: TemplateMatrix,
  templates: TemplateMatrix,
  products: Products
): Promise<GallerySearches> {
  return await searchGallery(probes, selectRows(templates, plan.references), plan.subject, products)
}

/**
 * Rates at the threshold that these searches themselves have at the FPIR: what discrimination allows, however
 * calibrated.
 */
export function figuresOf (
  { mated, others }: GallerySearches,
  { strangerWeights, matedWeights }: GalleryPlan,
  fpir: number
): GalleryFigures {
  const threshold = thresholdAtFalsePositiveRate(others, strangerWeights, fpir)
  let [rank1, identified] = [0, 0]
  for (let i = 0; i < mated.length; i++) {
    if (mated[i]! > others[i]!) rank1 += matedWeights[i]!
    if (mated[i]! >= threshold) identified += matedWeights[i]!
  }
  return { rank1, fnir: Math.max(0, 1 - identified) }
}

/** FPIR and FNIR at a given threshold. */
export function ratesAt (
  { mated, others }: GallerySearches,
  { strangerWeights, matedWeights }: GalleryPlan,
  threshold: number
): { fpir: number, fnir: number } {
  return {
    fpir: falsePositiveRate(others, strangerWeights, threshold),
    fnir: Math.max(0, 1 - falsePositiveRate(mated, matedWeights, threshold))
  }
}
