import { encodePortableGraph, portableInput, type PortableView } from '../../engines/onnx/portable-graph.js'
import type { AffineMap } from '../../science/alignment/affine-map.js'
import { prepare } from '../../science/alignment/apply.js'
import {
  cohortOf,
  type ComparisonSpace,
  minVariance,
  nativeSide,
  type SideName
} from '../../science/alignment/comparison-space.js'
import type { StoredCalibration, StoredMap } from '../catalogue/index.js'
import { placeOf } from '../verifications/index.js'
import { writeSafetensors, type Float32Tensor } from './safetensors.js'

/** What a graph does: translate, or project one side to where the map compares its two models. */
export const portableParts = ['translation', 'source', 'target'] as const
export type PortablePart = typeof portableParts[number]

export interface PortableMap {
  readonly map: StoredMap
  readonly numbers: AffineMap
  /** undefined for a map that compares in its target space */
  readonly comparison: ComparisonSpace | undefined
  /** that takes the place of the calibration of the card */
  readonly calibration: StoredCalibration | undefined
}

/** An ONNX graph of one part, see `encodePortableGraph`. The same map gives the same bytes. */
export function writeOnnx (portable: PortableMap, part: PortablePart): Buffer {
  const view = viewOf(portable, part)
  const output = part === 'translation' ? 'translated' : 'projected'
  return Buffer.from(encodePortableGraph(view, {
    name: part,
    output,
    metadata: {
      ...describe(portable),
      part,
      input: `${portableInput}: float32 (n, ${view.weights?.rows ?? view.bias.length}) of ${modelOf(portable, part)}`,
      output: part === 'translation'
        ? `${output}: float32 (n, ${view.bias.length}) of ${portable.map.target.model}, rows of norm 1`
        : `${output}: float32 (n, ${view.bias.length}); the score is the inner product of a row of each side`,
      ...part === 'translation' ? {} : { thresholds: thresholdsOf(portable) }
    }
  }))
}

const modelOf = ({ map }: PortableMap, part: PortablePart) => part === 'target' ? map.target.model : map.source.model

/** All numbers of a map as a safetensors file. The same map gives the same bytes. */
export function writeTensors (portable: PortableMap): Buffer {
  const { numbers: { weights, meanSource, meanTarget }, comparison } = portable
  const tensors: Record<string, Float32Tensor> = {
    weights: { shape: [weights.rows, weights.cols], data: weights.data },
    mean_source: vector(meanSource),
    mean_target: vector(meanTarget)
  }
  if (comparison !== undefined) {
    for (const side of ['source', 'target'] as const) {
      const { weights, bias, floor, cohort } = viewOf(portable, side)
      if (weights !== null) tensors[`${side}.weights`] = { shape: [weights.rows, weights.cols], data: weights.data }
      tensors[`${side}.bias`] = vector(bias)
      if (floor !== undefined) {
        tensors[`${side}.floor_centre`] = vector(floor.centre)
        tensors[`${side}.floor_length`] = vector(Float32Array.of(floor.length))
      }
      if (cohort !== undefined) {
        const { covariance } = cohort
        tensors[`${side}.cohort_mean`] = vector(cohort.mean)
        tensors[`${side}.cohort_covariance`] = { shape: [covariance.rows, covariance.cols], data: covariance.data }
        tensors[`${side}.cohort_scale`] = vector(Float32Array.of(cohort.scale))
      }
    }
  }
  return writeSafetensors(tensors, {
    ...describe(portable),
    translation: 'l2((l2(x) - mean_source) @ weights + mean_target)',
    comparison: comparison === undefined
      ? 'translations of the source against l2(x) of the target'
      : 'p = l2(x) @ side.weights + side.bias; with a floor c + (p - c) max(1, length / |p - c|); u = l2(p); with a ' +
        `cohort (u - mean) scale / max(${minVariance}, u @ covariance . u) ** 0.25`,
    thresholds: thresholdsOf(portable)
  })
}

const vector = (data: Float32Array): Float32Tensor => ({ shape: [data.length], data })

function viewOf ({ map, numbers, comparison }: PortableMap, part: PortablePart): PortableView {
  if (part === 'translation') return prepare(numbers)
  if (comparison === undefined) return part === 'source' ? prepare(numbers) : nativeSide(map.target.dimension)
  return { ...comparison[part], cohort: cohort(comparison, part) }
}

function cohort ({ normalisation }: ComparisonSpace, side: SideName): PortableView['cohort'] {
  return normalisation === null ? undefined : { ...cohortOf(normalisation, side), minVariance }
}

function describe ({ map, calibration }: PortableMap): Record<string, string> {
  const { id, version, source, target, method, sha256, corpusHash, card } = map
  return {
    format: 'crosswalk map 1',
    map: id,
    version: String(version),
    source: `${source.model} ${source.fingerprint}`,
    target: `${target.model} ${target.fingerprint}`,
    method,
    verdict: card.verdict?.verdict ?? 'none',
    numbers_sha256: sha256,
    corpus_sha256: corpusHash,
    ...calibration === undefined ? {} : { calibration: calibration.id }
  }
}

/** JSON: the thresholds of the comparison by false match rate, one per decade. */
function thresholdsOf ({ map, calibration }: PortableMap): string {
  const { grid } = placeOf(map, calibration).calibration
  return JSON.stringify(Object.fromEntries(
    grid.filter(({ fmr }) => isDecade(fmr)).map(({ fmr, threshold }) => [Number(fmr.toPrecision(3)), threshold])
  ))
}

const isDecade = (rate: number): boolean => Math.abs(Math.log10(rate) - Math.round(Math.log10(rate))) < 1e-6
