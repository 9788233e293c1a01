import type { Point } from './geometry.js'

/**
 * A similarity transform of the plane: rotation and uniform scale by the complex number a + ib, then translation.
 * `x' = a x - b y + tx`, `y' = b x + a y + ty`. It has no reflection.
 */
export interface Similarity {
  readonly a: number
  readonly b: number
  readonly tx: number
  readonly ty: number
}

/**
 * The similarity from `from` to `to` with the least sum of squared distances.
 *
 * Umeyama, "Least-squares estimation of transformation parameters between two point patterns", IEEE TPAMI 13 (1991). In
 * the plane and without reflection the minimum has a closed form: with centred points p and q as complex numbers, `a +
 * ib = sum conj(p) q / sum |p|^2`.
 * @param from n points, not all equal
 * @param to n points
 * @throws RangeError when the counts differ, or all points of `from` are equal
 */
export function estimateSimilarity (from: readonly Point[], to: readonly Point[]): Similarity {
  if (from.length !== to.length) {
    throw new RangeError(`expected equal numbers of source and target points, received ${from.length} and ${to.length}`)
  }
  const meanFrom = mean(from)
  const meanTo = mean(to)
  let spread = 0
  let real = 0
  let imaginary = 0
  for (const [i, point] of from.entries()) {
    const target = to[i] as Point
    const px = point.x - meanFrom.x
    const py = point.y - meanFrom.y
    const qx = target.x - meanTo.x
    const qy = target.y - meanTo.y
    spread += px * px + py * py
    real += px * qx + py * qy
    imaginary += px * qy - py * qx
  }
  if (!(spread > 0)) throw new RangeError('expected source points that are not all equal')
  const a = real / spread
  const b = imaginary / spread
  return { a, b, tx: meanTo.x - a * meanFrom.x + b * meanFrom.y, ty: meanTo.y - b * meanFrom.x - a * meanFrom.y }
}

export function applySimilarity ({ a, b, tx, ty }: Similarity, { x, y }: Point): Point {
  return { x: a * x - b * y + tx, y: b * x + a * y + ty }
}

/** @throws RangeError when the transform has scale 0 */
export function invertSimilarity ({ a, b, tx, ty }: Similarity): Similarity {
  const squaredScale = a * a + b * b
  if (!(squaredScale > 0)) throw new RangeError('expected a transform whose scale is not 0')
  const inverseA = a / squaredScale
  const inverseB = -b / squaredScale
  return {
    a: inverseA,
    b: inverseB,
    tx: -(inverseA * tx - inverseB * ty),
    ty: -(inverseB * tx + inverseA * ty)
  }
}

export function scaleOf ({ a, b }: Similarity): number {
  return Math.hypot(a, b)
}

function mean (points: readonly Point[]): Point {
  let x = 0
  let y = 0
  for (const point of points) {
    x += point.x
    y += point.y
  }
  return { x: x / points.length, y: y / points.length }
}
