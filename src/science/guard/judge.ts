import type { Matrix } from '../linear-algebra/matrix.js'
import { testFor } from './guard-calibration.js'
import { statisticOf, type ProfileSummary } from './guard-profile.js'
import { isAnotherModel, logLikelihood, requiredAdvantage, type Advantage } from './guard-rivalry.js'

/** A space that templates are judged in. */
export interface Contender {
  readonly summary: ProfileSummary
  /** of its distances in a row of the matrix that is judged */
  readonly position: number
}

/** Another registered space of the same dimension. */
export interface RivalSpace extends Contender {
  readonly model: string
  readonly advantage: Advantage
}

/** A rival, with its distances of the templates that are judged. */
export interface Rival extends Omit<RivalSpace, 'position'> {
  /** (n), squared Mahalanobis distances in that space */
  readonly distances: Float64Array
}

/**
 * Judges templates of one space.
 * @param distances (n, spaces), squared Mahalanobis distances in each, n > 0
 */
export type Judge = (distances: Matrix<Float32Array | Float64Array>) => Judgement

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
 * Whether more templates are flagged than the false alarm rate of one explains: above the mean of the binomial
 * distribution by 3.09 standard deviations, as often as a batch raises a false alarm, and by one.
 */
export function tooManyFlagged (flagged: number, templates: number, falseAlarmRate: number): boolean {
  if (templates === 1) return flagged === 1
  const mean = templates * falseAlarmRate
  return flagged > mean + 3.09 * Math.sqrt(mean * (1 - falseAlarmRate)) + 1
}

/**
 * Judges whether templates belong to their declared space. They do not when they lie farther from its centre than its
 * own do, by the thresholds of its profile; nor when another space accepts them and they are likelier there than
 * templates of the space are by chance. Other spaces are asked however near the templates lie. Where the eigenvalues of
 * a space are nearly equal, templates of another lie as near as its own.
 *
 * What depends on the spaces alone is computed once, and not for every request.
 *
 * @param dimension of the space
 * @param own the space
 */
export function createJudge (dimension: number, own: Contender, rivals: readonly RivalSpace[]): Judge {
  const single = testFor(own.summary.tests, 1)
  const distinct = rivals.filter(rival => isAnotherModel(rival.advantage, rival.summary, dimension))
  const leastAlone = distinct.map(rival => requiredAdvantage(rival.advantage, 1))

  return ({ rows, cols, data }) => {
    const distance = ({ position }: Contender, row: number) => data[row * cols + position]!
    const statistic = (space: Contender, row: number) => statisticOf(distance(space, row), dimension)
    const likelihood = (space: Contender, row: number) =>
      logLikelihood(distance(space, row), space.summary.logDeterminant)
    const ratio = (rival: Contender, row: number) => likelihood(rival, row) - likelihood(own, row)

    const accepts = (rival: Contender, row: number) =>
      statistic(rival, row) <= testFor(rival.summary.tests, 1).threshold

    const flagged: number[] = []
    for (let row = 0; row < rows; row++) {
      const isForeign = statistic(own, row) > single.threshold ||
        distinct.some((rival, k) => ratio(rival, row) > leastAlone[k]! && accepts(rival, row))
      if (isForeign) flagged.push(row)
    }
    const all = rows === 1 && flagged.length === 0 ? flagged : Array.from({ length: rows }, (_, row) => row)
    const claims = (rival: RivalSpace, of: readonly number[], least: number) =>
      mean(of, row => ratio(rival, row)) > least &&
      mean(of, row => statistic(rival, row)) <= testFor(rival.summary.tests, of.length).threshold

    const whole = rows === 1 ? single : testFor(own.summary.tests, rows)
    // One template as a whole is what it is by itself.
    const foreign = tooManyFlagged(flagged.length, rows, single.falseAlarmRate) || (rows > 1 && (
      mean(all, row => statistic(own, row)) > whole.threshold ||
      distinct.some(rival => claims(rival, all, requiredAdvantage(rival.advantage, rows)))
    ))
    const suspects = foreign ? all : flagged
    const claimants = suspects.length === 0 ? [] : rivals.filter(rival => claims(rival, suspects, 0))
    const [likeliest] = claimants.map(
      rival => ({ model: rival.model, ratio: mean(suspects, row => ratio(rival, row)) })
    ).sort((a, b) => b.ratio - a.ratio)
    return {
      foreign,
      flagged,
      likelier: likeliest?.model ?? null,
      falseAlarmRate: { template: single.falseAlarmRate, batch: whole.falseAlarmRate }
    }
  }
}

/**
 * As `createJudge`, once.
 *
 * @param summary of the profile of the space
 * @param distances (n), squared Mahalanobis distances in the space, n > 0
 */
export function judge (
  dimension: number,
  summary: ProfileSummary,
  distances: Float64Array,
  rivals: readonly Rival[]
): Judgement {
  const columns = [distances, ...rivals.map(rival => rival.distances)]
  const cols = columns.length
  const data = new Float64Array(distances.length * cols) // (n, spaces), row-major
  for (const [k, column] of columns.entries()) column.forEach((value, row) => (data[row * cols + k] = value))
  const judgeRows = createJudge(
    dimension,
    { summary, position: 0 },
    rivals.map((rival, k) => ({ ...rival, position: k + 1 }))
  )
  return judgeRows({ rows: distances.length, cols, data })
}

function mean (rows: readonly number[], value: (row: number) => number): number {
  let sum = 0
  for (const row of rows) sum += value(row)
  return sum / rows.length
}
