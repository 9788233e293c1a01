import { cosine, dot } from '../../science/linear-algebra/sums.js'
import type { TemplateMatrix } from '../../science/linear-algebra/matrix.js'
import { disclosedScore, rateFor, type Disclosure } from '../../science/scores/disclosure.js'
import {
  type Calibration,
  type DecisionThreshold,
  lowestSupportedRate,
  thresholdAt,
  unsupported
} from '../../science/scores/calibration.js'
import type { Measures } from '../../platform/measures.js'
import type { Catalogue, KnownSpace, StoredCalibration, StoredEnsemble, StoredMap } from '../catalogue/index.js'
import type { ComparedIn } from './comparison-places.js'
import { comparingOf } from './comparing.js'
import type { ScoreDrift } from './score-drift.js'
import { fusedIn, fusingOf, type FusedPart } from './fusing.js'
import { Problem } from '../../errors.js'
import type { EmbedLargest, LargestFace, QualityLimits } from '../embeddings/index.js'
import type { Translator } from '../translations/index.js'

interface SideTemplate {
  readonly space: KnownSpace
  readonly vector: Float32Array
}

export type Side =
  | SideTemplate
  /** at least one, of different models */
  | { readonly templates: readonly SideTemplate[] }
  | {
    readonly image: Uint8Array
    /** to embed it with; several make one template each */
    readonly models?: readonly string[] | undefined
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
  /** models of the two templates that were compared; the first of several */
  readonly probe: KnownSpace
  readonly reference: KnownSpace
  /** by which several templates were compared together; undefined for one a side */
  readonly ensemble?: FusedBy | undefined
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

/** An ensemble, and what it took from each part. */
interface FusedBy {
  readonly ensemble: StoredEnsemble
  readonly parts: readonly (Omit<FusedPart, 'project' | 'dimension'> & {
    /** null when the caller may not know it */
    readonly score: number | null
  })[]
  readonly nonMatedComparisons: number
  readonly lowestFmr: number | null
}

export interface VerificationOptions {
  /** false match rate */
  readonly fmr: number
  /** Admits the comparison of two models, or throws the reason why the caller may not. */
  readonly admit: (probe: string, references: readonly string[]) => Promise<void>
  readonly disclosure: Disclosure
  /** id of the ensemble for several templates a side, see `fusingOf` */
  readonly ensemble?: string | undefined
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
 * @param drift learns of scores, to notice that they are no longer those of the calibration
 *
 * @throws Problem `map-missing`, `map-retired` when that happens meanwhile, what `admit` throws, and the problems of
 *   the image
 */
export function createVerification (
  catalogue: Catalogue,
  embed: EmbedLargest,
  translator: Translator,
  defaultModel: string,
  { scored }: Pick<Measures, 'scored'>,
  drift: Pick<ScoreDrift, 'compared'>
) {
  return async function verify (
    sides: { probe: Side, reference: Side },
    options: VerificationOptions
  ): Promise<Verification> {
    const { fmr: requested, admit, disclosure } = options
    const models = [modelsFor(sides.probe, sides.reference), modelsFor(sides.reference, sides.probe)] as const
    for (const model of models[0]) await admit(model, models[1])
    const fmr = rateFor(disclosure, requested)
    const [probes, references] = await Promise.all([
      templatesOf(sides.probe, models[0], 'probe'),
      templatesOf(sides.reference, models[1], 'reference')
    ])
    return probes.length === 1 && references.length === 1
      ? await verifyPair(probes[0]!, references[0]!, { ...options, fmr })
      : await verifyFused(probes, references, { ...options, fmr })
  }

  async function verifyPair (
    probe: Template,
    reference: Template,
    { fmr, disclosure }: VerificationOptions
  ): Promise<Verification> {
    const { comparedIn, map, calibration, project } = await comparingOf(
      { catalogue, translator },
      probe.space,
      reference.space,
      fmr
    )
    const score = await scoreOf({ map, project }, probe, reference)
    catalogue.confirm([map, calibration?.map])
    drift.compared(probe.space, reference.space, calibration, score)
    return {
      ...decide(probe, reference, score, calibration?.comparisons, fmr, disclosure),
      comparisonSpace: comparedIn,
      map,
      calibration: calibration && {
        map: calibration.map,
        own: calibration.calibration,
        nonMatedComparisons: calibration.comparisons.nonMatedComparisons,
        lowestFmr: lowestSupportedRate(calibration.comparisons)
      }
    }
  }

  /** Every template of the probe with every one of the reference, by the weights of an ensemble. */
  async function verifyFused (
    probes: readonly Template[],
    references: readonly Template[],
    { fmr, disclosure, ensemble: id }: VerificationOptions
  ): Promise<Verification> {
    const { ensemble, combination: { calibration }, parts } = await fusingOf(
      { catalogue, translator },
      probes.map(({ space }) => space),
      references.map(({ space }) => space),
      id
    )
    let fused = 0
    const scored: FusedBy['parts'][number][] = []
    for (const [k, { project, dimension: _, ...part }] of parts.entries()) {
      const [probe, reference] = [probes[Math.floor(k / references.length)]!, references[k % references.length]!]
      const score = await scoreOf({ map: part.map, project }, probe, reference)
      scored.push({ ...part, score: disclosure === 'exact' ? score : null })
      fused += part.weight * score
    }
    catalogue.confirm(parts.map(({ map }) => map))
    return {
      ...decide(probes[0]!, references[0]!, fused, calibration, fmr, disclosure),
      comparisonSpace: fusedIn(parts),
      map: undefined,
      calibration: undefined,
      ensemble: {
        ensemble,
        parts: scored,
        nonMatedComparisons: calibration.nonMatedComparisons,
        lowestFmr: lowestSupportedRate(calibration)
      }
    }
  }

  function decide (
    probe: Template,
    reference: Template,
    score: number,
    calibration: Calibration | undefined,
    fmr: number,
    disclosure: Disclosure
  ): Omit<Verification, 'comparisonSpace' | 'map' | 'calibration'> {
    scored({ probe: probe.space.model, reference: reference.space.model }, score)
    const found = calibration === undefined ? unsupported : thresholdAt(calibration, fmr)
    const likelihoodRatio = calibration?.likelihoodRatio
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
      reference: reference.space
    }
  }

  /** An image takes the model of the other side where that can embed, so that no map is needed. */
  function modelsFor (side: Side, other: Side): readonly string[] {
    const own = givenTemplates(side)
    if (own !== undefined) return own.map(({ space }) => space.model)
    if ('models' in side && side.models !== undefined) return side.models
    const shown = givenTemplates(other)?.[0]?.space
    return [shown?.canEmbed === true ? shown.model : defaultModel]
  }

  async function templatesOf (side: Side, models: readonly string[], where: string): Promise<Template[]> {
    const given = givenTemplates(side)
    if (given !== undefined) return given.map(template => ({ ...template, face: undefined }))
    const { image, aligned, minQuality, signal } = side as Extract<Side, { image: Uint8Array }>
    const face = await embed({ image, models, aligned, minQuality, flagOnly: true, signal })
      .catch((error: unknown) => {
        throw error instanceof Problem ? ofSide(where, error) : error
      })
    return face.templates.map(template => ({ ...template, face }))
  }
}

/** The templates of a side; undefined for an image. */
function givenTemplates (side: Side): readonly SideTemplate[] | undefined {
  if ('templates' in side) return side.templates
  return 'space' in side ? [side] : undefined
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

async function scoreOf (
  { map, project }: Pick<FusedPart, 'map' | 'project'>,
  probe: SideTemplate,
  reference: SideTemplate
): Promise<number> {
  // Within one space in double precision, so that a template and its copy score 1 and not next to it.
  if (map === undefined) return cosine(probe.vector, reference.vector)
  const [a, b] = await Promise.all([
    project('probe', rowOf(probe.vector)),
    project('reference', rowOf(reference.vector))
  ])
  return dot(a.data, b.data)
}

function rowOf (vector: Float32Array): TemplateMatrix {
  return { rows: 1, cols: vector.length, data: vector }
}
