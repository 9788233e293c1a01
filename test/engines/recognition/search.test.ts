import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { before, test } from 'node:test'
import sharp from 'sharp'
import { openEmbedder, type Embed, type EmbedResult } from '../../../src/engines/recognition/embedder.js'
import { openModelsFolder } from '../../../src/engines/recognition/models-folder.js'
import { cosine } from '../../support/cosine.js'
import { modelCache, modelsFolder, samplePhotographs } from '../../support/photographs.js'

/** Photographs as people have them: turned, with small faces, dark, flat. */

let embed: Embed
const people: {
  readonly photograph: Buffer
  readonly template: Float32Array
  readonly roll: number
  /** side of the photograph */
  readonly faceWidths: number
}[] = []

before(async () => {
  embed = await openEmbedder({
    models: await openModelsFolder(modelsFolder, modelCache),
    detector: 'rfb320',
    maxPixels: 50_000_000,
    maxFaces: 64,
    opened: []
  })
  // One large face of each sample photograph, with what is around it.
  for (const path of samplePhotographs) {
    const { width, height, faces: [face] } = await look(readFileSync(path))
    const { box } = face!
    const side = Math.round(Math.min(1.8 * Math.max(box.width, box.height), width, height))
    const place = (centre: number, most: number): number =>
      Math.round(Math.min(Math.max(centre - side / 2, 0), most - side))
    const photograph = await sharp(readFileSync(path)).extract({
      left: place(box.x + box.width / 2, width),
      top: place(box.y + box.height / 2, height),
      width: side,
      height: side
    }).resize(300).png().toBuffer()
    const upright = await look(photograph)
    people.push({
      photograph,
      template: templateOf(upright),
      roll: upright.faces[0]!.quality.roll!,
      faceWidths: side / box.width
    })
  }
})

const look = (image: Uint8Array, faces: 'largest' | 'all' = 'largest'): Promise<EmbedResult> =>
  embed({ image, models: ['r512'], faces, aligned: false })

const templateOf = ({ faces }: EmbedResult): Float32Array => faces[0]!.templates[0]!.vector

test('a photograph turned by any angle gives the template of the upright one, and its roll tells the turn', async () => {
  for (const { photograph, template, roll } of people) {
    for (const degrees of [90, 180, 270, 45, 160, 250]) {
      const turned = await look(await sharp(photograph).rotate(degrees, { background: '#000000' }).png().toBuffer())
      const similarity = cosine(templateOf(turned), template)
      assert.ok(similarity >= (degrees % 90 === 0 ? 0.9 : 0.8), `${degrees} degrees: cosine ${similarity}`)
      const off = (turned.faces[0]!.quality.roll! - roll - degrees + 900) % 360 - 180
      assert.ok(Math.abs(off) < 10, `${degrees} degrees: roll ${turned.faces[0]!.quality.roll} in place of ${roll}`)
    }
  }
})

test('the points of a turned photograph are those of the upright one, turned', async () => {
  const { photograph } = people[0]!
  const [upright, turned] = [await look(photograph), await look(await sharp(photograph).rotate(180).png().toBuffer())]
  const eyes = upright.faces[0]!.quality.interEyeDistance
  for (const [i, { x, y }] of turned.faces[0]!.landmarks.entries()) {
    const expected = upright.faces[0]!.landmarks[i]!
    assert.ok(Math.hypot(299 - x - expected.x, 299 - y - expected.y) < 0.1 * eyes)
  }
})

test('dark and flat photographs give the templates of bright ones', async () => {
  for (const { photograph, template } of people) {
    for (const [factor, offset] of [[0.1, 0], [0.1, 115], [1 / 7, 20], [0.3, 0]] as const) {
      const poor = await sharp(photograph).linear(factor, offset).png().toBuffer()
      const similarity = cosine(templateOf(await look(poor)), template)
      assert.ok(similarity > 0.85, `levels times ${factor} plus ${offset}: cosine ${similarity}`)
    }
  }
})

test('a dark photograph of several people shows as many with `faces=all` as a bright one', async () => {
  for (const path of samplePhotographs) {
    const bright = await look(readFileSync(path), 'all')
    const dark = await look(await sharp(readFileSync(path)).linear(0.1, 0).png().toBuffer(), 'all')
    assert.equal(dark.faces.length, bright.faces.length, path)
  }
})

test('a face in front of a much brighter background is found', async () => {
  for (const { photograph, template } of people) {
    const { data, info: { width, height } } = await sharp(photograph).removeAlpha().raw()
      .toBuffer({ resolveWithObject: true })
    const { faces: [face] } = await look(photograph)
    const [x, y] = [face!.box.x + face!.box.width / 2, face!.box.y + face!.box.height / 2]
    const lit = Buffer.from(data.map((value, i) => {
      const [column, row] = [Math.floor(i / 3) % width, Math.floor(i / 3 / width)]
      const isNear = Math.hypot((column - x) / face!.box.width, (row - y) / face!.box.height) < 0.9
      return isNear ? value * 0.12 : 200 + value * 0.2
    }))
    const backlit = await sharp(lit, { raw: { width, height, channels: 3 } }).png().toBuffer()
    assert.ok(cosine(templateOf(await look(backlit)), template) > 0.6)
  }
})

