import { closed, Sha256 } from '../../science/schemas.js'
import { Type, type Static } from 'typebox'
import { fingerprintOf, ModelId } from '../../science/template/space.js'

/**
 * A manifest tells how a graph of the models folder is fed and read. There is one JSON file per model; its graph is
 * beside it or in the cache folder that `npm run build:models` fills. Unknown members are rejected: a misspelt option
 * must not silently change a space.
 */

const PerChannel = Type.Array(Type.Number(), { minItems: 1, maxItems: 3 })

const Graph = Type.Object({
  /** File name, looked up beside the manifest and then in the cache folder. */
  file: Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._-]*\\.onnx$' }),
  sha256: Sha256,
  /** Names of the graph's input and of the output(s) that are read. */
  input: Type.String({ minLength: 1 }),
  outputs: Type.Array(Type.String({ minLength: 1 }), { minItems: 1 })
}, closed)

/** A pixel value v (0 to 255) enters the graph as (v - mean) / std, per channel in the order of `channels`. */
const Input = Type.Object({
  width: Type.Integer({ minimum: 1, maximum: 4096 }),
  height: Type.Integer({ minimum: 1, maximum: 4096 }),
  layout: Type.Union([Type.Literal('NCHW'), Type.Literal('NHWC')]),
  channels: Type.Union([Type.Literal('RGB'), Type.Literal('BGR'), Type.Literal('grey')]),
  mean: PerChannel,
  std: PerChannel
}, closed)

/**
 * Position of the ArcFace five-point template in the crop: its point (x, y) of 112 x 112 is put at `((x/112 - 0.5)
 * scale + 0.5) width, ((y/112 - centreY) scale + 0.5) height`. `scale` 1 and `centreY` 0.5 is ArcFace's own crop.
 */
const PointsCrop = Type.Object({
  scale: Type.Number({ exclusiveMinimum: 0, maximum: 4 }),
  centreY: Type.Number({ minimum: 0, maximum: 1 })
}, closed)

/**
 * The whole face, upright as it is in the picture: what models want that were not trained on aligned faces. The
 * detector's box grows on each side by `margin` of its longer side. `contain` shows all of the grown box, with what is
 * around it where the model's input has another shape; `cover` fills the input and cuts what is too long.
 */
const BoxCrop = Type.Object({
  box: Type.Object({
    margin: Type.Number({ minimum: 0, maximum: 2 }),
    resize: Type.Union([Type.Literal('contain'), Type.Literal('cover')])
  }, closed)
}, closed)

const Crop = Type.Union([PointsCrop, BoxCrop])

/**
 * How the template is taken from an output of tokens, (1, tokens, dimension): one of them, as a transformer's class
 * token, or their mean from one on. An output without it is the template itself.
 */
const Pooling = Type.Union([
  Type.Object({ token: Type.Integer({ minimum: 0 }) }, closed),
  Type.Object({ meanFrom: Type.Integer({ minimum: 0 }) }, closed)
])

const Provenance = {
  title: Type.String({ minLength: 1, maxLength: 200 }),
  /** SPDX identifier, or the publisher's statement. */
  licence: Type.String({ minLength: 1, maxLength: 200 }),
  source: Type.String({ minLength: 1, maxLength: 500 })
}

export const RecogniserManifest = Type.Object({
  id: ModelId,
  kind: Type.Literal('recogniser'),
  ...Provenance,
  graph: Graph,
  input: Input,
  crop: Crop,
  pooling: Type.Optional(Pooling),
  dimension: Type.Integer({ minimum: 2, maximum: 4096 }),
  /** How templates of this space are compared: cosine of the L2-normalised vectors. */
  normalisation: Type.Literal('l2')
}, closed)

export const DetectorManifest = Type.Object({
  id: ModelId,
  kind: Type.Literal('detector'),
  ...Provenance,
  /**
   * How the outputs are read. `rfb` finds boxes only and needs `landmarks`; `yunet` and `scrfd` find five points too.
   */
  decoder: Type.Union([Type.Literal('rfb'), Type.Literal('yunet'), Type.Literal('scrfd')]),
  graph: Graph,
  input: Input,
  scoreThreshold: Type.Number({ exclusiveMinimum: 0, exclusiveMaximum: 1 }),
  iouThreshold: Type.Number({ exclusiveMinimum: 0, exclusiveMaximum: 1 }),
  /** Id of the landmarks manifest, for a detector without points of its own. */
  landmarks: Type.Optional(ModelId)
}, closed)

export const LandmarksManifest = Type.Object({
  id: ModelId,
  kind: Type.Literal('landmarks'),
  ...Provenance,
  graph: Graph,
  input: Input,
  /** 68 points in the iBUG order, as x, y in 0..1 of the crop. */
  points: Type.Literal(68)
}, closed)

export const Manifest = Type.Union([RecogniserManifest, DetectorManifest, LandmarksManifest])

export type RecogniserManifest = Static<typeof RecogniserManifest>
export type DetectorManifest = Static<typeof DetectorManifest>
export type LandmarksManifest = Static<typeof LandmarksManifest>
export type Manifest = Static<typeof Manifest>
export type Crop = Static<typeof Crop>
export type PointsCrop = Static<typeof PointsCrop>
export type BoxCrop = Static<typeof BoxCrop>
export type InputRecipe = Static<typeof Input>

/**
 * Fingerprint of the space of a recogniser: SHA-256 over the digest of the weights, the preprocessing recipe, the
 * dimension and the normalisation. The same name with other weights, or another crop, is another space.
 */
export function recogniserFingerprint (manifest: RecogniserManifest): string {
  const { width, height, layout, channels, mean, std } = manifest.input
  return fingerprintOf([
    'crosswalk-space-1',
    manifest.graph.sha256,
    manifest.graph.outputs[0],
    width,
    height,
    layout,
    channels,
    mean,
    std,
    ...'box' in manifest.crop
      ? ['box', manifest.crop.box.margin, manifest.crop.box.resize]
      : [manifest.crop.scale, manifest.crop.centreY],
    manifest.dimension,
    manifest.normalisation,
    // Absent from those that have none, whose fingerprints are older than this member.
    ...manifest.pooling === undefined ? [] : Object.entries(manifest.pooling).flat()
  ])
}
