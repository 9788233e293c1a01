import { createRandom } from '../linear-algebra/random.js'

/** Numbers of a sketch. The deviation of two sketches is that of their templates within 25 % (two standard errors). */
const length = 32

/**
 * Random projection of a template, S x with S of (32, d) independent normal entries of variance 1/32 (Johnson and
 * Lindenstrauss, 1984). It tells whether a template changed, and is far from enough to make the template of it.
 *
 * @param template (d)
 * @returns (32), the same for the same template on every platform
 */
export function sketchOf (template: Float32Array): Float32Array {
  const random = createRandom(template.length)
  const sketch = new Float64Array(length)
  for (const value of template) {
    for (let k = 0; k < length; k += 2) {
      // Box and Muller: two normal numbers at a time.
      const radius = Math.sqrt(-2 * Math.log(1 - random.next()) / length)
      const angle = 2 * Math.PI * random.next()
      sketch[k] = sketch[k]! + radius * Math.cos(angle) * value
      sketch[k + 1] = sketch[k + 1]! + radius * Math.sin(angle) * value
    }
  }
  return Float32Array.from(sketch)
}

/**
 * How far a template is from its reference, by their sketches: the length of the difference, in lengths of the
 * reference.
 */
export function sketchDeviation (sketch: Float32Array, reference: Float32Array): number {
  return Math.hypot(...sketch.map((value, k) => value - reference[k]!)) / Math.hypot(...reference)
}
