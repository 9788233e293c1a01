import { mean } from '../linear-algebra/sums.js'
import { closed, nullable, Rate } from '../schemas.js'
import { isSupported } from './support.js'
import { Type, type Static } from 'typebox'
import { bootstrapMeans } from './bootstrap.js'
import type { Comparisons } from './comparisons.js'
import { equalErrorRate, HistogramBuilder, thresholdsAt, type ScoreHistogram } from './histogram.js'

/** The false match rates of the operating points on every card. */
export const operatingRates: readonly number[] = [1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6]

const OperatingPoint = Type.Object({
  fmr: Type.Number({ description: 'False match rate' }),
  support: Type.Union([Type.Literal('measured'), Type.Literal('unsupported')], {
    description: '`unsupported` when there are fewer than 3 / FMR non-mated comparisons; the members below are then ' +
      'null'
  }),
  threshold: nullable(Type.Number(), 'Cosine at or above which a comparison matches'),
  tmr: nullable(Rate, 'True match rate, identities weighing the same'),
  interval: nullable(
    Type.Object({
      lower: Type.Number({ minimum: 0, maximum: 1, description: '2.5 % quantile' }),
      upper: Type.Number({ minimum: 0, maximum: 1, description: '97.5 % quantile' })
    }, closed),
    '95 % interval of the TMR at this threshold, by bootstrap over identities'
  ),
  fnmr: nullable(Rate, 'False non-match rate, 1 - TMR'),
  tmrPooled: nullable(Rate, 'True match rate, mated comparisons weighing the same: people with many images dominate it')
}, closed)

export const Metrics = Type.Object({
  nonMatedComparisons: Type.Integer({ minimum: 0, description: 'Comparisons of different identities' }),
  matedComparisons: Type.Integer({
    minimum: 0,
    description: 'Comparisons of different images of one identity; no image against itself'
  }),
  matedIdentities: Type.Integer({ minimum: 0, description: 'Identities with at least two images' }),
  operatingPoints: Type.Array(OperatingPoint, { description: 'From FMR 1e-1 to 1e-6' }),
  eer: nullable(Rate, 'Equal error rate, identities weighing the same'),
  rank1: nullable(
    Rate,
    "Share of probes whose best reference is another image of the same identity, the probe's own image excluded; " +
      'identities weighing the same'
  ),
  rank1SameImage: nullable(
    Rate,
    "As the paper has it: the gallery holds the probe's own image, probes weigh the same. Null within one space, " +
      'where it says nothing'
  )
}, { ...closed, description: 'Null stands for what the data cannot tell' })

export type Metrics = Static<typeof Metrics>

/** For each identity with mated comparisons, the share of them at or above each threshold. */
export interface IdentityRates {
  /** One array per threshold, one value per identity. */
  readonly perIdentity: readonly Float64Array[]
  /** One value per threshold. */
  readonly pooled: readonly number[]
}

/** True match rates at some thresholds, by identity and pooled over comparisons. */
export function trueMatchRates ({ mated }: Pick<Comparisons, 'mated'>, thresholds: readonly number[]): IdentityRates {
  const rows = new Map<number, number>()
  for (const who of mated.identity) if (!rows.has(who)) rows.set(who, rows.size)
  const counts = new Float64Array(rows.size)
  const matches = thresholds.map(() => new Float64Array(rows.size))
  for (let k = 0; k < mated.scores.length; k++) {
    const row = rows.get(mated.identity[k]!)!
    counts[row] = counts[row]! + 1
    for (let t = 0; t < thresholds.length; t++) {
      if (mated.scores[k]! >= thresholds[t]!) matches[t]![row] = matches[t]![row]! + 1
    }
  }
  return {
    perIdentity: matches.map(values => values.map((value, row) => value / counts[row]!)),
    pooled: matches.map(values => values.reduce((sum, value) => sum + value, 0) / mated.scores.length)
  }
}

/** For each false match rate, the share of its mated comparisons that each identity has at or above the threshold. */
export function measuredRates (
  { nonMated, mated }: Comparisons,
  falseMatchRates: readonly number[]
): Map<number, Map<number, number>> {
  const identities = [...new Set(mated.identity)]
  const { perIdentity } = trueMatchRates({ mated }, thresholdsAt(nonMated, falseMatchRates))
  return new Map(
    falseMatchRates.map((rate, k) => [rate, new Map(identities.map((who, row) => [who, perIdentity[k]![row]!]))])
  )
}

/**
 * All metrics of a set of comparisons.
 * @param seed of the bootstrap
 * @param withinSpace whether both sides are one space, where comparing an image with itself says nothing
 * @param falseMatchRates those of the operating points
 */
export function measure (
  comparisons: Comparisons,
  seed: number,
  withinSpace: boolean,
  falseMatchRates: readonly number[] = operatingRates
): Metrics {
  const { nonMated, mated } = comparisons
  const thresholds = thresholdsAt(nonMated, falseMatchRates)
  const hasMated = mated.scores.length > 0
  const rates = hasMated ? trueMatchRates(comparisons, thresholds) : undefined
  const intervals = rates === undefined ? undefined : bootstrapMeans(rates.perIdentity, seed)

  const operatingPoints = falseMatchRates.map((fmr, i) => {
    if (!isSupported(fmr, nonMated.total)) {
      return {
        fmr,
        support: 'unsupported' as const,
        threshold: null,
        tmr: null,
        interval: null,
        fnmr: null,
        tmrPooled: null
      }
    }
    const tmr = rates === undefined ? null : mean(rates.perIdentity[i]!)
    return {
      fmr,
      support: 'measured' as const,
      threshold: thresholds[i]!,
      tmr,
      interval: intervals?.[i] ?? null,
      fnmr: tmr === null ? null : 1 - tmr,
      tmrPooled: rates?.pooled[i] ?? null
    }
  })
  return {
    nonMatedComparisons: nonMated.total,
    matedComparisons: mated.scores.length,
    matedIdentities: rates?.perIdentity[0]?.length ?? 0,
    operatingPoints,
    eer: equalErrorRate(nonMated, identityWeighted(comparisons)),
    rank1: rank1ByIdentity(comparisons),
    rank1SameImage: withinSpace || nonMated.total === 0 ? null : mean(comparisons.rank1SameImage)
  }
}

/** Mated scores, weighted so that every identity counts 1. */
export function identityWeighted ({ mated }: Comparisons): ScoreHistogram {
  const counts = new Map<number, number>()
  for (const who of mated.identity) counts.set(who, (counts.get(who) ?? 0) + 1)
  const histogram = new HistogramBuilder()
  for (let k = 0; k < mated.scores.length; k++) histogram.add(mated.scores[k]!, 1 / counts.get(mated.identity[k]!)!)
  return histogram.finish()
}

function rank1ByIdentity ({ rank1, identity }: Comparisons): number | null {
  const sums = new Map<number, { hits: number, probes: number }>()
  for (let i = 0; i < rank1.length; i++) {
    if (rank1[i] === -1) continue
    const sum = sums.get(identity[i]!) ?? { hits: 0, probes: 0 }
    sum.hits += rank1[i]!
    sum.probes += 1
    sums.set(identity[i]!, sum)
  }
  if (sums.size === 0) return null
  return mean(Array.from(sums.values(), ({ hits, probes }) => hits / probes))
}
