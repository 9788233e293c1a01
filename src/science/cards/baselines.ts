import { closed, nullable } from '../schemas.js'
import { Type, type Static } from 'typebox'
import type { AffineMap } from '../alignment/affine-map.js'
import { prepare, translate } from '../alignment/apply.js'
import { toSingle, type Matrix, type Products, type TemplateMatrix } from '../linear-algebra/matrix.js'
import { normaliseRowsInPlace } from '../linear-algebra/normalise.js'
import { padded, paperMap, UndeterminedMap } from '../alignment/paper-baselines.js'
import { polarFactor } from '../linear-algebra/polar.js'
import { createRandom } from '../linear-algebra/random.js'
import { aboutOrigin, type PairStatistics } from '../alignment/statistics.js'
import { compareParts, type ComparedSides } from '../scores/comparisons.js'
import { comparedRows, type Trial } from './evaluate.js'
import { measure, Metrics } from '../scores/metrics.js'

const names = [
  'map',
  'sourceAlone',
  'targetAlone',
  'sourceAboutMean',
  'targetAboutMean',
  'unaligned',
  'randomRotation',
  'paperProcrustes',
  'paperLinear',
  'paperRidge'
] as const
export type BaselineName = typeof names[number]

const Baseline = Type.Object({
  name: Type.Unsafe<BaselineName>({
    type: 'string',
    enum: [...names],
    description:
      '`map`: the map of this card. `sourceAlone`, `targetAlone`: one model against itself, by the plain cosine, as it is used. ' +
      '`sourceAboutMean`, `targetAboutMean`: the same by the cosine about the mean of the training templates, the ' +
      'convention of the paper; absent from older cards. `unaligned`: ' +
      'no map, the shorter side padded with zeros. `randomRotation`: a random semi-orthogonal map. ' +
      '`paperProcrustes`, `paperLinear`, `paperRidge`: the methods of arXiv 2604.07282, ridge with a penalty of ' +
      '0.1, without intercept, the shorter side padded with zeros, fitted on the same training pairs'
  }),
  metrics: nullable(Metrics, 'Null when there is no such map'),
  reason: nullable(Type.String(), 'Why there is none')
}, closed)
type Baseline = Static<typeof Baseline>

export const Baselines = Type.Object({
  pairs: Type.Integer({
    minimum: 0,
    description: 'Held-out pairs that every row of this table was measured on; fewer than those of `evaluation` when ' +
      'these are many'
  }),
  rows: Type.Array(Baseline)
}, { ...closed, description: 'What the map has to be compared with, on the same held-out pairs' })
export type Baselines = Static<typeof Baselines>

/** Rows that are known already, measured on the same held-out pairs. */
export type KnownMetrics = Readonly<Record<'map' | 'sourceAlone' | 'targetAlone' | 'unaligned', Metrics>>

/** A trial, and the statistics of the pairs that its map was fitted on. */
export interface BaselineTrial extends Trial {
  readonly statistics: () => PairStatistics
}

/**
 * Measures a map beside its baselines, within the trials and pooled. The paper's maps are fitted for each trial on the
 * pairs that its map was fitted on.
 *
 * @param trials at least one
 * @param known the first four rows, when they were measured on these held-out pairs already
 * @param seed of the random rotation and the bootstraps
 */
