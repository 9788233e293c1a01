import { Problem } from '../../errors.js'
import {
  countIdentities,
  dealFolds,
  indexIdentities,
  splitIdentities,
  type IdentityIndex,
  type Split
} from '../linear-algebra/identities.js'
import type { Matrix, TemplateMatrix } from '../linear-algebra/matrix.js'
import { createRandom } from '../linear-algebra/random.js'
import { constantDimensions, numericalRank } from '../linear-algebra/rank.js'
import { minLambda } from './ridge.js'
import type { Spread } from './spread.js'

/**
 * Pairs of templates under two models. Row i of everything is the same image, unless `others` has it that row i of both
 * sides is one person in two images.
 */
export interface PairedTemplates {
  /** (n), ids of the images, unique; of those of the source where there are others */
  readonly samples: readonly string[]
  /** where the target is of other images than the source */
  readonly others?: OtherImages | undefined
  /** (n), the person on each; null where unknown, which makes the image an identity of its own */
  readonly identities: readonly (string | null)[]
  /** (n), by which the card breaks its figures down; null where unknown */
  readonly groups?: readonly (string | null)[]
  /** (n, dSource), as the model gave them */
  readonly source: TemplateMatrix
  /** (n, dTarget), as the model gave them */
  readonly target: TemplateMatrix
  /** Images that were left out because they have a template on one side only. */
  readonly oneSided: { readonly source: number, readonly target: number }
  /** Images that were left out because a stored template of theirs cannot be read; none when absent. */
  readonly unusable?: number
  /** SHA-256 of the pairs. */
  readonly hash: string
}

/** What pairs of other images of the same people have beside their rows. */
export interface OtherImages {
  /** (n), ids of the images of the target */
  readonly targetSamples: readonly string[]
  /**
   * (n, dSource) and (n, dTarget), what maps are fitted on: the mean over all images of the person of row i; the rows
   * themselves when omitted
   */
  readonly means?: { readonly source: TemplateMatrix, readonly target: TemplateMatrix } | undefined
}

type FitMethod = 'auto' | 'dual' | 'procrustes' | 'linear' | 'ridge' | 'low-rank-ridge'

export interface FitOptions {
  /** The default, `auto`, selects by cross-validation. */
  readonly method?: FitMethod | undefined
  /** For `ridge` and `low-rank-ridge` only, relative as in `ridge`; chosen by cross-validation when omitted. */
  readonly lambda?: number | undefined
  /** For `low-rank-ridge` only, 1 to the smaller dimension; chosen by cross-validation when omitted. */
  readonly rank?: number | undefined
  /** Of a named estimator, see `spreads`: `centred` for `dual` and `fitted` for others when omitted. `auto` chooses. */
  readonly spread?: Spread | undefined
  /** Of the split, the folds and the bootstrap; the default is 42. */
  readonly seed?: number | undefined
  /**
   * Share of the identities that the map is evaluated and calibrated on and that fit nothing. When omitted, everybody
   * fits the map, and its figures come from cross-fitting.
   */
  readonly heldOutFraction?: number | undefined
}

export interface CompleteFitOptions {
  readonly method: FitMethod
  readonly lambda: number | undefined
  readonly rank: number | undefined
  readonly spread: Spread | undefined
  readonly seed: number
  /** undefined for cross-fitting */
  readonly heldOutFraction: number | undefined
}

/** The folds of every cross-validation and of cross-fitting; fewer only where there are fewer identities. */
export const foldCount = 5
/**
 * The minimum size. With fewer pairs or people there are hardly any non-mated comparisons: 10 people with 2 images each
 * leave 24 to calibrate on when they are split, and 40 with cross-fitting.
 */
export const minPairs = 20
export const minIdentities = 10
/**
 * Maximum share of constant dimensions. A network may have units that never fire; with more of them the data are at
 * fault.
 */
const maxConstantShare = 1 / 4

/** The eigen-decomposition of `low-rank-ridge` takes 6.4 s at this smaller dimension and grows with the cube of it. */
const maxLowRankDimension = 1024

