import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { before, test } from 'node:test'
import sharp from 'sharp'
import { distance, type FivePoints } from '../../../src/engines/recognition/geometry.js'
import { decodeImage } from '../../../src/engines/recognition/image.js'
import { isFace, reduceToFive } from '../../../src/engines/recognition/landmarks.js'
import { openLocator, type Locate } from '../../../src/engines/recognition/locator.js'
import { openModelsFolder } from '../../../src/engines/recognition/models-folder.js'
import { modelCache, modelsFolder, samplePhotographs } from '../../support/photographs.js'

let locate: Locate

before(async () => {
  locate = await openLocator(await openModelsFolder(modelsFolder, modelCache), 'rfb320')
})

test('an eye is the mean of its six points; nose and mouth are single points', () => {
  const values = new Float32Array(136)
  const set = (from: number, points: readonly (readonly [number, number])[]): void =>
    values.set(points.flat(), 2 * from)
  set(30, [[0.5, 0.6]])
  set(36, [[0.2, 0.4], [0.25, 0.35], [0.3, 0.35], [0.35, 0.4], [0.3, 0.45], [0.25, 0.45]])
  set(42, [[0.65, 0.4], [0.7, 0.35], [0.75, 0.35], [0.8, 0.4], [0.75, 0.45], [0.7, 0.45]])
  set(48, [[0.35, 0.8]])
  set(54, [[0.65, 0.8]])
  const rounded = reduceToFive(values).map(({ x, y }) => [x.toFixed(3), y.toFixed(3)].map(Number))
  assert.deepEqual(rounded, [[0.275, 0.4], [0.725, 0.4], [0.5, 0.6], [0.35, 0.8], [0.65, 0.8]])
})

test('points that cannot be aligned are not a face', () => {
  const five = (
    x: number,
    y: number
  ): FivePoints => [{ x: 10, y: 10 }, { x, y }, { x: 15, y: 15 }, { x: 11, y: 20 }, { x: 19, y: 20 }]
  assert.ok(isFace(five(20, 10)))
  assert.ok(!isFace(five(10, 10)))
  assert.ok(!isFace(five(NaN, 10)))
  assert.ok(!isFace(five(Infinity, 10)))
})

test('a tilted head has the same points as when it is upright', async () => {
  const upright = await sharp(readFileSync(samplePhotographs[2] as string)).resize(1280).toBuffer()
  const { faces: reference } = await locate(await decodeImage(upright, 1e7), 'all', 10)
  for (const degrees of [-20, 20]) {
    const { data, info } = await sharp(upright).rotate(degrees).png().toBuffer({ resolveWithObject: true })
    const picture = await decodeImage(data, 1e7)
    const { faces } = await locate(picture, 'all', 10)
    const [sin, cos] = [Math.sin(degrees * Math.PI / 180), Math.cos(degrees * Math.PI / 180)]
    const { width, height } = await sharp(upright).metadata()
    for (const { points } of reference) {
      const turned = points.map(({ x, y }) => ({
        x: info.width / 2 + cos * (x - width / 2) - sin * (y - height / 2),
        y: info.height / 2 + sin * (x - width / 2) + cos * (y - height / 2)
      }))
      const eyes = distance(points[0], points[1])
      const errors = faces.map(
        (face) => face.points.reduce((sum, point, i) => sum + distance(point, turned[i] as typeof point) / 5, 0) / eyes
      )
      assert.ok(Math.min(...errors) < 0.2, `${degrees} degrees: ${Math.min(...errors)} distances between the eyes`)
    }
  }
})
