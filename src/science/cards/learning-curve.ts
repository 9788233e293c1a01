import { closed, nullable, nullableNumber, nullableRate } from '../schemas.js'
import { meanCosine } from '../alignment/criterion.js'
import { Type, type Static } from 'typebox'
import type { AffineMap } from '../alignment/affine-map.js'
import { prepare, translate } from '../alignment/apply.js'
import { affineMapOf, estimate, type Estimator } from '../alignment/candidates.js'
import { groupRows, type IdentityIndex } from '../linear-algebra/identities.js'
import { frobenius, trace, type Products, type TemplateMatrix } from '../linear-algebra/matrix.js'
import { createRandom } from '../linear-algebra/random.js'
import {
  addStatistics,
  centre,
  gatherMutualStatistics,
  gatherStatistics,
  nearMean,
  type CentredMoments,
  type PairStatistics
} from '../alignment/statistics.js'
import { compareParts } from '../scores/comparisons.js'
import { comparedRows, type HeldOut } from './evaluate.js'
import { measure } from '../scores/metrics.js'

/** Shares of the training identities. Each subset is part of the next. */
const shares: readonly number[] = [1 / 32, 1 / 16, 1 / 8, 1 / 4, 1 / 2, 1]
/** The minimum of a fit, as in `checkPairs`. */
const minPairs = 3
const minIdentities = 2
/** Rates of the curve in order of preference: the first that the comparisons support is used. */
const rates: readonly number[] = [1e-3, 1e-2, 1e-1]

const CurvePoint = Type.Object({
  identities: Type.Integer({ minimum: 1, description: 'Training identities' }),
  pairs: Type.Integer({ minimum: 1, description: 'Their pairs' }),
  tmr: nullableRate('TMR at `fmr` on the held-out pairs, identities weighing the same'),
  interval: nullable(Type.Object({ lower: Type.Number(), upper: Type.Number() }, closed), 'Its 95 % interval'),
  fidelity: nullableNumber('Mean cosine of translated and true target template of the same held-out image'),
  reason: nullable(Type.String(), 'Why there is no map of these pairs')
}, closed)
export type CurvePoint = Static<typeof CurvePoint>

const pairCount = (description: string) => Type.Union([Type.Integer({ minimum: 1 }), Type.Null()], { description })

export const LearningCurve = Type.Object({
  fmr: nullableNumber('The false match rate of the TMRs; null when none is supported'),
  heldOutPairs: Type.Integer({
    minimum: 0,
    description: 'Held-out pairs that every map was measured on; with cross-fitting those of the first fold'
  }),
  points: Type.Array(CurvePoint, {
    description: 'Maps by the same method and parameters from nested subsets of the training identities, the last ' +
      'from all of them; with cross-fitting from all but those of the first fold'
  }),
  pairsFor: Type.Object({
    share95: pairCount(
      'Pairs of the smallest subset from which on the TMR is at least 95 % of the last; null when half of the ' +
        'identities do not reach it, or without a TMR'
    ),
    share99: pairCount('The same for 99 %')
  }, { ...closed, description: 'How many pairs are needed' })
}, { ...closed, description: 'How the map depends on the number of pairs' })
export type LearningCurve = Static<typeof LearningCurve>

interface TrainingRows {
  /** (n, dSource), normalised rows */
  readonly source: TemplateMatrix
  /** (n, dTarget), normalised rows */
  readonly target: TemplateMatrix
  readonly identities: IdentityIndex
  /** the rows that the map was fitted on */
  readonly rows: readonly number[]
}

export interface FittedMap {
  readonly map: AffineMap
  readonly estimator: Estimator
}

/**
 * Fits maps by the same estimator on nested subsets of the training identities and measures all of them on the same
 * held-out pairs. The statistics of a subset are those of the previous one plus those of what is added.
 *
 * @param seed of the subsets and the bootstraps
 * @param onProgress receives the fraction done
 * @param falseMatchRates in order of preference: the first that the comparisons support is used
 */
