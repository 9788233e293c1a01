import { mean, standardError } from '../linear-algebra/sums.js'
import type { Candidate, Selection } from './selection-schema.js'
import { candidatesFor, describe, lowRankCandidates, parametersOf, restored, type Estimator } from './candidates.js'
import { criterionAt, supportedRates } from './criterion.js'
import { foldsInTurn, type Fold, type FoldScorer } from './fold-scores.js'
import {
  gatherFolds,
  gatherMutualFolds,
  scoredRows,
  statisticsWithout,
  type Folds,
  type TrainingPairs
} from './folds.js'
import type { Products } from '../linear-algebra/matrix.js'
import { centre, gatherStatistics, nearMean, type CentredMoments } from './statistics.js'

/**
 * The maximum loss for the sake of a simpler candidate. The criterion averages several rates, and the lowest rate
 * differs most: 0.001 of the average can be 0.003 at FMR 1e-3.
 */
const maxLoss = 0.001
/**
 * `auto` tries low ranks up to this smaller dimension. Each fold takes an eigen-decomposition, 0.9 s at 512 and 6.4 s
 * at 1024; beyond, the caller can name `low-rank-ridge`.
 */
const maxLowRankSearch = 512

export interface Selected {
  readonly estimator: Estimator
  readonly selection: Selection
  /** Moments of all training pairs. */
  readonly moments: CentredMoments
}

/** Moments of all training pairs, for an estimator that needs no selection. */
export async function trainingMoments (
  { source, target, rows }: TrainingPairs,
  products: Products
): Promise<CentredMoments> {
  const origins = { source: nearMean(source, rows), target: nearMean(target, rows) }
  return centre(await gatherStatistics(source, target, rows, origins, products))
}

/** The parameters of a low-rank ridge regression that are given; the others are selected. */
interface LowRankSearch {
  readonly method: 'low-rank-ridge'
  readonly lambda?: number | undefined
  readonly rank?: number | undefined
}

export type Search = 'auto' | 'ridge' | 'dual' | LowRankSearch

/**
 * Selects the estimator by cross-validation over identities. The criterion is what the map is for: the true match rate
 * on different images, identities weighing the same, averaged over those of FMR 0.01 and 0.001 that every fold
 * supports, or at 0.1. Where none is supported, or nobody has two images, it is the mean cosine to the true template of
 * the same image.
 *
 * This is the inner loop of a nested cross-validation: the choice is made within the training identities alone, so the
 * held-out identities, which fitted nothing and chose nothing, estimate the chosen estimator without the optimism of
 * the best of many. The scores of the candidates themselves carry that optimism.
 *
 * Candidates within one standard error of the best, and no more than 0.001 below it, are tied (Breiman et al.,
 * Classification and Regression Trees, 1984, 3.4.3) and the first of them is taken. The standard error is that of the
 * differences fold by fold: a fold that is hard for one candidate is hard for all.
 *
 * Low ranks are tried at the lambda of the best ridge regression only, since each lambda takes an eigen-decomposition.
 * `auto` also restores the spread, see `restoreSpread`, of Procrustes, least squares, the best ridge regression and the
 * low ranks. Lambda is chosen before, since afterwards a wide range of it scores the same.
 *
 * @param seed of the folds, and of the rows that are scored
 * @param onProgress receives the fraction done
 * @param scoreFolds where folds are scored; on this thread unless given
 */
export async function select (
  pairs: TrainingPairs,
  search: Search,
  seed: number,
  products: Products,
  onProgress: (fraction: number) => void = () => {},
  scoreFolds?: FoldScorer
): Promise<Selected> {
  const gather = search === 'auto' || search === 'dual' ? gatherMutualFolds : gatherFolds
  return await selectWithin(await gather(pairs, seed, products), search, products, onProgress, scoreFolds)
}

/** As `select`, on folds that were dealt and gathered before. */
export async function selectWithin (
  dealt: Folds,
  search: Search,
  products: Products,
  onProgress: (fraction: number) => void = () => {},
  scoreFolds = foldsInTurn(products)
): Promise<Selected> {
  const { pairs: { source, target } } = dealt
  const { folds, rates } = scoredFolds(dealt)
  const plan = planSearch(search, Math.min(source.cols, target.cols))
  const first = await test(plan.first, fraction => onProgress(0.75 * fraction))
  const second = await test(plan.second(first), fraction => onProgress(0.75 + 0.25 * fraction))
  const tested = [...plan.choosesFromFirst ? first : [], ...second]
    .sort((a, b) => plan.order(a.estimator) - plan.order(b.estimator))

  const { estimator, tried, reason } = choose(
    tested.map(candidate => candidate.estimator),
    tested.map(({ scores }) => scores),
    folds.length
  )
  return {
    estimator,
    moments: centre(dealt.total),
    selection: { criterion: criterionAt(rates), folds: folds.length, candidates: tried, reason: reason + plan.remark }
  }

  async function test (candidates: readonly Estimator[], report: (fraction: number) => void): Promise<Tested[]> {
    const byFold = candidates.length === 0 ? [] : await scoreFolds(folds, candidates, report)
    report(1)
    return candidates.map((estimator, c) => (
      { estimator, scores: byFold.map(scores => scores[c]).filter(score => score !== undefined) }
    ))
  }
}

/** A candidate with one score for each fold on which it could be fitted. */
interface Tested {
  readonly estimator: Estimator
  readonly scores: readonly number[]
}