/** @throws Problem `request-invalid` naming the option */
export function completeOptions (
  { method = 'auto', lambda, rank, spread, seed = 42, heldOutFraction }: FitOptions
): CompleteFitOptions {
  if (lambda !== undefined && method !== 'ridge' && method !== 'low-rank-ridge') {
    throw invalid(`lambda: expected only with method "ridge" or "low-rank-ridge", received with method "${method}"`)
  }
  if (rank !== undefined && method !== 'low-rank-ridge') {
    throw invalid(`rank: expected only with method "low-rank-ridge", received with method "${method}"`)
  }
  if (spread !== undefined && method === 'auto') {
    throw invalid('spread: expected only with a named method, received with method "auto", which chooses it')
  }
  if (rank !== undefined && !(Number.isInteger(rank) && rank >= 1)) {
    throw invalid(`rank: expected an integer of at least 1, received ${rank}`)
  }
  if (lambda !== undefined && !(lambda >= minLambda && lambda <= 1e6)) {
    throw invalid(`lambda: expected a number from ${minLambda} to 1000000, received ${lambda}`)
  }
  if (!Number.isInteger(seed) || seed < 0 || seed > 0xFFFFFFFF) {
    throw invalid(`seed: expected an integer from 0 to 4294967295, received ${seed}`)
  }
  if (heldOutFraction !== undefined && !(heldOutFraction >= 0.1 && heldOutFraction <= 0.5)) {
    throw invalid(`heldOutFraction: expected a number from 0.1 to 0.5, received ${heldOutFraction}`)
  }
  return { method, lambda, rank, spread, seed, heldOutFraction }
}

export interface CheckedPairs {
  readonly identities: IdentityIndex
  /** with cross-fitting everybody is on both sides */
  readonly split: Split
}

/**
 * Refuses pairs that do not support a fit, as far as one pass over them can tell, in milliseconds. `requireRank` checks
 * the rest. Every method needs `minPairs` pairs of `minIdentities` identities; `linear` needs more training pairs than
 * the source space has dimensions.
 *
 * @returns the identities, and the split by identity that a fit with these options uses; it does not depend on the
 *   order of the rows when these are sorted by sample
 * @throws Problem `request-invalid`, `template-invalid`, `pairs-insufficient`
 * @throws RangeError when the arrays do not fit each other, which no caller's data can cause
 */
export function checkPairs (
  pairs: PairedTemplates,
  { method, rank, seed, heldOutFraction }: CompleteFitOptions
): CheckedPairs {
  const { samples, source, target } = pairs
  const n = samples.length
  if ([pairs.identities.length, source.rows, target.rows].some(rows => rows !== n)) {
    throw new RangeError(
      `expected ${n} identities and rows, one per sample, received ${pairs.identities.length}, ${source.rows} and ` +
        `${target.rows}`
    )
  }
  const smaller = Math.min(source.cols, target.cols)
  if (method === 'low-rank-ridge' && smaller > maxLowRankDimension) {
    throw invalid(
      `method "low-rank-ridge": expected a source or a target of at most ${maxLowRankDimension} dimensions, received ` +
        `${source.cols} and ${target.cols}`
    )
  }
  if (rank !== undefined && rank > smaller) {
    throw invalid(
      `rank: expected at most ${smaller}, the smaller of ${source.cols} and ${target.cols} dimensions, received ${rank}`
    )
  }
  requireTemplates('source', source, samples)
  requireTemplates('target', target, samples)
  const seen = new Set<string>()
  for (const sample of samples) {
    if (seen.has(sample)) throw invalid(`pairs: expected one pair per sample, received several of sample "${sample}"`)
    seen.add(sample)
  }

  if (n < minPairs) throw insufficient('pairs', 'pairs', minPairs, n)
  const identities = indexIdentities(pairs.identities, samples)
  if (identities.rows.length < minIdentities) {
    throw insufficient('pairs', 'identities', minIdentities, identities.rows.length)
  }
  const everybody = samples.map((_, row) => row)
  const split = heldOutFraction === undefined
    ? { training: everybody, heldOut: everybody }
    : splitIdentities(identities, heldOutFraction, createRandom(seed))
  const fewest = heldOutFraction === undefined
    ? n - Math.max(...dealFolds(identities, everybody, foldCount, createRandom(seed)).map(fold => fold.length))
    : split.training.length
  if (method === 'linear' && fewest < source.cols + 1) {
    throw insufficient(
      'method "linear"',
      `training pairs, one more than the source space has dimensions (the rest of the ${n} pairs ` +
        `${heldOutFraction === undefined ? 'are a fold of the cross-fitting' : 'is held out'})`,
      source.cols + 1,
      fewest
    )
  }
  // One training identity would leave nothing to cross-validate, and one huge identity can take the others with it.
  if (fewest < 3 || countIdentities(identities, split.training) < 2) {
    throw insufficient('pairs', 'training pairs of at least 2 identities', 3, fewest)
  }
  return { identities, split }
}

