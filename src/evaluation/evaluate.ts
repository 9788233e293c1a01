import { translate, prepare } from '../alignment/apply.js'
import type { AffineMap } from '../alignment/affine-map.js'
import type { Products, TemplateMatrix } from '../alignment/matrix.js'
import { calibrate, type Calibration } from './calibration.js'
import { compare, type Comparisons } from './comparisons.js'
import { measure, type Metrics } from './metrics.js'

/** Held-out pairs: row i of both sides is the same image. */
export interface HeldOut {
  /** (n, dSource), normalised rows */
  readonly source: TemplateMatrix
  /** (n, dTarget), normalised rows */
  readonly target: TemplateMatrix
  /** (n), index of the identity of each row */
  readonly identity: Int32Array
}

export interface MapEvaluation {
  readonly metrics: { readonly crossModel: Metrics, readonly sourceAlone: Metrics, readonly targetAlone: Metrics, readonly unaligned: Metrics }
  readonly calibration: { readonly crossModel: Calibration, readonly source: Calibration, readonly target: Calibration }
  /** Mean cosine of a translated template and the true one of the same image. */
  readonly fidelity: number
}

/**
 * Evaluates a map on pairs it has not seen: source templates translated against target templates, each model against
 * itself, and the paper's unaligned baseline, for which the shorter vectors are padded with zeros.
 *
 * @param seed of the bootstrap
 */
export async function evaluateMap (map: AffineMap, { source, target, identity }: HeldOut, seed: number, products: Products): Promise<MapEvaluation> {
  const translated = await translate(prepare(map), source, products)
  const dimension = Math.max(source.cols, target.cols)
  // One set of comparisons at a time: each holds a histogram of 8 MB.
  const crossModel = summarise(await compare(translated, target, identity, products), seed, false)
  const sourceAlone = summarise(await compare(source, undefined, identity, products), seed, true)
  const targetAlone = summarise(await compare(target, undefined, identity, products), seed, true)
  const unaligned = summarise(await compare(padded(source, dimension), padded(target, dimension), identity, products), seed, false)
  return {
    metrics: {
      crossModel: crossModel.metrics,
      sourceAlone: sourceAlone.metrics,
      targetAlone: targetAlone.metrics,
      unaligned: unaligned.metrics
    },
    calibration: { crossModel: crossModel.calibration, source: sourceAlone.calibration, target: targetAlone.calibration },
    fidelity: meanCosine(translated, target)
  }
}

/**
 * Mean cosine of corresponding rows.
 * @param a (n, d), normalised rows
 * @param b (n, d), normalised rows
 */
export function meanCosine (a: TemplateMatrix, b: TemplateMatrix): number {
  if (a.rows !== b.rows || a.cols !== b.cols || a.rows === 0) {
    throw new RangeError(`expected two matrices of one shape with rows, received ${a.rows} x ${a.cols} and ${b.rows} x ${b.cols}`)
  }
  let sum = 0
  for (let k = 0; k < a.data.length; k++) sum += a.data[k]! * b.data[k]!
  return sum / a.rows
}

function summarise (comparisons: Comparisons, seed: number, withinSpace: boolean) {
  const identities = new Set(comparisons.identity).size
  return {
    metrics: measure(comparisons, seed, withinSpace),
    calibration: calibrate(comparisons.nonMated, comparisons.mated.scores.length, identities)
  }
}

/** (n, dimension): the rows, continued with zeros. */
function padded (templates: TemplateMatrix, dimension: number): TemplateMatrix {
  const { rows, cols, data } = templates
  if (cols === dimension) return templates
  const wide = new Float32Array(rows * dimension)
  for (let i = 0; i < rows; i++) wide.set(data.subarray(i * cols, (i + 1) * cols), i * dimension)
  return { rows, cols: dimension, data: wide }
}
