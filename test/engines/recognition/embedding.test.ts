import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import sharp from 'sharp'
import { Problem, type ErrorCode } from '../../../src/errors.js'
import type { ModelsFolder } from '../../../src/engines/recognition/model-graphs.js'
import { openModelsFolder } from '../../../src/engines/recognition/models-folder.js'
import {
  createRecognition,
  type EmbedRequest,
  type EmbedResult,
  type Face,
  type Recognition
} from '../../../src/engines/recognition/recognition.js'
import { cosine } from '../../support/cosine.js'
import { variants } from '../../support/image-variants.js'
import { lfwPhotographs, modelCache, modelsFolder, portrait, samplePhotographs } from '../../support/photographs.js'

let models: ModelsFolder
let recognition: Recognition
let photograph: Buffer

const packModels = ['r512', 'dlib128', 'faceres1024']

before(async () => {
  models = await openModelsFolder(modelsFolder, modelCache)
  recognition = await createRecognition({ models, detector: 'rfb320', maxPixels: 50_000_000 })
  photograph = readFileSync(portrait)
})

after(() => recognition.close())

const embed = (image: Uint8Array, request: Partial<EmbedRequest> = {}): Promise<EmbedResult> =>
  // The bytes move to the worker; tests go on using theirs.
  recognition.embed({ models: ['r512'], faces: 'largest', aligned: false, ...request, image: Uint8Array.from(image) })

function only (result: EmbedResult): Face {
  assert.equal(result.faces.length, 1)
  return result.faces[0] as Face
}

const templateOf = (face: Face, model = 'r512'): Float32Array => {
  const template = face.templates.find((one) => one.model === model)
  assert.ok(template !== undefined)
  return template.vector
}

const problem = (code: ErrorCode, detail: RegExp) => (error: unknown): boolean => {
  assert.ok(error instanceof Problem, String(error))
  assert.equal(error.code, code)
  assert.match(error.detail, detail)
  return true
}

test('a face has a box, points, score, quality and one raw template per model, in the order requested', async () => {
  const { width, height, facesFound, faces } = await embed(photograph, { models: [...packModels].reverse() })
  assert.deepEqual([width, height], [1920, 1280])
  assert.equal(facesFound, 3)
  const face = faces[0] as Face
  assert.deepEqual(face.templates.map(({ model, vector }) => [model, vector.length]), [
    ['faceres1024', 1024],
    ['dlib128', 128],
    ['r512', 512]
  ])
  assert.ok(face.templates.every(({ vector }) => vector.every(Number.isFinite)))
  // Raw: the length of the vector is the graph's business.
  assert.ok(Math.abs(Math.hypot(...templateOf(face)) - 1) > 0.1)
  assert.ok(face.detectionScore !== null && face.detectionScore > 0.6 && face.detectionScore <= 1)
  for (const { x, y } of face.landmarks) {
    assert.ok(x > face.box.x && x < face.box.x + face.box.width && y > face.box.y && y < face.box.y + face.box.height)
  }
  const [left, right] = face.landmarks
  assert.ok(Math.abs(face.quality.interEyeDistance - Math.hypot(left.x - right.x, left.y - right.y)) < 1e-6)
})

test('all faces of a group are found, largest first, and `largest` is one of them', async () => {
  const people = [3, 3, 3, 4, 5, 4]
  for (const [i, path] of samplePhotographs.entries()) {
    const group = readFileSync(path)
    const { faces, facesFound, facesUnclear } = await embed(group, { faces: 'all', models: [] })
    assert.equal(facesFound, people[i])
    // One woman in the second is seen in full profile.
    assert.equal(facesUnclear, i === 1 ? 1 : 0, path)
    assert.equal(faces.length, facesFound - facesUnclear)
    const areas = faces.map(({ box }) => box.width * box.height)
    assert.deepEqual(areas, [...areas].sort((a, b) => b - a))
    const { box } = only(await embed(group, { models: [] }))
    assert.ok(
      faces.some((face) => face.box.x === box.x && face.box.width * face.box.height >= 0.75 * (areas[0] as number))
    )
  }
})

test('several models in one request give the same templates as each alone', async () => {
  const together = only(await embed(photograph, { models: packModels }))
  for (const model of packModels) {
    const alone = only(await embed(photograph, { models: [model] }))
    assert.deepEqual(templateOf(alone, model), templateOf(together, model))
    assert.deepEqual(alone.box, together.box)
  }
})

test('the template of a photograph does not depend on the format it is sent in', async (t) => {
  const face = await sharp(photograph).extract({ left: 640, top: 300, width: 640, height: 560 }).png().toBuffer()
  const original = templateOf(only(await embed(face)))
  // Two photographs of one person have a cosine of 0.64 in the mean: what a codec or the loss of colours takes is far
  // less.
  for (const { name, bytes, colourKept } of await variants(face)) {
    await t.test(name, async () => {
      const similarity = cosine(templateOf(only(await embed(bytes))), original)
      assert.ok(similarity > (colourKept ? 0.97 : 0.85), `cosine ${similarity}`)
    })
  }
})

test('box and points are those of the upright original, at every size', async () => {
  const small = only(await embed(photograph))
  for (const width of [960, 3840, 4600]) {
    const factor = width / 1920
    const scaled = only(await embed(await sharp(photograph).resize(width).jpeg({ quality: 95 }).toBuffer()))
    for (const [i, point] of scaled.landmarks.entries()) {
      const expected = small.landmarks[i]
      assert.ok(
        expected !== undefined &&
          Math.hypot(
              point.x / factor - expected.x,
              point.y / factor - expected.y
            ) < 0.1 * small.quality.interEyeDistance
      )
    }
    assert.ok(cosine(templateOf(scaled), templateOf(small)) > 0.9)
  }
})