export async function measureBaselines (
  trials: readonly BaselineTrial[],
  known: KnownMetrics | undefined,
  seed: number,
  products: Products
): Promise<Baselines> {
  const measured = async (
    sidesOf: (trial: BaselineTrial) => Promise<Omit<ComparedSides, 'identity'>>,
    withinSpace = false
  ): Promise<Metrics> => {
    const parts: ComparedSides[] = []
    for (const trial of trials) {
      const { other, identity } = comparedRows(trial.heldOut)
      parts.push({ ...await sidesOf(trial), identity, ...(withinSpace || other === undefined ? {} : { other }) })
    }
    return measure(await compareParts(parts, products), seed, withinSpace)
  }
  const mapped = async (mapOf: (trial: BaselineTrial) => AffineMap | Promise<AffineMap>): Promise<Metrics> =>
    await measured(async trial => {
      const probes = await translate(prepare(await mapOf(trial)), trial.heldOut.source, products)
      return { probes, references: padded(trial.heldOut.target, probes.cols) }
    })
  const alone = async (side: 'source' | 'target') =>
    await measured(async ({ heldOut }) => ({ probes: heldOut[side], references: undefined }), true)
  const aboutMean = async (side: 'source' | 'target') =>
    await measured(
      async ({ heldOut, statistics }) => ({
        probes: about(meansOf(statistics())[side], heldOut[side]),
        references: undefined
      }),
      true
    )
  const unaligned = async () =>
    await measured(async ({ heldOut: { source, target } }) => {
      const dimension = Math.max(source.cols, target.cols)
      return { probes: padded(source, dimension), references: padded(target, dimension) }
    })

  const rows: Baseline[] = []
  const add = (name: BaselineName, metrics: Metrics) => rows.push({ name, metrics: summaryOf(metrics), reason: null })
  add('map', known?.map ?? await mapped(({ map }) => map))
  add('sourceAlone', known?.sourceAlone ?? await alone('source'))
  add('targetAlone', known?.targetAlone ?? await alone('target'))
  add('sourceAboutMean', await aboutMean('source'))
  add('targetAboutMean', await aboutMean('target'))
  add('unaligned', known?.unaligned ?? await unaligned())
  const { source, target } = trials[0]!.heldOut
  const rotation = withoutIntercept(await randomRotation(source.cols, target.cols, seed, products))
  add('randomRotation', await mapped(() => rotation))

  for (
    const [name, method] of [
      ['paperProcrustes', 'procrustes'],
      ['paperLinear', 'linear'],
      ['paperRidge', 'ridge']
    ] as const
  ) {
    try {
      add(name, await mapped(({ statistics }) => paperMap(method, aboutOrigin(statistics()), products)))
    } catch (error) {
      if (!(error instanceof UndeterminedMap)) throw error
      rows.push({ name, metrics: null, reason: `the training pairs do not determine this map: ${error.message}` })
    }
  }
  return { pairs: trials.reduce((sum, { heldOut }) => sum + heldOut.source.rows, 0), rows }
}

/** Metrics without the details that the card has elsewhere. */
function summaryOf (metrics: Metrics): Metrics {
  const {
    nonMatedComparisons,
    matedComparisons,
    matedIdentities,
    operatingPoints,
    eer,
    rank1,
    rank1SameImage
  } = metrics
  return { nonMatedComparisons, matedComparisons, matedIdentities, operatingPoints, eer, rank1, rank1SameImage }
}

/**
 * A uniformly random semi-orthogonal matrix: the polar factor of a matrix of normal variates has the Haar distribution
 * (Chikuse, Statistics on Special Manifolds, 2003, theorem 2.2.1).
 * @returns (rows, cols)
 */
export async function randomRotation (rows: number, cols: number, seed: number, products: Products): Promise<Matrix> {
  const random = createRandom(seed)
  // Box and Muller.
  const normal = () => Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next())
  return await polarFactor({ rows, cols, data: Float64Array.from({ length: rows * cols }, normal) }, products)
}

function meansOf ({ pairs, originSource, originTarget, sumSource, sumTarget }: PairStatistics) {
  return {
    source: originSource.map((value, j) => value + sumSource[j]! / pairs),
    target: originTarget.map((value, j) => value + sumTarget[j]! / pairs)
  }
}

/** The rows less a mean, normalised. */
function about (mean: Float64Array, { rows, cols, data }: TemplateMatrix): TemplateMatrix {
  const moved = { rows, cols, data: new Float32Array(data) }
  normaliseRowsInPlace(moved, Float32Array.from(mean, value => -value))
  return moved
}

function withoutIntercept (weights: Matrix): AffineMap {
  return {
    weights: toSingle(weights),
    meanSource: new Float32Array(weights.rows),
    meanTarget: new Float32Array(weights.cols)
  }
}
