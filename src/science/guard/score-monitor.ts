import type { ScoreDistribution } from '../scores/score-distribution.js'
import { createChangeDetector } from './change-detector.js'

/**
 * Watches the scores of live comparisons for scores that those of the calibration do not explain.
 *
 * Nobody says which live comparisons are mated. So the range of non-mated scores is cut into cells, what is above them
 * is a last one, and each cell has a highest share: that of the non-mated scores of the calibration in it, or that of
 * the mated ones if it is higher. Any mixture of the two has no more in a cell, however it changes. The last cell may
 * have everything. How scores above the range are spread is not watched: it differs with the photographs, as the share
 * of mated comparisons does with the use.
 *
 * A bet r is a distribution over the cells that the scores may have taken on. Its e-values are r / s, where s is the
 * distribution nearest to r (least Kullback-Leibler divergence) that the highest shares admit,
 *
 *     s(c) = min(highest(c), m r(c)),   sum_c s(c) = 1
 *
 * Their mean is 1 at most for every distribution that the highest shares admit (Grünwald, de Heide, Koolen: "Safe
 * testing", 2024, theorem 1).
 */
export interface ScoreMonitor {
  /**
   * @param elapsed since the last call or the beginning, in periods
   * @returns whether the scores have changed: an alarm
   */
  observe(score: number, elapsed: number): boolean
  /** 0 to 1, where it alarms. */
  evidence(): number
}

/** Shares of the non-mated scores below the edges of the cells. */
const quantiles = [0.02, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 0.999]
/**
 * Scores of other people differ: those of LFW have at most 1.16 times the share of those of CelebA in a quarter of the
 * range, for five models.
 */
const tolerance = 1.25
/** Mated comparisons of poorer photographs than those of the calibration: so many times as many in the range. */
const poorer = 2
/**
 * What may become of the scores: parameters of beta distributions over the share of non-mated scores below a score.
 * They fall, rise, draw together or apart.
 */
const shapes = [[1, 8], [1, 3], [2, 6], [4, 4], [12, 12], [6, 2], [3, 1], [8, 1], [0.3, 0.3]] as const
/** Shares of the last cell, with each of them. */
const matedShares = [0.02, 0.5]
/** Of each bet, spread evenly: one outlier must not ruin it. */
const uniform = 0.03

/** Cells of the scores of a comparison space. */
export interface ScoreCells {
  /** (k) ascending; a score belongs to the cell behind the last edge that is not above it */
  readonly edges: readonly number[]
  /** (k + 1) shares of the non-mated scores of the calibration */
  readonly nonMated: readonly number[]
  /** (k + 1) the most that a cell may have of the live scores */
  readonly highest: readonly number[]
}

/** The cells of a distribution; their edges are edges of its bins, so that their shares are exact. */
export function scoreCells ({ from, binWidth, nonMated, mated }: ScoreDistribution): ScoreCells {
  const edges: number[] = []
  const cells = [{ nonMated: 0, mated: 0 }]
  let below = 0
  for (const [bin, share] of nonMated.entries()) {
    const reached = quantiles.filter(quantile => quantile <= below).length
    below += share
    const cell = cells.at(-1)!
    cell.nonMated += share
    cell.mated += mated[bin]!
    // Six digits of each share may leave out some of the last.
    if (quantiles.filter(quantile => quantile <= below + 1e-9).length === reached) continue
    edges.push(from + (bin + 1) * binWidth)
    cells.push({ nonMated: 0, mated: 0 })
  }
  return {
    edges,
    nonMated: cells.map(cell => cell.nonMated),
    highest: cells.map((cell, k) =>
      k === cells.length - 1 ? 1 : Math.min(1, tolerance * Math.max(cell.nonMated, poorer * cell.mated))
    )
  }
}

/** The cell of a score. */
function cellOf ({ edges }: Pick<ScoreCells, 'edges'>, score: number): number {
  const above = edges.findIndex(edge => score < edge)
  return above === -1 ? edges.length : above
}

export function createScoreMonitor (cells: ScoreCells): ScoreMonitor {
  const { observe, evidence } = createChangeDetector(betsOf(cells))
  const counts = new Float64Array(cells.highest.length)
  return {
    observe (score, elapsed) {
      counts.fill(0)
      counts[cellOf(cells, score)] = 1
      return observe(counts, elapsed)
    },
    evidence
  }
}

/** The logarithms of the e-values of every bet, by cell. */
function betsOf ({ nonMated, highest }: ScoreCells): number[][] {
  const last = highest.length - 1
  return shapes.flatMap(([a, b]) => {
    const shares = betaShares(a, b, nonMated.slice(0, last))
    return matedShares.map(share => {
      const bet = [...shares.map(value => value * (1 - share)), share]
        .map(value => (1 - uniform) * value + uniform / highest.length)
      const nearest = nearestWithin(bet, highest)
      return bet.map((value, cell) => Math.log(value / nearest[cell]!))
    })
  })
}

/**
 * The distribution nearest to `bet` that has at most `highest` in each cell.
 * @param highest that add up to 1 or more
 */
function nearestWithin (bet: readonly number[], highest: readonly number[]): number[] {
  const nearest = new Array<number>(bet.length).fill(0)
  let [mass, left] = [1, bet.reduce((sum, value) => sum + value)]
  // Where the least is admitted for what is bet, the limit holds first.
  const order = Array.from(bet, (_, cell) => cell).sort((a, b) => highest[a]! / bet[a]! - highest[b]! / bet[b]!)
  for (const cell of order) {
    nearest[cell] = Math.min(highest[cell]!, mass / left * bet[cell]!)
    mass -= nearest[cell]
    left -= bet[cell]!
  }
  return nearest
}

/** Shares of a beta distribution in consecutive cells of [0, 1], whose widths are proportional to `widths`. */
function betaShares (a: number, b: number, widths: readonly number[]): number[] {
  const steps = 2000
  const whole = widths.reduce((sum, width) => sum + width)
  const shares = new Array<number>(widths.length).fill(0)
  let [cell, end] = [0, widths[0]! / whole]
  for (let step = 0; step < steps; step++) {
    const x = (step + 0.5) / steps
    while (x > end && cell < widths.length - 1) end += widths[++cell]! / whole
    shares[cell] = shares[cell]! + x ** (a - 1) * (1 - x) ** (b - 1)
  }
  const sum = shares.reduce((total, share) => total + share)
  return shares.map(share => share / sum)
}
