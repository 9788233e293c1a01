import { Problem } from '../../errors.js'
import { memoised } from '../../memoised.js'
import { chooseSources, mapFace, toCrop, type CropSize } from './crop-source.js'
import { arcFaceCrop, arcFaceSide, templatePoints } from './face-template.js'
import { area, type Box, type FivePoints } from './geometry.js'
import { decodeImage, type Picture } from './image.js'
import { applyLevels, faceSpan, stretchedLevels } from './levels.js'
import { openLocator } from './locator.js'
import type { RecogniserManifest } from './manifest.js'
import { openVerifiedGraph, type Located, type ModelsFolder } from './model-graphs.js'
import { measureQuality, type Quality } from './quality.js'
import type { StopFlag } from '../threads/stop-flag.js'
import { createRecogniser, type Recogniser } from './recogniser.js'
import { luma, warp } from './warp.js'

export interface EmbedRequest {
  /** Bytes of a JPEG, PNG, WebP, AVIF, TIFF or GIF file. */
  readonly image: Uint8Array
  /** Ids of recognisers; they share decoding and detection. May be empty. */
  readonly models: readonly string[]
  /** `largest`: the one face that the picture is of, see `mostProminent`. `all`: every face found, largest first. */
  readonly faces: 'largest' | 'all'
  /** The image is a square crop of any size, aligned as for ArcFace: no detection. */
  readonly aligned: boolean
  /** Set once nobody waits for the result: a task that is still in the queue then is not begun. */
  readonly withdrawn?: StopFlag
}

export interface Face {
  /** In pixels of the upright original, like `landmarks`; it may reach beyond the image. */
  readonly box: Box
  readonly landmarks: FivePoints
  /** 0..1; null for aligned crops. */
  readonly detectionScore: number | null
  readonly quality: Quality
  /** In the order of the request. `vector` is the graph's raw output, not normalised. */
  readonly templates: readonly { readonly model: string, readonly vector: Float32Array }[]
  /** Models whose graph gave no template of this face, and what it gave instead. */
  readonly unusable: readonly { readonly model: string, readonly defect: string }[]
}

export interface EmbedResult {
  /** Of the upright original, in pixels. */
  readonly width: number
  readonly height: number
  /** Number of faces in the image; `faces` has one of them, or at most `maxFaces`. */
  readonly facesFound: number
  /** How many of them were left out because eyes, nose and mouth could not be told. */
  readonly facesUnclear: number
  /** How many more were left out, since one was wanted only or there are more than `maxFaces`. */
  readonly facesOmitted: number
  /** Area of the largest face left out, in areas of the first of `faces`; null when none was. */
  readonly largestOmitted: number | null
  readonly faces: readonly Face[]
  /** What was done when: milliseconds since 1970, of the clock of the process. */
  readonly stages: readonly Stage[]
}

interface Stage {
  readonly name: 'decode' | 'detect' | 'embed'
  readonly start: number
  readonly end: number
}

export interface EmbedderOptions {
  readonly models: ModelsFolder
  /** Id of the detector manifest. */
  readonly detector: string
  /** Maximum width times height of an image. */
  readonly maxPixels: number
  /** Maximum faces of one image that are embedded, the largest first. It bounds the work of one request. */
  readonly maxFaces: number
  /** Ids of the recognisers that are opened at once; the others are when they are first asked for. */
  readonly opened: readonly string[]
}

/**
 * @throws Problem of the image, `face-missing`, `face-unclear`, or `request-invalid` for an aligned crop that is not
 *   square
 */
export type Embed = (request: EmbedRequest) => Promise<EmbedResult>

/** The crop that quality is measured on. */
const arcFaceSize: CropSize = { crop: arcFaceCrop, width: arcFaceSide, height: arcFaceSide }

/**
 * Opens the detector and recognisers for this thread. Their runs block it, see `Graph.run`.
 * @throws StartupError when there is no such detector, or a graph has changed since the models folder was read
 */