/**
 * Refuses training templates that do not span their space: the centred rows of a side must have numerical rank
 * `min(distinct rows - 1, varying dimensions)`. Constant dimensions occur in some networks and are tolerated, up to a
 * quarter of them: every estimator gives them weights of zero. Copies of an image are tolerated too, as long as half of
 * `minPairs` rows are distinct. What is refused are templates that are combinations of one another, such as copies of a
 * dimension, from which no estimator can learn the space.
 *
 * @param side named in the problem
 * @param rows the normalised training rows
 * @param gram (d, d), of these rows, centred
 * @returns the number of constant dimensions
 * @throws Problem `pairs-rank-deficient` with side, rank and what was expected
 */
export function requireRank (side: string, rows: TemplateMatrix, gram: Matrix): number {
  const distinct = countDistinctRows(rows)
  const needed = Math.min(rows.rows, Math.ceil(minPairs / 2))
  if (distinct < needed) {
    throw deficient(
      side,
      distinct,
      needed,
      `expected at least ${needed} different templates among the ${rows.rows} training pairs, received ${distinct}`
    )
  }
  const constant = constantDimensions(gram).length
  if (constant > maxConstantShare * gram.rows) {
    const least = Math.ceil((1 - maxConstantShare) * gram.rows)
    throw deficient(
      side,
      gram.rows - constant,
      least,
      `expected at least ${least} of ${gram.rows} dimensions to vary over the training pairs, received ` +
        `${gram.rows - constant}`
    )
  }
  // Half, because an image that was embedded twice gives two templates that differ only in their last bits.
  const expected = Math.min(Math.floor((distinct - 1) / 2), gram.rows - constant)
  const rank = numericalRank(gram)
  if (rank < expected) {
    throw deficient(
      side,
      rank,
      expected,
      `expected ${distinct} different templates of ${gram.rows} dimensions, ${constant} of them constant, ` +
        `to have rank ${expected} or more about their mean, received rank ${rank}`
    )
  }
  return constant
}

/** Number of rows that differ, bit by bit. */
export function countDistinctRows ({ rows, cols, data }: TemplateMatrix): number {
  const words = new Uint32Array(data.buffer, data.byteOffset, data.length)
  const byHash = new Map<number, number[]>()
  let distinct = 0
  for (let i = 0; i < rows; i++) {
    let hash = 0x811C9DC5 // FNV-1a, over words
    for (let k = i * cols; k < (i + 1) * cols; k++) hash = Math.imul(hash ^ words[k]!, 0x01000193)
    const alike = byHash.get(hash) ?? []
    if (alike.some(row => equalRows(words, row * cols, i * cols, cols))) continue
    byHash.set(hash, [...alike, i])
    distinct++
  }
  return distinct
}

function equalRows (words: Uint32Array, a: number, b: number, length: number): boolean {
  for (let k = 0; k < length; k++) if (words[a + k] !== words[b + k]) return false
  return true
}

function requireTemplates (
  side: 'source' | 'target',
  { rows, cols, data }: TemplateMatrix,
  samples: readonly string[]
): void {
  if (data.length !== rows * cols) {
    throw new RangeError(`${side}: expected ${rows} x ${cols} = ${rows * cols} elements, received ${data.length}`)
  }
  for (let i = 0; i < rows; i++) {
    let sum = 0
    for (let k = i * cols; k < (i + 1) * cols; k++) {
      const value = data[k]!
      if (!Number.isFinite(value)) {
        throw new Problem(
          'template-invalid',
          `${side} template of sample "${samples[i]}": expected finite single-precision numbers, received ${value} ` +
            `at index ${k - i * cols}`
        )
      }
      sum += value * value
    }
    if (sum === 0) {
      throw new Problem(
        'template-invalid',
        `${side} template of sample "${samples[i]}": expected a vector with a direction, received one of norm zero`
      )
    }
  }
}

const invalid = (detail: string) => new Problem('request-invalid', detail)

const insufficient = (where: string, what: string, expected: number, received: number) =>
  new Problem('pairs-insufficient', `${where}: expected at least ${expected} ${what}, received ${received}`, {
    expected,
    received
  })

const deficient = (side: string, rank: number, expected: number, detail: string) =>
  new Problem('pairs-rank-deficient', `${side}: ${detail}`, { side, rank, expected })
