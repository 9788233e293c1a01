// @ts-check
import { h } from './dom.js'

/**
 * @typedef {{ x: number, y: number }} Point
 * @typedef {{ box: { x: number, y: number, width: number, height: number }, landmarks: Point[],
 *   quality: { interEyeDistance: number, brightness: number, outside: number },
 *   templates: { model: string, data: string }[], unusable: { model: string, detail: string }[] }} Face
 * @typedef {{ width: number, height: number, facesFound: number, faces: Face[] }} Embedding
 */

/**
 * The faces over a photograph: a box for each, and the five points of the chosen one.
 *
 * @param {Embedding} embedding @param {number} chosen @param {(face: number) => void} choose
 */
export function drawFaces ({ width, height, faces }, chosen, choose) {
  const radius = Math.max(width, height) / 160
  return h(
    'svg',
    { viewBox: `0 0 ${width} ${height}`, class: 'faces', 'aria-hidden': 'true' },
    ...faces.map(({ box }, k) =>
      h('rect', { ...box, class: k === chosen ? 'box chosen' : 'box', rx: radius, click: () => choose(k) })
    ),
    ...faces[chosen]?.landmarks.map(({ x, y }) => h('circle', { cx: x, cy: y, r: radius, class: 'point' })) ?? []
  )
}

/** Where ArcFace puts eyes, nose and corners of the mouth in a crop of 112 pixels. */
const template = [[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]]
const cropSize = 112

/**
 * Draws the face upright into a square, by the least-squares similarity of its five points (Umeyama 1991): with points
 * as complex numbers, `a = sum(conj(p - mean(p)) (q - mean(q))) / sum(|p - mean(p)|^2)`.
 *
 * @param {HTMLCanvasElement} canvas @param {HTMLImageElement} image @param {Point[]} landmarks
 * @param {number} scale pixels of the image per pixel of the landmarks
 */
export function drawCrop (canvas, image, landmarks, scale) {
  const context = canvas.getContext('2d')
  if (context === null) return
  const side = canvas.width / cropSize
  const p = landmarks.map(({ x, y }) => [x * scale, y * scale])
  const q = template.map(point => point.map(value => value * side))
  const mean = (/** @type {number[][]} */ points, /** @type {number} */ axis) =>
    points.reduce((sum, point) => sum + /** @type {number} */ (point[axis]), 0) / points.length
  const [px, py, qx, qy] = [mean(p, 0), mean(p, 1), mean(q, 0), mean(q, 1)]
  let [re, im, norm] = [0, 0, 0]
  for (const [k, [u = 0, v = 0]] of p.entries()) {
    const [s = 0, t = 0] = q[k] ?? []
    re += (u - px) * (s - qx) + (v - py) * (t - qy)
    im += (u - px) * (t - qy) - (v - py) * (s - qx)
    norm += (u - px) ** 2 + (v - py) ** 2
  }
  const [a, b] = [re / norm, im / norm]
  context.setTransform(1, 0, 0, 1, 0, 0)
  context.clearRect(0, 0, canvas.width, canvas.height)
  context.setTransform(a, b, -b, a, qx - a * px + b * py, qy - b * px - a * py)
  context.drawImage(image, 0, 0)
}