export async function openEmbedder (
  { models, detector, maxPixels, maxFaces, opened }: EmbedderOptions
): Promise<Embed> {
  const locate = await openLocator(models, detector)
  const recognisers = new Map<string, Promise<Recogniser>>()
  const recogniser = (id: string): Promise<Recogniser> =>
    memoised(recognisers, id, async () => {
      const located = findRecogniser(models, id)
      return createRecogniser(located.manifest, await openVerifiedGraph(located))
    })
  for (const id of opened) await recogniser(id)

  return async ({ image, models: ids, faces: wanted, aligned }) => {
    const requested: Recogniser[] = []
    for (const id of ids) requested.push(await recogniser(id))
    const begun = clock()
    const picture = await decodeImage(image, maxPixels)
    const decoded = clock()
    const { boxes, unclear, faces } = aligned ? assumeAligned(picture) : await locate(picture, wanted, maxFaces)
    const detected = clock()
    const placed = faces.map(({ box, points }) => ({ box, points, whole: aligned }))
    const sources = await chooseSources(picture, placed, requested.map(({ size }) => size))
    const embedded: Face[] = []
    for (const [i, { box, points, score }] of faces.entries()) {
      const { pixels } = sources[i]!
      const faceInSource = mapFace(placed[i]!, sources[i]!)
      const levels = aligned ? null : stretchedLevels(pixels, faceSpan, faceInSource.box)
      const lit = levels === null ? pixels : applyLevels(pixels, levels)
      const templates: Face['templates'][number][] = []
      const unusable: Face['unusable'][number][] = []
      for (const { id, size, recognise } of requested) {
        const recognised = await recognise(lit, toCrop(faceInSource, size))
        if ('defect' in recognised) unusable.push({ model: id, defect: recognised.defect })
        else templates.push({ model: id, vector: recognised.vector })
      }
      const crop = warp(pixels, toCrop(faceInSource, arcFaceSize), arcFaceSide, arcFaceSide, luma)
      const quality = measureQuality(points, crop, aligned)
      embedded.push({ box, landmarks: points, detectionScore: score, quality, templates, unusable })
    }
    return {
      width: picture.width,
      height: picture.height,
      facesFound: boxes.length,
      facesUnclear: unclear,
      facesOmitted: boxes.length - unclear - faces.length,
      largestOmitted: largestOmitted(boxes, faces.map(({ box }) => box)),
      faces: embedded,
      stages: [
        { name: 'decode', start: begun, end: decoded },
        { name: 'detect', start: decoded, end: detected },
        { name: 'embed', start: detected, end: clock() }
      ]
    }
  }
}

const clock = (): number => performance.timeOrigin + performance.now()

/** @param given boxes of the faces that are given, the largest first */
function largestOmitted (boxes: readonly Box[], given: readonly Box[]): number | null {
  const isGiven = (box: Box): boolean => given.some(({ x, y }) => x === box.x && y === box.y)
  const omitted = boxes.filter(box => !isGiven(box)).map(area)
  return omitted.length === 0 ? null : Math.max(...omitted) / area(given[0]!)
}

function findRecogniser ({ recognisers }: ModelsFolder, id: string): Located<RecogniserManifest> {
  const located = recognisers.find(({ manifest }) => manifest.id === id)
  if (located !== undefined) return located
  const known = recognisers.map(({ manifest }) => `"${manifest.id}"`).join(', ')
  throw new Problem('model-unknown', `models: expected ids among ${known}, received "${id}"`)
}

function assumeAligned (
  { width, height }: Picture
): { boxes: Box[], unclear: number, faces: { box: Box, points: FivePoints, score: null }[] } {
  if (width !== height) {
    throw new Problem('request-invalid', `image: expected a square crop with aligned=true, received ${width}x${height}`)
  }
  const points = templatePoints(arcFaceCrop, width, height)
  const box = { x: 0, y: 0, width, height }
  return { boxes: [box], unclear: 0, faces: [{ box, points, score: null }] }
}
