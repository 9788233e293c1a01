import { closed, nullable, nullableNumber } from '../schemas.js'
import { Type, type Static } from 'typebox'
import { limitRows, type IdentityIndex } from '../linear-algebra/identities.js'
import type { Matrix, Products, TemplateMatrix } from '../linear-algebra/matrix.js'
import { quantile } from '../linear-algebra/quantile.js'
import { createRandom } from '../linear-algebra/random.js'
import { dot } from '../linear-algebra/sums.js'
import { resamples } from '../scores/bootstrap.js'
import { Estimate } from './estimate.js'

/** Two matrices of 5 MB a model, and intervals of about 0.02. */
const maxPeople = 800

export const Similarity = Type.Object({
  people: Type.Integer({ minimum: 0, description: 'Persons compared, each by the mean of their templates' }),
  pairs: Type.Array(
    Type.Object({
      first: Type.String(),
      second: Type.String(),
      rsa: nullable(
        Estimate,
        "Representational similarity (Kriegeskorte et al., 2008): Spearman's correlation, over every two persons, of " +
          'their cosine under one model and under the other'
      ),
      cka: nullable(
        Estimate,
        'Linear centred kernel alignment (Kornblith et al., 2019), debiased (Song et al., 2012; Nguyen et al., 2021): ' +
          'expected to be 0 for unrelated models, whatever the number of persons and dimensions'
      ),
      ckaBiased: nullableNumber(
        'The same without debiasing, for comparison with older reports: near 1 for any two models when there are fewer ' +
          'persons than dimensions'
      )
    }, closed),
    { description: 'Every two models' }
  )
}, { ...closed, description: 'How alike models arrange people, without any map. Null where all persons coincide' })
export type Similarity = Static<typeof Similarity>

interface LabelledTemplates {
  readonly identities: IdentityIndex
  /** per model, (n, d of the model), normalised rows */
  readonly templates: readonly TemplateMatrix[]
}

/** What the comparison of a model with others takes. The matrices have zeros on their diagonals. */
interface Arrangement {
  /** (p, p), ranks of the cosines of every two persons, about their mean; undefined where all are equal */
  readonly ranks: Matrix | undefined
  /** (p, p), U-centred Gram matrix; undefined where all persons coincide */
  readonly centred: Matrix | undefined
  /** (p, p), centred Gram matrix with its diagonal */
  readonly gram: Matrix
}

/**
 * How alike models arrange people: RSA and linear CKA of every two models. A person is the mean of all normalised
 * templates of them, so that images do not count.
 *
 * Intervals resample persons. Of two copies of one person nothing is learnt, so such pairs are left out, and ranks and
 * centring are those of all persons: both change a statistic by 1 / p, its interval is of the order of 1 / sqrt(p).
 *
 * @param seed of the persons drawn, if there are more than 800, and of the bootstrap
 * @param onProgress receives the fraction done
 */
export async function modelSimilarity (
  models: readonly string[],
  { identities, templates }: LabelledTemplates,
  seed: number,
  products: Products,
  onProgress: (fraction: number) => void = () => {}
): Promise<Similarity> {
  const people = drawPeople(identities, seed)
  const arrangements: Arrangement[] = []
  for (const matrix of templates) {
    arrangements.push(await arrangementOf(meanTemplates(matrix, identities, people), products))
    onProgress(0.3 * arrangements.length / models.length)
  }
  const draws = drawMultiplicities(people.length, seed)
  const own: Sums[] = []
  for (const { ranks, centred } of arrangements) {
    own.push({ ranks: await sumsOf(ranks, draws, products), centred: await sumsOf(centred, draws, products) })
  }
  const pairs: Similarity['pairs'] = []
  const count = models.length * (models.length - 1) / 2
  for (const [a, first] of models.entries()) {
    for (const [b, second] of models.entries()) {
      if (b <= a) continue
      const [x, y] = [arrangements[a]!, arrangements[b]!]
      pairs.push({
        first,
        second,
        rsa: await correlation([x.ranks, own[a]!.ranks], [y.ranks, own[b]!.ranks], draws, true, products),
        cka: await correlation([x.centred, own[a]!.centred], [y.centred, own[b]!.centred], draws, false, products),
        ckaBiased: alignment(x.gram, y.gram)
      })
      onProgress(0.3 + 0.7 * pairs.length / count)
    }
  }
  return { people: people.length, pairs }
}

