import type { TemplateMatrix } from '../../src/science/linear-algebra/matrix.js'
import { createRandom, type Random } from '../../src/science/linear-algebra/random.js'

/**
 * Templates as models make them: people lie anywhere on the sphere, and the templates of one around its direction.
 * Batches of the same seed and size are the same.
 */
export interface SyntheticGallery {
  readonly dimension: number
  /**
   * (n, d), unit rows of the people `first` to `first + n - 1`, one each; another `image` is another template of theirs
   */
  templates(first: number, n: number, image: number): TemplateMatrix
}

/** Of the templates of a person around its direction, relative to that: cosines of mated pairs are about 0.67. */
const spread = 0.7

export function syntheticGallery (dimension: number, seed: number): SyntheticGallery {
  return {
    dimension,
    templates (first, n, image) {
      const data = new Float32Array(n * dimension) // (n, d), row-major
      for (let row = 0; row < n; row++) {
        const who = createRandom(seed + Math.imul(first + row, 0x9E3779B1))
        const look = createRandom(seed ^ Math.imul(first + row + 1, 0x85EBCA6B) ^ Math.imul(image + 1, 0xC2B2AE35))
        writeTemplate(data.subarray(row * dimension, (row + 1) * dimension), who, look)
      }
      return { rows: n, cols: dimension, data }
    }
  }
}

/**
 * Uniform numbers: in so many dimensions their directions are as good as those of normal ones, for a tenth of the time.
 */
function writeTemplate (row: Float32Array, who: Random, look: Random): void {
  let squares = 0
  for (let i = 0; i < row.length; i++) squares += (row[i] = who.next() - 0.5 + spread * (look.next() - 0.5)) ** 2
  const scale = 1 / Math.sqrt(squares)
  for (let i = 0; i < row.length; i++) row[i]! *= scale
}
