import { dot } from '../../science/linear-algebra/sums.js'
import type { TemplateMatrix } from '../../science/linear-algebra/matrix.js'
import { disclosedScore, rateFor, type Disclosure } from '../../science/scores/disclosure.js'
import {
  type DecisionThreshold,
  lowestSupportedRate,
  thresholdAt,
  unsupported
} from '../../science/scores/calibration.js'
import type { Measures } from '../../platform/measures.js'
import type { Catalogue, KnownSpace, StoredCalibration, StoredMap } from '../catalogue/index.js'
import type { CalibratedBy, ComparedIn } from './comparison-places.js'
import { comparingOf } from './comparing.js'
import { Problem } from '../../errors.js'
import type { EmbedLargest, LargestFace, QualityLimits } from '../embeddings/index.js'
import type { Translator } from '../translations/index.js'

export type Side =
  | { readonly space: KnownSpace, readonly vector: Float32Array }
  | {
    readonly image: Uint8Array
    readonly model?: string | undefined
    readonly aligned: boolean
    readonly minQuality?: QualityLimits | undefined
    readonly signal?: AbortSignal
  }

export interface Verification extends DecisionThreshold {
  /** null when there is no threshold to decide by */
  readonly decision: 'match' | 'non-match' | null
  /** of the two templates in the comparison space; null when the caller may not know it */
  readonly score: number | null
  /** the false match rate of the decision */
  readonly fmr: number
  /** natural-log likelihood ratio of the disclosed score; null when the calibration has none */
  readonly logLikelihoodRatio: number | null
  /** of the images; undefined for a side that is a template */
  readonly faces: { readonly probe: LargestFace | undefined, readonly reference: LargestFace | undefined }
  /** models of the two templates that were compared */
  readonly probe: KnownSpace
  readonly reference: KnownSpace
  readonly comparisonSpace: ComparedIn
  /** the map that the comparison space came with; none when both templates are of one space */
  readonly map: StoredMap | undefined
  /**
   * the map whose held-out identities the threshold comes from, or that an own calibration is of; none when no active
   * map touches the one space of both
   */
  readonly calibration: {
    readonly map: StoredMap
    readonly own: StoredCalibration | undefined
    readonly nonMatedComparisons: number
    readonly lowestFmr: number | null
  } | undefined
}

export interface VerificationOptions {
  /** false match rate */
  readonly fmr: number
  /** Admits the comparison of two models, or throws the reason why the caller may not. */
  readonly admit: (probe: string, references: readonly string[]) => Promise<void>
  readonly disclosure: Disclosure
}

/**
 * Decides whether probe and reference are of the same person, at a false match rate.
 *
 * Templates of one space are compared there. Templates of two are compared in the space that was chosen when an active
 * map between them was fitted, see `selectComparison`, or in its target space where none could be chosen. Where maps
 * lead both ways, the map that came with such a space, or had the higher TMR on its held-out identities, decides. The
 * threshold comes from the non-mated comparisons of those identities, see `thresholdAt`. For one space any active map
 * from or to it gives a threshold; without one there is only the score.
 *
 * A caller that may not know exact scores gets no decision at a rate above `highestHiddenRate`, and nothing else
 * derived from the score.
 *
 * @throws Problem `map-missing`, `map-retired` when that happens meanwhile, what `admit` throws, and the problems of
 *   the image
 */
export function createVerification (
  catalogue: Catalogue,
  embed: EmbedLargest,
  translator: Translator,
  defaultModel: string,
  { scored }: Pick<Measures, 'scored'>
) {
  return async function verify (
    sides: { probe: Side, reference: Side },
    { fmr: requested, admit, disclosure }: VerificationOptions
  ): Promise<Verification> {
    const models = [modelOf(sides.probe, sides.reference), modelOf(sides.reference, sides.probe)] as const
    await admit(models[0], [models[1]])
    const fmr = rateFor(disclosure, requested)
    const [probe, reference] = await Promise.all([
      templateOf(sides.probe, models[0], 'probe'),
      templateOf(sides.reference, models[1], 'reference')
    ])
    const { comparedIn, map, calibration, project } = await comparingOf(
      { catalogue, translator },
      probe.space,
      reference.space,
      fmr
    )
    // Within one space in double precision, so that a template and its copy score 1 and not next to it.
    return decide(
      map === undefined ? cosine(probe.vector, reference.vector) : await projectedScore(),
      calibration,
      map,
      comparedIn
    )

    async function projectedScore (): Promise<number> {
      const [a, b] = await Promise.all([
        project('probe', rowOf(probe.vector)),
        project('reference', rowOf(reference.vector))
      ])
      return dot(a.data, b.data)
    }

    function decide (
      score: number,
      calibration: CalibratedBy | undefined,
      map: StoredMap | undefined,
      comparisonSpace: ComparedIn
    ): Verification {
      catalogue.confirm([map, calibration?.map])
      scored({ probe: probe.space.model, reference: reference.space.model }, score)
      const found = calibration === undefined ? unsupported : thresholdAt(calibration.comparisons, fmr)
      const likelihoodRatio = calibration?.comparisons.likelihoodRatio
      const disclosed = disclosedScore(disclosure, score, found.threshold)
      return {
        decision: found.threshold === null ? null : score >= found.threshold ? 'match' : 'non-match',
        score: disclosed,
        ...found,
        threshold: disclosure === 'none' ? null : found.threshold,
        fmr,
        faces: { probe: probe.face, reference: reference.face },
        logLikelihoodRatio: likelihoodRatio === undefined || disclosed === null
          ? null
          : likelihoodRatio.slope * disclosed + likelihoodRatio.offset,
        probe: probe.space,
        reference: reference.space,
        comparisonSpace,
        map,
        calibration: calibration && {
          map: calibration.map,
          own: calibration.calibration,
          nonMatedComparisons: calibration.comparisons.nonMatedComparisons,
          lowestFmr: lowestSupportedRate(calibration.comparisons)
        }
      }
    }
  }

  /** An image takes the model of the other side where that can embed, so that no map is needed. */
  function modelOf (side: Side, other: Side): string {
    if ('space' in side) return side.space.model
    return side.model ?? ('space' in other && other.space.canEmbed ? other.space.model : defaultModel)
  }

  async function templateOf (side: Side, model: string, where: string): Promise<Template> {
    if ('space' in side) return { ...side, face: undefined }
    const { image, aligned, minQuality, signal } = side
    const face = await embed({ image, models: [model], aligned, minQuality, flagOnly: true, signal })
      .catch((error: unknown) => {
        throw error instanceof Problem ? ofSide(where, error) : error
      })
    return { ...face.templates[0]!, face }
  }
}

interface Template {
  space: KnownSpace
  vector: Float32Array
  /** of an image */
  face: LargestFace | undefined
}

/** The problem of an image, told of the side whose image it is. */
function ofSide (where: string, problem: Problem): Problem {
  return problem.detail.startsWith('image: ')
    ? new Problem(problem.code, problem.detail.replace(/^image/, where), problem.extensions, { cause: problem })
    : problem
}

function rowOf (vector: Float32Array): TemplateMatrix {
  return { rows: 1, cols: vector.length, data: vector }
}

function cosine (a: Float32Array, b: Float32Array): number {
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b))
}