interface Sums {
  readonly ranks: QuadraticSums | undefined
  readonly centred: QuadraticSums | undefined
}

function drawPeople (identities: IdentityIndex, seed: number): number[] {
  const all = identities.rows.map((_, who) => who)
  const each: IdentityIndex = { ofRow: Int32Array.from(all), rows: all.map(who => [who]) }
  return limitRows(each, all, maxPeople, createRandom(seed))
}

/** @returns (people, d), rows of norm 1; a row of zeros where templates cancel */
function meanTemplates (templates: TemplateMatrix, { rows }: IdentityIndex, people: readonly number[]): Matrix {
  const { cols, data } = templates
  const means = new Float64Array(people.length * cols) // (people, d), row-major
  for (const [p, who] of people.entries()) {
    const person = means.subarray(p * cols, (p + 1) * cols)
    for (const row of rows[who]!) for (let k = 0; k < cols; k++) person[k] = person[k]! + data[row * cols + k]!
    const norm = Math.sqrt(dot(person, person))
    if (norm > 0) { for (let k = 0; k < cols; k++) person[k] = person[k]! / norm }
  }
  return { rows: people.length, cols, data: means }
}

async function arrangementOf (people: Matrix, products: Products): Promise<Arrangement> {
  const cosines = await products.multiply(people, people, { transposeB: true })
  const gram = await centredGramOf(people, products)
  return { ranks: ranksOf(cosines), centred: uCentred(gram), gram }
}

async function centredGramOf ({ rows, cols, data }: Matrix, products: Products): Promise<Matrix> {
  const centre = new Float64Array(cols)
  for (let k = 0; k < data.length; k++) centre[k % cols] = centre[k % cols]! + data[k]! / rows
  const centred = { rows, cols, data: data.map((value, k) => value - centre[k % cols]!) }
  return await products.multiply(centred, centred, { transposeB: true })
}

/**
 * Ranks of the elements above the diagonal, equal ones sharing the mean of theirs, about the mean of all ranks.
 * @returns symmetric; undefined when all are equal
 */
export function ranksOf ({ rows: n, data }: Matrix): Matrix | undefined {
  const sorted = new Float64Array(n * (n - 1) / 2)
  for (let i = 0, k = 0; i < n; i++) for (let j = i + 1; j < n; j++) sorted[k++] = data[i * n + j]!
  sorted.sort()
  if (sorted[0] === sorted.at(-1)) return undefined
  const centre = (sorted.length - 1) / 2
  const ranks = new Float64Array(n * n) // (n, n), row-major
  for (let i = 0; i < n; i++) {
    for (let j = i + 1; j < n; j++) {
      const value = data[i * n + j]!
      const rank = (firstAtLeast(sorted, value) + firstAbove(sorted, value) - 1) / 2 - centre
      ranks[i * n + j] = rank
      ranks[j * n + i] = rank
    }
  }
  return { rows: n, cols: n, data: ranks }
}

const firstAtLeast = (sorted: Float64Array, value: number) => partition(sorted, other => other < value)
const firstAbove = (sorted: Float64Array, value: number) => partition(sorted, other => other <= value)

/** The number of leading values for which the condition holds. */
function partition (sorted: Float64Array, holds: (value: number) => boolean): number {
  let [from, to] = [0, sorted.length]
  while (from < to) {
    const middle = (from + to) >> 1
    if (holds(sorted[middle]!)) from = middle + 1
    else to = middle
  }
  return from
}

/**
 * U-centring (Székely and Rizzo, Annals of Statistics 42, 2014): off the diagonal `K_ij - r_i / (n - 2) - r_j / (n - 2)
 * + s / ((n - 1)(n - 2))` with r the row sums and s the sum of all elements off the diagonal. The inner product of two
 * such matrices over n (n - 3) is the unbiased HSIC of Song et al. (JMLR 13, 2012).
 * @returns undefined when nothing is left
 */
