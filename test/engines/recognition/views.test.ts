import assert from 'node:assert/strict'
import { test } from 'node:test'
import { boxInPicture, squareInPicture, tiles, turnedView } from '../../../src/engines/recognition/detection/views.js'
import type { Pixels } from '../../../src/engines/recognition/pixels.js'
import { applySimilarity } from '../../../src/engines/recognition/similarity.js'

/** A grey picture with one white square of 9 x 9 pixels. */
function withSquare (width: number, height: number, x: number, y: number): Pixels {
  const data = new Uint8Array(width * height * 3).fill(40)
  for (let row = y - 4; row <= y + 4; row++) data.fill(255, (row * width + x - 4) * 3, (row * width + x + 5) * 3)
  return { width, height, data }
}

/** Centre of what is bright. */
function brightest ({ width, data }: Pixels): { x: number, y: number } | null {
  let [count, x, y] = [0, 0, 0]
  for (let i = 0; i < data.length; i += 3) {
    if (data[i]! < 150) continue
    count++
    x += i / 3 % width
    y += Math.floor(i / 3 / width)
  }
  return count === 0 ? null : { x: x / count, y: y / count }
}

test('a turned view leads back to the picture, at every angle and size', async () => {
  for (const [width, height] of [[200, 120], [1500, 900]] as const) {
    const picture = withSquare(width, height, Math.round(width * 0.3), Math.round(height * 0.7))
    for (const degrees of [90, 180, 270, 45, 135, 315]) {
      const view = await turnedView(picture, degrees)
      const { x, y } = applySimilarity(view.toPicture, brightest(view.pixels)!)
      const off = Math.hypot(x - Math.round(width * 0.3), y - Math.round(height * 0.7))
      assert.ok(off < 2 * Math.max(1, width / 640), `${width}x${height} by ${degrees}: off by ${off} pixels`)
    }
  }
})

test('the square of a box is turned with its view, its box in the picture is upright', async () => {
  const view = await turnedView(withSquare(100, 100, 50, 50), 90)
  const box = { x: 10, y: 20, width: 30, height: 40 }
  const [centre, right] = squareInPicture(box, view)
  // What is to the right in the view is above in the picture, which was turned clockwise.
  assert.ok(Math.abs(right.x - centre.x) < 1e-9 && Math.abs(right.y - centre.y + 20) < 1e-9)
  const inPicture = boxInPicture(box, view)
  assert.ok(Math.abs(inPicture.width - 40) < 1e-9 && Math.abs(inPicture.height - 30) < 1e-9)
})

test('tiles cover the picture, overlap by a quarter, and lead back to it', async () => {
  const input = { width: 320, height: 240 }
  for (const [width, height] of [[1600, 1200], [1000, 1000], [700, 2000], [600, 400]] as const) {
    for (const [x, y] of [[6, 6], [width - 7, height - 7], [Math.round(width / 2), Math.round(height / 2)]] as const) {
      const views = await tiles(withSquare(width, height, x, y), input, 560)
      const places = views.flatMap(view => {
        const bright = brightest(view.pixels)
        return bright === null ? [] : [applySimilarity(view.toPicture, bright)]
      })
      assert.ok(places.some(place => Math.hypot(place.x - x, place.y - y) < 4), `${width}x${height}: ${x},${y}`)
    }
  }
})

test('a picture of which the detector sees every pixel has no tiles', async () => {
  assert.deepEqual(await tiles(withSquare(320, 240, 100, 100), { width: 320, height: 240 }, 560), [])
  assert.deepEqual(await tiles(withSquare(250, 250, 100, 100), { width: 320, height: 240 }, 560), [])
})
