import { prepare, translate } from '../../src/science/alignment/apply.js'
import { rowsByIdentity } from '../../src/science/linear-algebra/identities.js'
import { selectRows, type Products, type TemplateMatrix } from '../../src/science/linear-algebra/matrix.js'
import { thresholdAtFalsePositiveRate } from '../../src/science/scores/gallery-searches.js'
import { squaredDistances, whiteningOf } from '../../src/science/guard/mahalanobis.js'
import { reEnrolmentCurve, type ReEnrolmentCurve } from '../../src/science/scores/re-enrolment.js'
import { translationUncertainty } from '../../src/science/cards/translation-uncertainty.js'
import { innerProduct } from '../../src/features/galleries/search/inner-product.js'
import type { LabelledSet } from '../report/labelled-set.js'
import type { FittedDirection } from './fitted-pair.js'
import { planGallery, searchPlan, type GalleryPlan } from './gallery-trial.js'
import { fpir } from './identification-figures.js'

export const fractions = [0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75] as const

/** What re-enrolling the most uncertain subjects gains in a translated gallery. */
export interface ReEnrolmentFigures {
  readonly source: string
  readonly target: string
  /** share of mated searches at the threshold for the FPIR, and of those whose subject scores best */
  readonly identified: ReEnrolmentCurve
  readonly rank1: ReEnrolmentCurve
}

/**
 * @param direction a map of the source into the target, with what it was fitted with
 */
export async function reEnrolmentFigures (
  { map, profile }: Pick<FittedDirection, 'map' | 'profile'>,
  [source, target]: readonly [string, string],
  tested: LabelledSet,
  products: Products
): Promise<ReEnrolmentFigures> {
  const plan = planGallery(tested.identities.ofRow)
  const native = tested.of(target)
  const [migrated, reEnrolled] = [
    await successes(native, await translate(prepare(map), tested.of(source), products)),
    await successes(native, native)
  ]
  const rows = [...migrated.keys()]
  const uncertainty = translationUncertainty(
    await squaredDistances(whiteningOf(profile), selectRows(tested.of(source), rows), products),
    profile.mean.length
  )
  const curve = (of: 'identified' | 'rank1') =>
    reEnrolmentCurve({
      uncertainty,
      translated: rows.map(row => migrated.get(row)![of]),
      native: rows.map(row => reEnrolled.get(row)![of]),
      weights: rows.map(row => migrated.get(row)!.weight)
    }, fractions)
  return { source, target, identified: curve('identified'), rank1: curve('rank1') }

  /**
   * Every image of a subject with several is its reference in turn, the others its probes: by row of the reference the
   * share of them that succeed. Threshold and strangers are those of the gallery that holds the first images.
   */
  async function successes (probes: TemplateMatrix, templates: TemplateMatrix): Promise<Map<number, Success>> {
    const { others } = await searchPlan(plan, probes, templates, products)
    const threshold = thresholdAtFalsePositiveRate(others, plan.strangerWeights, fpir)
    return successesOf(probes, templates, others, threshold, plan)
  }
}

interface Success {
  readonly identified: number
  readonly rank1: number
  readonly weight: number
}

function successesOf (
  probes: TemplateMatrix,
  templates: TemplateMatrix,
  others: Float32Array,
  threshold: number,
  { subject }: GalleryPlan
): Map<number, Success> {
  const found = new Map<number, Success>()
  for (const rows of rowsByIdentity(subject).values()) {
    if (rows.length < 2) continue
    for (const reference of rows) {
      let [identified, rank1] = [0, 0]
      for (const probe of rows) {
        if (probe === reference) continue
        const score = innerProduct(
          probes.data,
          probe * probes.cols,
          templates.data,
          reference * templates.cols,
          probes.cols
        )
        if (score >= threshold) identified++
        if (score > others[probe]!) rank1++
      }
      found.set(reference, {
        identified: identified / (rows.length - 1),
        rank1: rank1 / (rows.length - 1),
        weight: 1 / rows.length
      })
    }
  }
  return found
}
