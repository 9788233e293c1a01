import type { Graph } from '../../engines/onnx/runtime.js'
import { mapFace, toCrop, toWorking, type PlacedFace } from '../../engines/recognition/crop-source.js'
import type { Point } from '../../engines/recognition/geometry.js'
import { decodeImage } from '../../engines/recognition/image.js'
import type { Locate } from '../../engines/recognition/locator.js'
import type { RecogniserManifest } from '../../engines/recognition/manifest.js'
import type { Pixels } from '../../engines/recognition/pixels.js'
import { createRecogniser } from '../../engines/recognition/recogniser.js'
import { dot, mean, standardError } from '../../science/linear-algebra/sums.js'

/** A face of a photograph. */
export interface TestFace {
  readonly person: string
  readonly pixels: Pixels
  /** in these pixels */
  readonly face: PlacedFace
}

/**
 * The faces of a photograph, the largest first.
 * @param wanted the most prominent one, or all
 * @param personOf names the person of each
 * @throws Problem `face-missing` and those of the image
 */
export async function readFaces (
  bytes: Uint8Array,
  wanted: 'largest' | 'all',
  personOf: (index: number) => string,
  locate: Locate
): Promise<TestFace[]> {
  const picture = await decodeImage(bytes, maxPixels)
  const { faces } = await locate(picture, wanted, maxFaces)
  const source = { pixels: picture.pixels, fromOriginal: (point: Point) => toWorking(picture, point) }
  return faces.map(({ box, points }, k) => ({
    person: personOf(k),
    pixels: picture.pixels,
    face: mapFace({ box, points, whole: false }, source)
  }))
}

const maxPixels = 50_000_000
const maxFaces = 64

/** How well a way of feeding a graph tells people apart. */
export interface Separation {
  /** mean cosine of two photographs of one person, and of two persons */
  readonly mated: number
  readonly nonMated: number
  /** of one person */
  readonly comparisons: number
  /** share of the comparisons of one person that score above one of two persons: 0.5 by chance, 1 at best */
  readonly auc: number
  /** `mated - nonMated` in units of the spread of the cosines of two persons; of few photographs a rough figure */
  readonly distance: number
}

/** A way of feeding a graph, other than the manifest's, and what would be wrong if it did better. */
interface Variant {
  readonly what: 'channel order' | 'scale of the values' | 'crop'
  readonly manifest: RecogniserManifest
  /** the change in words */
  readonly says: string
}

interface TestedVariant extends Variant {
  readonly separation: Separation
}

export interface SelfTest {
  readonly photographs: number
  readonly people: number
  readonly separation: Separation
  /** other ways, the best first */
  readonly variants: readonly TestedVariant[]
  /** the best of them, if it is clearly better */
  readonly better: TestedVariant | undefined
}

/**
 * Of many people, a variant is better when their scores rise by three standard errors of the mean over people. On 90
 * faces of 30 people of LFW the wrong channel order costs mbf128 6 % of the distance, and that is told.
 */
const manyPeople = 10
const standardErrors = 3
/** Of few people, when it separates by this factor more: they vary as much by chance. */
const clearly = 1.3
/** Below this area under the curve a way is not that of a recogniser, and its order among others is chance. */
export const recognises = 0.9

/** Embeds the faces as a manifest says and in other ways, one thing changed at a time. */
export async function testRecogniser (
  manifest: RecogniserManifest,
  graph: Graph,
  faces: readonly TestFace[]
): Promise<SelfTest> {
  const own = await measure(manifest, graph, faces)
  const variants: (TestedVariant & { better: boolean })[] = []
  for (const variant of variantsOf(manifest)) {
    const { separation, people } = await measure(variant.manifest, graph, faces)
    const better = separation.auc >= recognises && isBetter({ separation, people }, own)
    variants.push({ ...variant, separation, better })
  }
  variants.sort((a, b) => b.separation.distance - a.separation.distance)
  return {
    photographs: faces.length,
    people: new Set(faces.map(({ person }) => person)).size,
    separation: own.separation,
    variants: variants.map(({ better, ...variant }) => variant),
    better: variants.find(({ better }) => better)
  }
}