export async function learningCurve (
  { map, estimator }: FittedMap,
  training: TrainingRows,
  heldOut: HeldOut,
  seed: number,
  products: Products,
  onProgress: (fraction: number) => void = () => {},
  falseMatchRates: readonly number[] = rates
): Promise<LearningCurve> {
  const { source, target, rows } = training
  const origins = { source: nearMean(source, rows), target: nearMean(target, rows) }
  const gather = estimator.method === 'dual' ? gatherMutualStatistics : gatherStatistics
  const subsets = nestedSubsets(training.identities, rows, seed)
  const measured: Omit<CurvePoint, 'tmr' | 'interval'>[] = []
  const operating: OperatingPoints[] = []
  let statistics: PairStatistics | undefined
  for (const [k, { identities, added }] of subsets.entries()) {
    const last = k === subsets.length - 1
    let fitted: AffineMap | undefined = map
    if (!last) {
      const more = await gather(source, target, added, origins, products)
      statistics = statistics === undefined ? more : addStatistics([statistics, more])
      fitted = await fit(estimator, centre(statistics), products)
    }
    const pairs = last ? rows.length : statistics!.pairs
    if (fitted === undefined) {
      measured.push({ identities, pairs, fidelity: null, reason: 'these pairs do not determine the map' })
      operating.push([])
    } else {
      const translated = await translate(prepare(fitted), heldOut.source, products)
      operating.push(
        measure(
          await compareParts([{ probes: translated, references: heldOut.target, ...comparedRows(heldOut) }], products),
          seed,
          false,
          falseMatchRates
        ).operatingPoints
      )
      measured.push({ identities, pairs, fidelity: meanCosine(translated, heldOut.target), reason: null })
    }
    onProgress((k + 1) / subsets.length)
  }
  const fmr = falseMatchRates.find(rate => operating.at(-1)?.some(point => point.fmr === rate && point.tmr !== null)) ??
    null
  const points = measured.map((point, k) => {
    const at = operating[k]!.find(candidate => candidate.fmr === fmr)
    return { ...point, tmr: at?.tmr ?? null, interval: at?.interval ?? null }
  })
  return {
    fmr,
    heldOutPairs: heldOut.source.rows,
    points,
    pairsFor: { share95: pairsFor(points, 0.95), share99: pairsFor(points, 0.99) }
  }
}

type OperatingPoints = ReturnType<typeof measure>['operatingPoints']

/** @returns undefined when the pairs do not determine the map */
async function fit (estimator: Estimator, moments: CentredMoments, products: Products): Promise<AffineMap | undefined> {
  // Copies of one image, on either side.
  if (trace(moments.gram) === 0 || frobenius(moments.cross) === 0) return undefined
  const weights = await estimate(estimator, moments, products)
  return weights === undefined ? undefined : affineMapOf(estimator, moments, weights)
}

interface Subset {
  /** identities of the subset */
  readonly identities: number
  /** rows that the previous subset does not have */
  readonly added: readonly number[]
}

/** Growing shares of the identities in random order. Subsets too small to fit a map are left out, except the last. */
function nestedSubsets ({ ofRow }: IdentityIndex, rows: readonly number[], seed: number): Subset[] {
  const groups = createRandom(seed).shuffle(groupRows(ofRow, rows))
  const subsets: Subset[] = []
  let used = 0
  for (const share of shares) {
    const identities = Math.round(share * groups.length)
    const added = groups.slice(used, identities).flat()
    if (
      share < 1 && (identities < minIdentities || identities === used || (used === 0 && added.length < minPairs))
    ) {
      continue
    }
    subsets.push({ identities, added })
    used = identities
  }
  return subsets
}

/**
 * Pairs of the smallest subset from which on every TMR is at least a share of the last one. The full set reaches it by
 * definition, which says nothing: then fewer pairs do not suffice, and more may help.
 */
export function pairsFor (points: readonly Pick<CurvePoint, 'pairs' | 'tmr'>[], share: number): number | null {
  const final = points.at(-1)?.tmr ?? null
  if (final === null) return null
  const short = points.findLastIndex(({ tmr }) => tmr === null || tmr < share * final)
  return short + 1 < points.length - 1 ? points[short + 1]!.pairs : null
}