test('faces of a thirtieth of the longer side are found in pictures of every shape', async () => {
  const missed: string[] = []
  for (const [width, height] of [[1600, 1200], [1400, 1400], [1200, 1600], [900, 1600], [2400, 1200]] as const) {
    for (const [i, { photograph, template, faceWidths }] of people.entries()) {
      const side = Math.round(Math.max(width, height) / 30 * faceWidths)
      const picture = await sharp({ create: { width, height, channels: 3, background: '#8a8378' } }).composite([{
        input: await sharp(photograph).resize(side).toBuffer(),
        left: Math.round((width - side) * (0.15 + 0.14 * i)),
        top: Math.round((height - side) * (0.9 - 0.15 * i))
      }]).png().toBuffer()
      const found = await look(picture).catch(() => null)
      if (found === null || cosine(templateOf(found), template) < 0.8) {
        missed.push(`${width}x${height}, person ${i}${found === null ? '' : ', another face'}`)
      }
    }
  }
  assert.ok(missed.length <= 2, missed.join('; '))
})

test('a face that cannot be told is refused, and left out of `faces=all`', async () => {
  const { photograph } = people[0]!
  const blurred = await sharp(photograph).blur(14).png().toBuffer()
  await assert.rejects(look(blurred), { code: /^face-(unclear|missing)$/ })
  const both = await sharp({ create: { width: 600, height: 300, channels: 3, background: '#777777' } }).composite([
    { input: photograph, left: 0, top: 0 },
    { input: blurred, left: 300, top: 0 }
  ]).png().toBuffer()
  const { faces, facesFound, facesUnclear } = await look(both, 'all')
  assert.equal(faces.length, 1)
  assert.equal(facesFound - facesUnclear, 1)
})

test('what is left out is counted, with how close in size it was', async () => {
  const beside = async (smaller: number) =>
    await sharp({ create: { width: 600, height: 300, channels: 3, background: '#777777' } }).composite([
      { input: people[0]!.photograph, left: 0, top: 0 },
      { input: await sharp(people[0]!.photograph).resize(smaller).toBuffer(), left: 300, top: 0 }
    ]).png().toBuffer()
  const alike = await look(await beside(300))
  assert.deepEqual([alike.facesFound, alike.facesOmitted], [2, 1])
  assert.ok(alike.largestOmitted! > 0.75 && alike.largestOmitted! < 1.33, String(alike.largestOmitted))
  const unlike = await look(await beside(150))
  assert.ok(unlike.largestOmitted! > 0.15 && unlike.largestOmitted! < 0.4, String(unlike.largestOmitted))
  const alone = await look(people[0]!.photograph)
  assert.deepEqual([alone.facesOmitted, alone.largestOmitted], [0, null])
})

test('`faces=all` states how many faces were beyond the limit', async () => {
  const models = await openModelsFolder(modelsFolder, modelCache)
  const one = await openEmbedder({ models, detector: 'rfb320', maxPixels: 50_000_000, maxFaces: 1, opened: [] })
  const { faces, facesFound, facesOmitted, facesUnclear } = await one({
    image: readFileSync(samplePhotographs[3]!),
    models: [],
    faces: 'all',
    aligned: false
  })
  assert.equal(faces.length, 1)
  assert.equal(facesOmitted, facesFound - facesUnclear - 1)
  assert.ok(facesOmitted > 0)
})

test('a face beyond the limit counts once, also where tiles show it again', async () => {
  const side = 300
  const across = 6
  const grid = await sharp({
    create: { width: across * side, height: 3 * side, channels: 3, background: '#777777' }
  }).composite(Array.from({ length: 3 * across }, (_, i) => ({
    input: people[i % people.length]!.photograph,
    left: i % across * side,
    top: Math.floor(i / across) * side
  }))).png().toBuffer()
  const models = await openModelsFolder(modelsFolder, modelCache)
  const few = await openEmbedder({ models, detector: 'rfb320', maxPixels: 50_000_000, maxFaces: 4, opened: [] })
  const whole = await look(grid, 'all')
  assert.equal(whole.faces.length, 3 * across)
  const limited = await few({ image: grid, models: [], faces: 'all', aligned: false })
  assert.deepEqual(
    [limited.faces.length, limited.facesFound, limited.facesOmitted],
    [4, whole.facesFound, whole.facesFound - 4]
  )
})
