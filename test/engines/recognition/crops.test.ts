import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mapFace, toCrop, type PlacedFace } from '../../../src/engines/recognition/crop-source.js'
import { arcFacePoints } from '../../../src/engines/recognition/face-template.js'
import { mapFive, type Point } from '../../../src/engines/recognition/geometry.js'
import { recogniserFingerprint, type RecogniserManifest } from '../../../src/engines/recognition/manifest.js'
import { createRecogniser } from '../../../src/engines/recognition/recogniser.js'
import { applySimilarity } from '../../../src/engines/recognition/similarity.js'
import type { Graph } from '../../../src/engines/onnx/runtime.js'

const face: PlacedFace = { box: { x: 100, y: 50, width: 60, height: 80 }, points: arcFacePoints, whole: false }
const near = (found: Point, x: number, y: number) =>
  assert.ok(Math.abs(found.x - x) < 1e-9 && Math.abs(found.y - y) < 1e-9, JSON.stringify(found))

test('contain shows all of the grown box, centred; cover fills the input with it', () => {
  const contain = toCrop(face, { crop: { box: { margin: 0.25, resize: 'contain' } }, width: 200, height: 100 })
  // grown to 100 x 120, at 100/120 of its size
  near(applySimilarity(contain, { x: 130, y: 90 }), 99.5, 49.5)
  near(applySimilarity(contain, { x: 130, y: 30 }), 99.5, -0.5)
  near(applySimilarity(contain, { x: 130, y: 150 }), 99.5, 99.5)
  const cover = toCrop(face, { crop: { box: { margin: 0.25, resize: 'cover' } }, width: 200, height: 100 })
  near(applySimilarity(cover, { x: 80, y: 90 }), -0.5, 49.5)
  near(applySimilarity(cover, { x: 180, y: 90 }), 199.5, 49.5)
})

test('a face on its side is shown upright, one that is tilted as it is', () => {
  const size = { crop: { box: { margin: 0, resize: 'contain' as const } }, width: 80, height: 80 }
  const about = (angle: number): PlacedFace => ({
    ...face,
    points: mapFive(arcFacePoints, ({ x, y }) => ({
      x: x * Math.cos(angle) - y * Math.sin(angle),
      y: x * Math.sin(angle) + y * Math.cos(angle)
    }))
  })
  const eyes = (placed: PlacedFace) => {
    const [left, right] = placed.points.map(point => applySimilarity(toCrop(placed, size), point)) as [Point, Point]
    return Math.atan2(right.y - left.y, right.x - left.x)
  }
  for (const quarter of [0, 1, 2, 3]) assert.ok(Math.abs(eyes(about(quarter * Math.PI / 2))) < 0.02, String(quarter))
  assert.ok(Math.abs(eyes(about(0.4)) - 0.4) < 0.02)
})

test('the whole picture has no margin, and a face is mapped with its box', () => {
  const crop = { box: { margin: 0.5, resize: 'contain' as const } }
  const whole = { ...face, box: { x: 0, y: 0, width: 112, height: 112 }, whole: true }
  near(applySimilarity(toCrop(whole, { crop, width: 224, height: 224 }), { x: 0, y: 0 }), -0.5, -0.5)
  const mapped = mapFace(face, {
    pixels: { width: 1, height: 1, data: new Uint8Array(3) },
    fromOriginal: ({ x, y }) => ({ x: x / 2, y: y / 2 })
  })
  assert.deepEqual(mapped.box, { x: 50, y: 25, width: 30, height: 40 })
})

const manifest: RecogniserManifest = {
  id: 'tokens',
  kind: 'recogniser',
  title: 'Tokens',
  licence: 'none',
  source: 'this test',
  graph: { file: 'tokens.onnx', sha256: '0'.repeat(64), input: 'x', outputs: ['y'] },
  input: { width: 4, height: 4, layout: 'NCHW', channels: 'RGB', mean: [0], std: [1] },
  crop: { box: { margin: 0.3, resize: 'contain' } },
  dimension: 2,
  normalisation: 'l2'
}

test('a template is one token, or the mean of those from one on', async () => {
  const graph: Graph = {
    inputs: [],
    outputs: [],
    run: async () => ({ y: { data: Float32Array.of(1, 2, 3, 4, 5, 8), dims: [1, 3, 2] } }),
    release: async () => {}
  }
  const pixels = { width: 4, height: 4, data: new Uint8Array(48) }
  const vectorOf = async (pooling: NonNullable<RecogniserManifest['pooling']>) => {
    const found = await createRecogniser({ ...manifest, pooling }, graph).recognise(pixels, {
      a: 1,
      b: 0,
      tx: 0,
      ty: 0
    })
    return 'vector' in found ? [...found.vector] : found.defect
  }
  assert.deepEqual(await vectorOf({ token: 0 }), [1, 2])
  assert.deepEqual(await vectorOf({ token: 2 }), [5, 8])
  assert.deepEqual(await vectorOf({ meanFrom: 1 }), [4, 6])
})

test('crop and pooling are part of the fingerprint', () => {
  const prints = [
    manifest,
    { ...manifest, crop: { box: { margin: 0.2, resize: 'contain' as const } } },
    { ...manifest, crop: { box: { margin: 0.3, resize: 'cover' as const } } },
    { ...manifest, crop: { scale: 1, centreY: 0.5 } },
    { ...manifest, pooling: { token: 0 } },
    { ...manifest, pooling: { token: 1 } },
    { ...manifest, pooling: { meanFrom: 1 } }
  ].map(recogniserFingerprint)
  assert.equal(new Set(prints).size, prints.length)
})
