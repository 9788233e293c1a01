import { testFor } from './guard-calibration.js'
import { statisticOf, type ProfileSummary } from './guard-profile.js'
import { isAnotherModel, logLikelihood, requiredAdvantage, type Advantage } from './guard-rivalry.js'

/** Another registered space of the same dimension, and its distances of the same templates. */
export interface Rival {
  readonly model: string
  readonly summary: ProfileSummary
  /** (n), squared Mahalanobis distances in that space */
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
 * Judges whether templates belong to their declared space. They do not when they lie farther from its centre than its
 * own do, by the thresholds of its profile; nor when another space accepts them and they are likelier there than
 * templates of the space are by chance. Other spaces are asked however near the templates lie. Where the eigenvalues of
 * a space are nearly equal, templates of another lie as near as its own.
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
  const distinct = rivals.filter(rival => isAnotherModel(rival.advantage, rival.summary, dimension))
  const isForeign = (rows: readonly number[], threshold: number) =>
    meanStatistic(distances, rows) > threshold ||
    distinct.some(rival => claims(rival, rows, requiredAdvantage(rival.advantage, rows.length)))

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
