import { memoised } from '../../memoised.js'
import { describe as describeEstimator, estimate, type Estimator } from './candidates.js'
import {
  centredSide,
  nativeSide,
  normalisationOf,
  project,
  type ComparisonSide,
  type ComparisonSpace
} from './comparison-space.js'
import { trace, type Matrix, type Products, type TemplateMatrix } from '../linear-algebra/matrix.js'
import { prepare } from './apply.js'
import { shared, type JointCovariance, type SharedSpace } from '../linear-algebra/canonical-correlation.js'
import { toAffineMap, type CentredMoments, type MutualMoments } from './statistics.js'
import { whitening } from '../linear-algebra/whitening.js'

/** One way to compare templates of two models. */
export interface ComparisonSpec {
  /** the native space of the target or the source, or a shared space that both sides are mapped to */
  readonly kind: 'target' | 'source' | 'shared'
  /** of the map into the native space; null for `shared` */
  readonly estimator: Estimator | null
  /** shrinkage of the whitening, see `whitening`; null without */
  readonly shrinkage: number | null
  /** of the target's side of a shared space, where it differs */
  readonly targetShrinkage?: number
  /** of the constant coordinate, in units of the projections' root mean square length; see `centredSide` */
  readonly offset: number
  readonly normalisation: 'none' | 'cohort'
}

const native = (estimator: Estimator): ComparisonSpec[] =>
  (['target', 'source'] as const).map(kind => ({ kind, estimator, shrinkage: null, offset: 0, normalisation: 'none' }))

const whitenedBy = (estimator: Estimator, shrinkage: number, offset: number): ComparisonSpec[] =>
  (['target', 'source'] as const).map(kind => ({ kind, estimator, shrinkage, offset, normalisation: 'none' }))

const whitened = (shrinkage: number, offset: number): ComparisonSpec[] =>
  whitenedBy({ method: 'ridge', lambda: 0.1 }, shrinkage, offset)

const joint = (shrinkage: number, offset: number, normalisation: 'none' | 'cohort' = 'none'): ComparisonSpec => ({
  kind: 'shared',
  estimator: null,
  shrinkage,
  offset,
  normalisation
})

/** A shared space that shrinks the two sides differently. */
const bySide = (shrinkage: number, targetShrinkage: number): ComparisonSpec => ({
  ...joint(shrinkage, 0.5),
  targetShrinkage
})

/**
 * The candidates of cross-validation, in the order in which ties are broken. The first was the best, or nearly, for all
 * pairs of models between CelebA and LFW in both directions, so any other choice has to be better by more than a
 * standard error. Then come those that shrink one side less: an anisotropic space gains from it, an isotropic one
 * loses. The rest go from the simplest to the most involved; shrinkages are half a decade apart.
 *
 * Offset 0 is the cosine, 1 halfway to a distance. Cross-validation within one data set is indifferent between 0 and
 * 0.7, since it sees no shift of the mean. Between CelebA and LFW, for six pairs of models, 0.7 was better by up to
 * 0.061 and never worse by more than 0.005, and 1.5 better still where both spaces are anisotropic; so 0 is not tried.
 * Two more ideas were rejected: weighting by the square root of the canonical correlations, which was no better on LFW,
 * and whitening by the covariance within identities, which was far worse there. Candidates of one estimator, or one
 * shrinkage, share its factorisations.
 */
export const comparisonCandidates: readonly ComparisonSpec[] = [
  joint(0.3, 0.5),
  bySide(0.1, 0.3),
  bySide(0.3, 0.1),
  ...native({ method: 'procrustes', lambda: null }),
  ...[0.1, 1e-3].flatMap(lambda => native({ method: 'ridge', lambda })),
  ...[0.6, 0.1].map(shrinkage => joint(shrinkage, 0.5)),
  ...[0.3, 0.1].map(shrinkage => joint(shrinkage, 1.5)),
  ...whitened(0.3, 0.5),
  joint(0.3, 0, 'cohort')
]

/**
 * The candidates for pairs of other images: a hundred people determine little, so that shrinkages reach to the sphere.
 * Scores are not normalised by the cohort, which is what is scarce.
 */
export const apartCandidates: readonly ComparisonSpec[] = [
  ...[0.6, 0.8, 0.9, 0.95, 0.3, 0.1].map(shrinkage => joint(shrinkage, 0.5)),
  ...[0.9, 0.6].map(shrinkage => joint(shrinkage, 1.5)),
  ...native({ method: 'procrustes', lambda: null }),
  ...[0.6, 0.3].flatMap(shrinkage => whitenedBy({ method: 'procrustes', lambda: null }, shrinkage, 0.5)),
  ...[1, 0.1].flatMap(lambda => native({ method: 'ridge', lambda })),
  ...[0.6, 0.3].flatMap(shrinkage => whitened(shrinkage, 0.5))
]

