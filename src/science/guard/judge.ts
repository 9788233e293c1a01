import { testFor } from './guard-calibration.js'
import { statisticOf, type ProfileSummary } from './guard-profile.js'
import { requiredAdvantage, logLikelihood, type Advantage } from './guard-rivalry.js'

/** Another registered space of the same dimension, and its distances of the same templates. */
export interface Rival {
  readonly model: string
  readonly summary: ProfileSummary
  /** (n), squared Mahalanobis distances in that space; only those of `questionable` rows are read */
  readonly distances: Float64Array
  readonly advantage: Advantage
}

export interface Judgement {
  /** Whether the templates as a whole do not belong to the space. */
  readonly foreign: boolean
  /** Rows that do not belong to it by themselves, ascending. */
  readonly flagged: number[]
  /** The registered model that explains the flagged templates better than their own model, and as well as its own. */
  readonly likelier: string | null
  /** Of the two tests, for one template and for the whole batch. */
  readonly falseAlarmRate: { readonly template: number, readonly batch: number }
}

/**
 * Up to this statistic templates belong to a space, whatever other spaces make of them: one standard deviation above
 * the mean of held-out templates. It spares most templates a comparison with other spaces, and hardly any stranger that
 * only such a comparison finds is that near (`npm run report -- guard`).
 */
function plainlyOwn ({ dispersion, tests }: ProfileSummary): number {
  return Math.min(
    Math.log(dispersion.mean + Math.sqrt(dispersion.variance)),
    ...tests.map(({ threshold }) => threshold)
  )
}

/**
 * The rows for which `judge` needs the distances in other spaces.
 * @param distances (n), as in `judge`
 */
export function questionable (dimension: number, summary: ProfileSummary, distances: Float64Array): number[] {
  const statistics = Array.from(distances, distance => statisticOf(distance, dimension))
  const rows = statistics.map((_, row) => row)
  const plain = plainlyOwn(summary)
  return mean(rows, row => statistics[row]!) > plain ? rows : rows.filter(row => statistics[row]! > plain)
}

/**
 * Judges whether templates belong to their declared space. They do not when they lie farther from its centre than its
 * own do, by the thresholds of its profile; nor when another space accepts them and they are likelier there, unless
 * they lie as near as its own do on average.
 *
 * @param dimension of the space
 * @param summary of the profile of the space
 * @param distances (n), squared Mahalanobis distances in the space, n > 0
 */
export function judge (
  dimension: number,
  summary: ProfileSummary,
  distances: Float64Array,
  rivals: readonly Rival[]
): Judgement {
  const all = Array.from(distances, (_, row) => row)
  const single = testFor(summary.tests, 1)
  const whole = testFor(summary.tests, all.length)

  const meanStatistic = (of: Float64Array, rows: readonly number[]) =>
    mean(rows, row => statisticOf(of[row]!, dimension))
  const meanRatio = (rival: Rival, rows: readonly number[]) =>
    mean(rows, row =>
      logLikelihood(
        rival.distances[row]!,
        rival.summary.logDeterminant
      ) - logLikelihood(distances[row]!, summary.logDeterminant))
  const claims = (rival: Rival, rows: readonly number[], least: number) =>
    meanRatio(rival, rows) > least &&
    meanStatistic(rival.distances, rows) <= testFor(rival.summary.tests, rows.length).threshold
  // A space that accepts the templates of this one, such as another recipe of the same model, differs from it by no
  // more than data sets do. That templates are likelier there says more about the people than about the model.
  const distinct = rivals.filter(({ advantage, summary: { tests } }) =>
    statisticOf(advantage.squaredDistance, dimension) > testFor(tests, Infinity).threshold
  )
  const plain = plainlyOwn(summary)
  const isForeign = (rows: readonly number[], threshold: number) => {
    const statistic = meanStatistic(distances, rows)
    if (statistic > threshold) return true
    return statistic > plain &&
      distinct.some(rival => claims(rival, rows, requiredAdvantage(rival.advantage, rows.length)))
  }

  const flagged = all.filter(row => isForeign([row], single.threshold))
  const foreign = isForeign(all, whole.threshold)
  const suspects = foreign ? all : flagged
  const claimants = suspects.length === 0 ? [] : rivals.filter(rival => claims(rival, suspects, 0))
  const [likeliest] = claimants.map(
    rival => ({ model: rival.model, ratio: meanRatio(rival, suspects) })
  ).sort((a, b) => b.ratio - a.ratio)
  return {
    foreign,
    flagged,
    likelier: likeliest?.model ?? null,
    falseAlarmRate: { template: single.falseAlarmRate, batch: whole.falseAlarmRate }
  }
}

function mean (rows: readonly number[], value: (row: number) => number): number {
  let sum = 0
  for (const row of rows) sum += value(row)
  return sum / rows.length
}