function uCentred ({ rows: n, data }: Matrix): Matrix | undefined {
  if (n < 4) return undefined
  const sums = Float64Array.from({ length: n }, (_, i) => {
    let sum = 0
    for (let j = 0; j < n; j++) if (j !== i) sum += data[i * n + j]!
    return sum
  })
  const all = sums.reduce((sum, value) => sum + value, 0) / ((n - 1) * (n - 2))
  const centred = new Float64Array(n * n) // (n, n), row-major
  let square = 0
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      if (i === j) continue
      const value = data[i * n + j]! - (sums[i]! + sums[j]!) / (n - 2) + all
      centred[i * n + j] = value
      square += value * value
    }
  }
  // Rounding leaves 1e-16 of elements that are at most 1.
  return square > 1e-20 * n * n ? { rows: n, cols: n, data: centred } : undefined
}

/** Cosine of two matrices: of centred Gram matrices it is the biased linear CKA. */
function alignment ({ data: a }: Matrix, { data: b }: Matrix): number | null {
  const norms = Math.sqrt(dot(a, a) * dot(b, b))
  return norms > 1e-20 * a.length ? Math.min(1, dot(a, b) / norms) : null
}

/** How often each person occurs: (p, 1 + resamples), the first column is everybody once. */
function drawMultiplicities (people: number, seed: number): Matrix {
  const random = createRandom(seed)
  const cols = 1 + resamples
  const data = new Float64Array(people * cols)
  for (let p = 0; p < people; p++) data[p * cols] = 1
  for (let b = 1; b < cols; b++) {
    for (let k = 0; k < people; k++) {
      const cell = random.integer(people) * cols + b
      data[cell] = data[cell]! + 1
    }
  }
  return { rows: people, cols, data }
}

/** Per draw, `wt A w` and `wt (A * A) w`. */
interface QuadraticSums {
  readonly sums: Float64Array
  readonly squares: Float64Array
}

async function sumsOf (
  matrix: Matrix | undefined,
  draws: Matrix,
  products: Products
): Promise<QuadraticSums | undefined> {
  if (matrix === undefined) return undefined
  return {
    sums: await quadraticForms(matrix, draws, products),
    squares: await quadraticForms(elementwise(matrix, matrix), draws, products)
  }
}

const elementwise = ({ rows, cols, data }: Matrix, other: Matrix): Matrix => ({
  rows,
  cols,
  data: data.map((value, k) => value * other.data[k]!)
})

/** `wt A w` for each column w. */
async function quadraticForms (matrix: Matrix, columns: Matrix, products: Products): Promise<Float64Array> {
  const { rows, cols, data } = columns
  const { data: product } = await products.multiply(matrix, columns)
  const forms = new Float64Array(cols)
  for (let i = 0; i < rows; i++) {
    for (let b = 0; b < cols; b++) forms[b] = forms[b]! + data[i * cols + b]! * product[i * cols + b]!
  }
  return forms
}

/**
 * The correlation of the elements off the diagonal, for everybody and for every resample.
 * @param aboutMeans whether the means of the resample are subtracted
 */
async function correlation (
  [a, sumsA]: readonly [Matrix | undefined, QuadraticSums | undefined],
  [b, sumsB]: readonly [Matrix | undefined, QuadraticSums | undefined],
  draws: Matrix,
  aboutMeans: boolean,
  products: Products
): Promise<Estimate | null> {
  if (a === undefined || b === undefined || sumsA === undefined || sumsB === undefined) return null
  const cross = await quadraticForms(elementwise(a, b), draws, products)
  const counts = pairsDrawn(draws)
  const found = cross.map((sum, k) => {
    const [meanA, meanB] = aboutMeans ? [sumsA.sums[k]! / counts[k]!, sumsB.sums[k]! / counts[k]!] : [0, 0]
    const covariance = sum / counts[k]! - meanA * meanB
    const variances = (sumsA.squares[k]! / counts[k]! - meanA ** 2) * (sumsB.squares[k]! / counts[k]! - meanB ** 2)
    return variances > 0 ? Math.max(-1, Math.min(1, covariance / Math.sqrt(variances))) : 0
  })
  const value = found[0]!
  const sorted = found.slice(1).sort()
  return {
    value,
    lower: Math.min(value, quantile(sorted, 0.025)),
    upper: Math.max(value, quantile(sorted, 0.975))
  }
}

/** Ordered pairs of different persons in each draw. */
function pairsDrawn ({ rows, cols, data }: Matrix): Float64Array {
  const counts = new Float64Array(cols).fill(rows * rows)
  for (let k = 0; k < data.length; k++) counts[k % cols] = counts[k % cols]! - data[k]! ** 2
  return counts
}
