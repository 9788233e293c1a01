import { Problem, type ErrorCode } from '../../errors.js'
import { thresholdAt } from '../../science/scores/calibration.js'
import { agreeing, meanOfDirections } from '../../science/template/robust-mean.js'
import { calibrationOf, type Catalogue, type KnownSpace } from '../catalogue/index.js'
import type { EmbeddedFace, EmbedLargest, EmbeddingRequest, LargestFace } from './embedding.js'
import { qualityWeight } from './quality-weight.js'

/** Several images of one person. */
interface SeveralImages extends Omit<EmbeddingRequest, 'faces' | 'image' | 'models'> {
  /** of one person, at most `maxSeveral` */
  readonly images: readonly Uint8Array[]
  readonly models: readonly string[]
}

/** What became of one of several images. */
export interface ImageOutcome {
  /** share of the mean; 0 for an image that was left out */
  readonly weight: number
  /** null when it has none that can be embedded */
  readonly face: LargestFace | null
  /** why it was left out */
  readonly omitted: { readonly code: ErrorCode, readonly detail: string } | null
}

interface MergedFace {
  /** of the image with the largest weight; its templates are the means */
  readonly face: LargestFace
  /** in the order of the request */
  readonly images: readonly ImageOutcome[]
}

/**
 * One template of each model for several images of one person.
 * @throws Problem `images-differ` unless more than half of those that show a face are of one person,
 *   `threshold-unsupported` when no active map tells for any of the models what a match is, and the problem of the
 *   first image when none can be embedded
 */
export type MergeImages = (request: SeveralImages) => Promise<MergedFace>

/**
 * Two images are of one person when their templates match at this rate. On 143 people of LFW with four or five
 * photographs each, strangers among them are left out in 0.999 of cases with r512, own photographs in none; at 0.1 it
 * is 0.955 of the strangers, at 0.0001 0.015 of their own, and with dlib128 0.126 of the people are refused
 * (`npm run report:recognition -- --only several --people 250 --half development`).
 */
export const sameAtFmr = 0.01

/** Problems of an image alone: the others can do without it. */
const ofImage = new Set<ErrorCode>([
  'image-unsupported',
  'image-too-large',
  'image-damaged',
  'face-missing',
  'face-unclear',
  'quality-low',
  'template-missing'
])

export function createMerging (embed: EmbedLargest, catalogue: Catalogue): MergeImages {
  return async ({ images, ...request }) => {
    const decider = deciderOf(request.models.map(model => catalogue.space(model)))
    const embedded: (LargestFace | Problem)[] = []
    for (const image of images) embedded.push(await embed({ ...request, image }).catch(problemOfImage))
    const rows = embedded.flatMap((result, i) => result instanceof Problem ? [] : [{ i, face: result }])
    const [first] = embedded
    if (rows.length === 0 && first instanceof Problem) throw none(first, images.length)
    const vectors = rows.map(({ face }) => vectorOf(face, decider.space))
    const agreed = agreeing({ vectors }, decider.threshold)
    if (agreed === undefined) throw differ(rows.length, decider.space)
    const used = new Map(agreed.map(k => [rows[k]!.i, qualityWeight(rows[k]!.face.quality)]))
    const total = [...used.values()].reduce((sum, weight) => sum + weight, 0)
    const best = rows.filter(({ i }) => used.has(i)).reduce((a, b) => used.get(b.i)! > used.get(a.i)! ? b : a)
    return {
      face: { ...best.face, templates: meansOf(rows.filter(({ i }) => used.has(i)), used) },
      images: embedded.map((result, i) => {
        if (result instanceof Problem) return { weight: 0, face: null, omitted: result }
        const weight = (used.get(i) ?? 0) / total
        return { weight, face: result, omitted: used.has(i) ? null : otherPerson(decider.space) }
      })
    }
  }

  /** The model that tells people apart best. @throws Problem `threshold-unsupported` */
  function deciderOf (spaces: readonly KnownSpace[]): { space: KnownSpace, threshold: number } {
    const able = spaces.flatMap(space => {
      const calibrated = calibrationOf(catalogue, space)
      const threshold = calibrated && thresholdAt(calibrated.comparisons, sameAtFmr).threshold
      if (calibrated === undefined || threshold == null) return []
      return { space, threshold, tmr: calibrated.metrics.operatingPoints.find(({ fmr }) => fmr === 1e-3)?.tmr ?? 0 }
    }).sort((a, b) => b.tmr - a.tmr)
    if (able[0] !== undefined) return able[0]
    throw new Problem(
      'threshold-unsupported',
      `combine: expected an active map from or to one of the models ${
        spaces.map(({ model }) => `"${model}"`).join(', ')
      }, whose thresholds tell whether images are of one person, found none. Send one image`
    )
  }
}

function meansOf (
  rows: readonly { readonly i: number, readonly face: EmbeddedFace }[],
  weights: ReadonlyMap<number, number>
): EmbeddedFace['templates'] {
  return rows[0]!.face.templates.map(({ space }) => ({
    space,
    vector: meanOfDirections({
      vectors: rows.map(({ face }) => vectorOf(face, space)),
      weights: rows.map(({ i }) => weights.get(i)!)
    })
  }))
}

function vectorOf ({ templates }: EmbeddedFace, space: KnownSpace): Float32Array {
  return templates.find(template => template.space.fingerprint === space.fingerprint)!.vector
}

function problemOfImage (error: unknown): Problem {
  if (error instanceof Problem && ofImage.has(error.code)) return error
  throw error
}

function none (first: Problem, count: number): Problem {
  if (count === 1) return first
  return new Problem(
    first.code,
    `image: expected ${count} images of which at least one can be embedded, received none; of the first: ${first.detail}`,
    first.extensions
  )
}

function differ (count: number, { model }: KnownSpace): Problem {
  return new Problem(
    'images-differ',
    `image: expected images of one person, of which more than half match one another at FMR ${sameAtFmr} with ` +
      `model "${model}", received ${count} of which at most ${Math.floor(count / 2)} do`
  )
}

const otherPerson = ({ model }: KnownSpace): ImageOutcome['omitted'] => ({
  code: 'images-differ',
  detail: `image: does not match the others at FMR ${sameAtFmr} with model "${model}"`
})
