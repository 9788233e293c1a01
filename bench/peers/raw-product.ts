import { createEngineProducts } from '../../src/engines/onnx/products.js'

/**
 * The limit: products of one thread, in a loop, without HTTP, without normalisation and without the sum of the bias.
 * Its only argument is a `ProductRun` in JSON; what it prints is how many rows a second it has multiplied.
 */
export interface ProductRun {
  /** of each product: (rows, dSource) by (dSource, dTarget) */
  readonly rows: number
  readonly dSource: number
  readonly dTarget: number
  readonly seconds: number
}

const { rows, dSource, dTarget, seconds } = JSON.parse(process.argv[2]!) as ProductRun
const filled = (rows: number, cols: number) => ({
  rows,
  cols,
  data: Float32Array.from({ length: rows * cols }, (_, i) => Math.sin(i))
})
const [templates, weights] = [filled(rows, dSource), filled(dSource, dTarget)]
const products = createEngineProducts({ threads: 1 })
await products.multiply(templates, weights)
let done = 0
const began = performance.now()
while (performance.now() - began < seconds * 1000) {
  await products.multiply(templates, weights)
  done += rows
}
console.log(done / (performance.now() - began) * 1000)
await products.release()
