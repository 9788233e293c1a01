import { Matrix, solve } from 'ml-matrix'
import type { Random } from '../../src/science/linear-algebra/random.js'

export type Vector = readonly number[]

/** @returns null when one of the two is zero */
export function cosine (a: ArrayLike<number>, b: ArrayLike<number>): number | null {
  let [ab, aa, bb] = [0, 0, 0]
  for (let i = 0; i < a.length; i++) {
    ab += a[i]! * b[i]!
    aa += a[i]! ** 2
    bb += b[i]! ** 2
  }
  return aa === 0 || bb === 0 ? null : ab / Math.sqrt(aa * bb)
}

/** Pearson's. @returns null when one of the two does not vary */
export function correlation (a: Vector, b: Vector): number | null {
  const centred = (values: Vector) => {
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length
    return values.map(value => value - mean)
  }
  return cosine(centred(a), centred(b))
}

/**
 * The affine function of least norm that agrees with the scores: w = Xt (X Xt)^-1 s, a constant among the columns of X.
 * @returns undefined when there are none
 */
export function fitScores (told: readonly { readonly vector: Vector, readonly score: number }[]): ((vector: Vector) => number) | undefined {
  if (told.length === 0) return undefined
  const rows = new Matrix(told.map(({ vector }) => [...vector, 1]))
  const gram = rows.mmul(rows.transpose())
  for (let i = 0; i < told.length; i++) gram.set(i, i, gram.get(i, i) + 1e-6)
  const weights = rows.transpose().mmul(solve(gram, Matrix.columnVector(told.map(({ score }) => score)))).to1DArray()
  return vector => dot([...vector, 1], weights)
}

export function basis (dimension: number, k: number): number[] {
  return Array.from({ length: dimension }, (_, i) => i === k ? 1 : 0)
}

/** A direction without preference. */
export function gaussianUnit (random: Random, dimension: number): number[] {
  const draw = () => Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next())
  return unit(Array.from({ length: dimension }, draw))
}

function unit (vector: Vector): number[] {
  const norm = Math.hypot(...vector)
  return vector.map(value => value / norm)
}

/** A unit vector at an angle to another one, towards a third. */
export function rotated (from: Vector, towards: Vector, angle: number): number[] {
  const axis = unit(from)
  const along = dot(axis, towards)
  const across = unit(towards.map((value, i) => value - along * axis[i]!))
  return axis.map((value, i) => Math.cos(angle) * value + Math.sin(angle) * across[i]!)
}

/** d - 1 unit vectors that are perpendicular to a vector and to one another (Gram and Schmidt, twice for accuracy). */
export function directionsAround (vector: Vector): number[][] {
  const found = [unit(vector)]
  for (let k = 0; k < vector.length && found.length < vector.length; k++) {
    let candidate: number[] = basis(vector.length, k)
    for (let pass = 0; pass < 2; pass++) {
      for (const other of found) {
        const along = dot(other, candidate)
        candidate = candidate.map((value, i) => value - along * other[i]!)
      }
    }
    if (Math.hypot(...candidate) > 1e-3) found.push(unit(candidate))
  }
  return found.slice(1)
}

/**
 * The direction of a template t from where its threshold s is crossed. On the way from p to a perpendicular u the score is
 * cos(a) <p, t> + sin(a) <u, t>, so that two ways u and -u with their angles give <p, t> / s and <u, t> / s.
 *
 * @param ways u, -u, u', -u', …
 * @param angles at which each crosses
 */
export function solveBoundary (start: Vector, ways: readonly Vector[], angles: readonly number[]): number[] {
  const pairs = Array.from({ length: ways.length / 2 }, (_, k) => {
    const [there, back] = [angles[2 * k]!, angles[2 * k + 1]!]
    const determinant = Math.sin(there + back)
    return { way: ways[2 * k]!, along: (Math.sin(back) + Math.sin(there)) / determinant, across: (Math.cos(back) - Math.cos(there)) / determinant }
  })
  const along = pairs.reduce((sum, pair) => sum + pair.along, 0) / pairs.length
  const axis = unit(start)
  return axis.map((value, i) => along * value + pairs.reduce((sum, { way, across }) => sum + across * way[i]!, 0))
}

/** What numbers of a normal distribution are on the average by their rank, the highest first (Blom). */
export function quantilesOfRanks (count: number): number[] {
  return Array.from({ length: count }, (_, rank) => normalQuantile(1 - (rank + 1 - 0.375) / (count + 0.25)))
}

/** By bisection of the logistic approximation of the normal distribution (Bowling et al. 2009), within 0.0002. */
function normalQuantile (share: number): number {
  let [low, high] = [-6, 6]
  for (let step = 0; step < 50; step++) {
    const middle = (low + high) / 2
    if (1 / (1 + Math.exp(-(0.07056 * middle ** 3 + 1.5976 * middle))) < share) low = middle
    else high = middle
  }
  return (low + high) / 2
}

export function dot (a: Vector, b: Vector): number {
  return a.reduce((sum, value, i) => sum + value * b[i]!, 0)
}