function scoredFolds (dealt: Folds) {
  const { pairs, scored } = dealt
  const rates = supportedRates(pairs.identities, scored, pairs.apart !== undefined)
  const deal = (rows: readonly number[], k: number) => (): Fold => {
    const { source: probes, target: references, identity, ownImage } = scoredRows(pairs, rows)
    return { moments: centre(statisticsWithout(dealt, k)), probes, references, identity, ownImage, rates }
  }
  return { folds: scored.map(deal), rates }
}

/**
 * The candidates in two rounds: some of the second depend on the lambda that did best in the first.
 * @param smaller min(dSource, dTarget)
 */
function planSearch (search: Search, smaller: number) {
  const given = typeof search === 'string' ? undefined : search
  const first = given?.lambda === undefined ? candidatesFor(typeof search === 'string' ? search : 'ridge') : []

  return {
    first,
    second (tested: readonly Tested[]): Estimator[] {
      if (given !== undefined) return lowRanks(given.lambda ?? bestLambda(tested))
      return search === 'auto' ? refinements(bestLambda(tested)) : []
    },
    /** Whether the choice is among both rounds, or the first only finds lambda. */
    choosesFromFirst: given === undefined,
    order,
    remark: given !== undefined && given.lambda === undefined ? '; lambda is that of the best ridge regression' : ''
  }

  function lowRanks (lambda: number): Estimator[] {
    return given?.rank === undefined
      ? lowRankCandidates(lambda, smaller)
      : [{ method: 'low-rank-ridge', lambda, rank: given.rank }]
  }

  function refinements (bestLambda: number): Estimator[] {
    const low = smaller > maxLowRankSearch ? [] : lowRanks(bestLambda)
    const unrefined = first.filter(
      ({ method, lambda }) => method !== 'dual' && (method !== 'ridge' || lambda === bestLambda)
    )
    return [...low, ...[...unrefined, ...low].map(restored)]
  }

  /**
   * The order in which ties are broken: by method and lambda, the fitted spread before the restored, and low ranks
   * after the full one. They drop directions that these people do not need, but others may.
   */
  function order (estimator: Estimator): number {
    const { lambda, rank, spread } = parametersOf(estimator)
    const place = estimator.method === 'dual'
      ? first.indexOf(estimator)
      : first.findIndex(({ method, lambda: own }) => lambda === null ? method === estimator.method : own === lambda)
    return place + (rank === null ? 0 : 1 - rank / (smaller + 1)) + (spread === 'fitted' ? 0 : 0.5 / (smaller + 1))
  }
}

function bestLambda (tested: readonly Tested[]): number {
  let best = { lambda: Infinity, score: -Infinity }
  for (const { estimator, scores } of tested) {
    const score = mean(scores)
    if (estimator.method === 'ridge' && score > best.score) best = { lambda: estimator.lambda, score }
  }
  return best.lambda
}

/**
 * The first candidate within one standard error of the best and no more than `maxLoss` below it. Of the duals only one
 * is considered, the first within one standard error of the best of them: shrinkages are nearly tied, and the best of
 * them on five folds is mostly chance.
 *
 * @param candidates in the order in which ties are broken
 * @param scores per candidate, one per fold; fewer when some fold does not determine the candidate
 */
export function choose (candidates: readonly Estimator[], scores: readonly (readonly number[])[], folds: number) {
  const complete = [...candidates.keys()].filter(c => scores[c]!.length === folds)
  const bestOf = (among: readonly number[]) =>
    among.reduce((best, c) => best === -1 || mean(scores[c]!) > mean(scores[best]!) ? c : best, -1)
  const lossTo = (best: number, c: number) => ({
    loss: mean(scores[best]!) - mean(scores[c]!),
    error: standardError(scores[c]!.map((score, k) => scores[best]![k]! - score))
  })
  const duals = complete.filter(c => candidates[c]!.method === 'dual')
  const bestDual = bestOf(duals)
  const dual = duals.find(c => {
    const { loss, error } = lossTo(bestDual, c)
    return loss <= error
  })
  const considered = complete.filter(c => candidates[c]!.method !== 'dual' || c === dual)
  const best = bestOf(considered)
  const bestScores = scores[best]
  if (bestScores === undefined) {
    throw new RangeError('expected at least one candidate that can be fitted on every fold, received none')
  }

  const tried: Candidate[] = candidates.map((candidate, c) => {
    const own = scores[c]!
    const differences = own.map((score, k) => bestScores[k]! - score)
    return own.length === folds
      ? {
        method: candidate.method,
        ...parametersOf(candidate),
        score: mean(own),
        standardError: standardError(differences),
        excluded: null
      }
      : {
        method: candidate.method,
        ...parametersOf(candidate),
        score: null,
        standardError: null,
        excluded: 'the training pairs of a fold do not determine the weights: too few for the dimension of the ' +
          'source, or linearly dependent'
      }
  })
  const bestScore = mean(bestScores)
  const chosen = considered.find(c => {
    const { loss, error } = lossTo(best, c)
    return loss <= Math.min(error, maxLoss)
  })!
  const estimator = candidates[chosen]!
  const reason = chosen === best
    ? `${describe(estimator)} scored best, ${bestScore.toFixed(4)}, and none before it came within one standard ` +
      `error and ${maxLoss}`
    : `${describe(estimator)}, ${tried[chosen]!.score!.toFixed(4)}, is the first candidate within one standard error ` +
      `and ${maxLoss} of the best, ${describe(candidates[best]!)}, ${bestScore.toFixed(4)}`
  return { estimator, tried, reason }
}
