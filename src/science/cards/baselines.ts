import { closed, nullable } from '../schemas.js'
import { Type, type Static } from 'typebox'
import type { AffineMap } from '../alignment/affine-map.js'
import { prepare, translate } from '../alignment/apply.js'
import { toSingle, type Matrix, type Products, type TemplateMatrix } from '../linear-algebra/matrix.js'
import { momentsAboutOrigin, padded, paperMap, UndeterminedMap } from '../alignment/paper-baselines.js'
import { polarFactor } from '../linear-algebra/polar.js'
import { createRandom } from '../linear-algebra/random.js'
import { compare } from '../scores/comparisons.js'
import type { HeldOut } from './evaluate.js'
import { measure, Metrics } from '../scores/metrics.js'

const names = [
  'map',
  'sourceAlone',
  'targetAlone',
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
    description: '`map`: the map of this card. `sourceAlone`, `targetAlone`: one model against itself. `unaligned`: ' +
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

export interface TrainingRows {
  /** (n, dSource), normalised rows */
  readonly source: TemplateMatrix
  /** (n, dTarget), normalised rows */
  readonly target: TemplateMatrix
  /** the rows that the map was fitted on */
  readonly rows: readonly number[]
}

/**
 * Measures a map beside its baselines.
 *
 * @param known the first four rows, when they were measured on these held-out pairs already
 * @param seed of the random rotation and the bootstraps
 */
export async function measureBaselines (
  map: AffineMap,
  training: TrainingRows,
  heldOut: HeldOut,
  known: KnownMetrics | undefined,
  seed: number,
  products: Products
): Promise<Baselines> {
  const { source, target, identity } = heldOut
  const across = async (probes: TemplateMatrix): Promise<Metrics> =>
    measure(await compare(probes, padded(target, probes.cols), identity, products), seed, false)
  const alone = async (side: TemplateMatrix): Promise<Metrics> =>
    measure(await compare(side, undefined, identity, products), seed, true)
  const mapped = async (fitted: AffineMap): Promise<Metrics> =>
    await across(await translate(prepare(fitted), source, products))

  const rows: Baseline[] = []
  const add = (name: BaselineName, metrics: Metrics) => rows.push({ name, metrics: summaryOf(metrics), reason: null })
  add('map', known?.map ?? await mapped(map))
  add('sourceAlone', known?.sourceAlone ?? await alone(source))
  add('targetAlone', known?.targetAlone ?? await alone(target))
  add('unaligned', known?.unaligned ?? await unalignedMetrics(heldOut, seed, products))
  add('randomRotation', await mapped(withoutIntercept(await randomRotation(source.cols, target.cols, seed, products))))

  const moments = await momentsAboutOrigin(training.source, training.target, training.rows, products)
  for (
    const [name, method] of [
      ['paperProcrustes', 'procrustes'],
      ['paperLinear', 'linear'],
      ['paperRidge', 'ridge']
    ] as const
  ) {
    try {
      add(name, await mapped(await paperMap(method, moments, products)))
    } catch (error) {
      if (!(error instanceof UndeterminedMap)) throw error
      rows.push({ name, metrics: null, reason: `the training pairs do not determine this map: ${error.message}` })
    }
  }
  return { pairs: source.rows, rows }
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

/** Source against target templates without a map, the shorter side padded with zeros. */
async function unalignedMetrics (
  { source, target, identity }: HeldOut,
  seed: number,
  products: Products
): Promise<Metrics> {
  const dimension = Math.max(source.cols, target.cols)
  return measure(await compare(padded(source, dimension), padded(target, dimension), identity, products), seed, false)
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

function withoutIntercept (weights: Matrix): AffineMap {
  return {
    weights: toSingle(weights),
    meanSource: new Float32Array(weights.rows),
    meanTarget: new Float32Array(weights.cols)
  }
}