test('an image of 14 megapixels is embedded with three models', async () => {
  const large = await sharp(photograph).resize(4600).jpeg({ quality: 90 }).toBuffer()
  const { width, height, faces } = await embed(large, { models: packModels })
  assert.ok(width * height > 12_000_000)
  assert.equal(faces[0]?.templates.length, 3)
})

test('a small face in a large image is cropped from the original', async () => {
  const factor = 0.25
  const reduced = await sharp(photograph).resize(1920 * factor).toBuffer()
  const wide = { create: { width: 6000, height: 3200, channels: 3, background: '#777777' } } as const
  // The people are 1920 pixels of 6000 wide: 512 of the 1600 that are looked at.
  const sharpened = await sharp(wide).composite([
    { input: photograph, left: 2000, top: 900 }
  ]).jpeg({ quality: 95 }).toBuffer()
  const original = only(await embed(photograph))
  const small = only(await embed(sharpened))
  const blurred = only(await embed(await sharp(reduced).resize(1920).toBuffer()))
  // What the pixels of the original add shows in its sharpness.
  assert.ok(
    small.quality.sharpness > 2 * blurred.quality.sharpness,
    `${small.quality.sharpness} against ${blurred.quality.sharpness}`
  )
  assert.ok(cosine(templateOf(small), templateOf(original)) > 0.8)
})

test('an aligned crop is not searched for faces, at any size', async () => {
  const { landmarks } = only(await embed(photograph))
  // ArcFace's crop by another hand: turn, scale and cut with sharp.
  const [left, right] = landmarks
  const angle = Math.atan2(right.y - left.y, right.x - left.x) * 180 / Math.PI
  const { data, info } = await sharp(photograph).rotate(-angle).png().toBuffer({ resolveWithObject: true })
  const upright = only(await embed(data, { faces: 'largest' }))
  const scale = upright.quality.interEyeDistance / (73.5318 - 38.2946)
  const side = Math.round(112 * scale)
  const [eye] = upright.landmarks
  const crop = await sharp(data).extract({
    left: Math.round(eye.x - 38.2946 * scale),
    top: Math.round(eye.y - 51.6963 * scale),
    width: side,
    height: side
  }).png().toBuffer()
  assert.ok(info.width > side)
  for (const size of [112, 300]) {
    const aligned = only(
      await embed(await sharp(crop).resize(size).png().toBuffer(), { aligned: true, models: packModels })
    )
    assert.equal(aligned.detectionScore, null)
    assert.equal(aligned.quality.yaw, null)
    assert.deepEqual(aligned.box, { x: 0, y: 0, width: size, height: size })
    assert.ok(
      cosine(templateOf(aligned), templateOf(upright)) > 0.7,
      `cosine ${cosine(templateOf(aligned), templateOf(upright))}`
    )
  }
})

test('an image that cannot be embedded is refused with the reason', async (t) => {
  const wide = await sharp({ create: { width: 40, height: 30, channels: 3, background: '#123456' } }).png().toBuffer()
  const cases: readonly (readonly [string, Uint8Array, Partial<EmbedRequest>, ErrorCode, RegExp])[] = [
    ['a picture without a face', wide, {}, 'face-missing', /found none in 40x30 pixels/],
    [
      'an aligned crop that is not square',
      wide,
      { aligned: true },
      'request-invalid',
      /expected a square crop with aligned=true, received 40x30/
    ],
    [
      'an unknown model',
      wide,
      { models: ['r512', 'vendor-x'] },
      'model-unknown',
      /"dlib128", "faceres1024", "r512", received "vendor-x"/
    ],
    ['text', Buffer.from('hello'), {}, 'image-unsupported', /received text/],
    ['half a photograph', photograph.subarray(0, photograph.length / 2), {}, 'image-damaged', /premature end/],
    ['no bytes', new Uint8Array(), {}, 'image-unsupported', /received an empty body/]
  ]
  for (const [name, image, request, code, detail] of cases) {
    await t.test(name, async () => {
      await assert.rejects(embed(image, request), problem(code, detail))
    })
  }
})

test('every model of the pack recognises people and tells them apart', async (t) => {
  const people = lfwPhotographs(12)
  if (people === null) return t.skip('the photographs of ../shared/data/lfw-images are not here')
  const samples: { person: string, face: Face }[] = []
  for (const [person, [first, second]] of people) {
    for (const path of [first, second]) {
      samples.push({ person, face: only(await embed(readFileSync(path as string), { models: packModels })) })
    }
  }
  for (const model of packModels) {
    const mated: number[] = []
    const nonMated: number[] = []
    for (const [i, a] of samples.entries()) {
      for (const b of samples.slice(i + 1)) {
        ;(a.person === b.person ? mated : nonMated).push(cosine(templateOf(a.face, model), templateOf(b.face, model)))
      }
    }
    const sorted = nonMated.sort((a, b) => b - a)
    const threshold = sorted[Math.floor(sorted.length / 20)] as number
    const matched = mated.filter((score) => score > threshold).length / mated.length
    assert.ok(matched >= 0.9, `${model}: ${matched} at a false match rate of 0.05`)
  }
})