/** A candidate in words. */
export function describeComparison (
  { kind, estimator, shrinkage, targetShrinkage, offset, normalisation }: ComparisonSpec
): string {
  const parts = [`${kind} space`]
  if (estimator !== null) parts.push(`by ${describeEstimator(estimator)}`)
  if (targetShrinkage !== undefined) {
    parts.push(`whitened with shrinkage ${shrinkage} of the source, ${targetShrinkage} of the target`)
  } else if (shrinkage !== null) parts.push(`whitened with shrinkage ${shrinkage}`)
  if (offset !== 0) parts.push(`offset ${offset}`)
  if (normalisation === 'cohort') parts.push('scores normalised by the cohort')
  return parts.join(', ')
}

/** The normalised training templates of both sides: the cohort of a score normalisation. */
export interface Cohort {
  readonly source: TemplateMatrix
  readonly target: TemplateMatrix
}

/**
 * Fits comparison spaces on one set of pairs. Factorisations are kept for later candidates.
 *
 * @param cohort called when a candidate normalises its scores
 */
export function createComparisonFitter (moments: MutualMoments, cohort: () => Cohort, products: Products) {
  const { forward, backward } = moments
  const covariance: JointCovariance = { source: forward.gram, target: backward.gram, cross: forward.cross }
  const sharedSpaces = new Map<string, Promise<SharedSpace>>() // by shrinkages
  const estimates = new Map<string, Promise<Matrix | undefined>>() // by kind and estimator
  const whiteners = new Map<string, Promise<Matrix>>() // by kind and shrinkage

  return async function fit (spec: ComparisonSpec): Promise<ComparisonSpace> {
    const plain = { ...await sides(spec), normalisation: null }
    if (spec.normalisation === 'none') return plain
    const { source, target } = cohort()
    return {
      ...plain,
      normalisation: await normalisationOf(
        await project(plain, 'source', source, products),
        await project(plain, 'target', target, products),
        products
      )
    }
  }

  async function sides (spec: ComparisonSpec): Promise<{ source: ComparisonSide, target: ComparisonSide }> {
    if (spec.kind === 'shared') {
      const shrinkages = { source: spec.shrinkage!, target: spec.targetShrinkage ?? spec.shrinkage! }
      const space = await memoised(
        sharedSpaces,
        `${shrinkages.source} ${shrinkages.target}`,
        () => shared(covariance, shrinkages, products)
      )
      return {
        source: await centred(forward, space.source, spec.offset),
        target: await centred(backward, space.target, spec.offset)
      }
    }
    const [away, home] = spec.kind === 'target' ? [forward, backward] : [backward, forward]
    const weights = await memoised(
      estimates,
      `${spec.kind} ${JSON.stringify(spec.estimator)}`,
      () => estimate(spec.estimator!, away, products)
    )
    if (weights === undefined) {
      throw new RangeError(
        `expected pairs that determine ${describeEstimator(spec.estimator!)}, received dependent ones`
      )
    }
    const [moved, stayed] = spec.shrinkage === null
      ? [prepare(toAffineMap(away, weights)), nativeSide(weights.cols)]
      : await whitenedSides(weights, spec.shrinkage)
    return spec.kind === 'target' ? { source: moved, target: stayed } : { source: stayed, target: moved }

    async function whitenedSides (weights: Matrix, shrinkage: number): Promise<[ComparisonSide, ComparisonSide]> {
      const P = await memoised(whiteners, `${spec.kind} ${shrinkage}`, () => whitening(home.gram, shrinkage, products))
      return [
        await centred(away, await products.multiply(weights, P), spec.offset),
        await centred(home, P, spec.offset)
      ]
    }
  }

  /** The offset is relative to the root mean square of the projections, `sqrt(tr(Wt C W))`, which scaling makes 1. */
  async function centred (side: CentredMoments, weights: Matrix, offset: number): Promise<ComparisonSide> {
    const spread = await products.multiply(weights, await products.multiply(side.gram, weights), { transposeA: true })
    const scale = 1 / Math.sqrt(trace(spread) / side.pairs)
    return centredSide(side.meanSource, { ...weights, data: weights.data.map(value => value * scale) }, offset)
  }
}