interface Measured {
  readonly separation: Separation
  /** mean distance of the mated scores of each person who has two photographs */
  readonly people: ReadonlyMap<string, number>
}

function isBetter (a: Measured, b: Measured): boolean {
  const both = [...a.people].flatMap(([person, distance]) =>
    b.people.has(person) ? [distance - b.people.get(person)!] : []
  )
  if (both.length < manyPeople) return a.separation.distance > clearly * Math.max(0, b.separation.distance)
  return mean(both) > standardErrors * standardError(both)
}

function variantsOf (manifest: RecogniserManifest): Variant[] {
  const { input, crop } = manifest
  const variants: Variant[] = []
  if (input.channels !== 'grey') {
    const channels = input.channels === 'RGB' ? 'BGR' as const : 'RGB' as const
    const turned = { channels, mean: [...input.mean].reverse(), std: [...input.std].reverse() }
    variants.push({ what: 'channel order', says: channels, manifest: { ...manifest, input: { ...input, ...turned } } })
  }
  for (const [says, mean, std] of [['0..255', 0, 1], ['0..1', 0, 255], ['-1..1', 127.5, 127.5]] as const) {
    // The first channel tells: 127 and 128 are one scale to any model.
    if (Math.abs(input.std[0]! / std - 1) < 0.1 && Math.abs(input.mean[0]! - mean) < 2) continue
    variants.push({
      what: 'scale of the values',
      says,
      manifest: { ...manifest, input: { ...input, mean: [mean], std: [std] } }
    })
  }
  const crops: readonly (readonly [string, RecogniserManifest['crop']])[] = [
    ["ArcFace's own", { scale: 1, centreY: 0.5 }],
    ['0.8 of it, more around the face', { scale: 0.8, centreY: 0.5 }],
    ['1.2 of it, less around the face', { scale: 1.2, centreY: 0.64 }],
    ['the whole face, upright', { box: { margin: 0.1, resize: 'contain' } }]
  ]
  for (const [says, other] of crops) {
    const same = 'box' in other ? 'box' in crop : !('box' in crop) && Math.abs(crop.scale - other.scale) < 0.1
    if (!same) variants.push({ what: 'crop', says, manifest: { ...manifest, crop: other } })
  }
  return variants
}

async function measure (
  manifest: RecogniserManifest,
  graph: Graph,
  faces: readonly TestFace[]
): Promise<Measured> {
  const { size, recognise } = createRecogniser(manifest, graph)
  const vectors: (Float64Array | undefined)[] = []
  for (const { pixels, face } of faces) {
    const recognised = await recognise(pixels, toCrop(face, size))
    vectors.push('defect' in recognised ? undefined : unit(recognised.vector))
  }
  const mated: number[] = []
  const ofPerson = new Map<string, number[]>()
  const nonMated: number[] = []
  for (const [i, a] of vectors.entries()) {
    for (const [j, b] of vectors.entries()) {
      if (j <= i || a === undefined || b === undefined) continue
      const { person } = faces[i]!
      const score = dot(a, b)
      if (person !== faces[j]!.person) nonMated.push(score)
      else {
        mated.push(score)
        ofPerson.set(person, [...ofPerson.get(person) ?? [], score])
      }
    }
  }
  // A graph that gives no templates tells nobody apart.
  if (mated.length === 0 || nonMated.length === 0) {
    return { separation: { mated: 0, nonMated: 0, comparisons: 0, auc: 0.5, distance: 0 }, people: new Map() }
  }
  const [same, other] = [mean(mated), mean(nonMated)]
  // Of three photographs there are two scores of two persons, whose spread is anything.
  const spread = Math.max(0.02, Math.sqrt(mean(nonMated.map(score => (score - other) ** 2))))
  const above = mated.reduce((sum, score) => sum + nonMated.filter(against => score > against).length, 0)
  return {
    separation: {
      mated: same,
      nonMated: other,
      comparisons: mated.length,
      auc: above / mated.length / nonMated.length,
      distance: (same - other) / spread
    },
    people: new Map([...ofPerson].map(([person, scores]) => [person, (mean(scores) - other) / spread]))
  }
}

function unit (vector: Float32Array): Float64Array {
  const norm = Math.sqrt(dot(vector, vector))
  return Float64Array.from(vector, value => value / norm)
}
