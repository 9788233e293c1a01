import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import sharp from 'sharp'
import { packageFile } from '../../../src/engines/model-pack/packages.js'

/** What the tests use of TensorFlow.js, which the packages that publish the weights carry inside. */
export interface TensorFlow {
  setBackend(name: string): Promise<boolean>
  tensor(values: Float32Array, shape: readonly number[], dtype: 'float32'): Tensor
  io: { decodeWeights(bytes: ArrayBuffer, specifications: readonly unknown[]): Record<string, Tensor> }
}

export interface Tensor {
  readonly shape: readonly number[]
  data(): Promise<Float32Array>
}

/**
 * Imports a bundle of TensorFlow.js that was built for browsers and contains the plain JavaScript backend.
 * @param file path in the package
 */
export async function importBundle<T> (name: string, file: string): Promise<T> {
  // The bundle takes Node for a reason to require('util'), which it has not got; a worker's scope tells it otherwise.
  Object.assign(globalThis, { WorkerGlobalScope: class {} })
  return await import(pathToFileURL(packageFile(name, file)).href) as T
}

/** The bytes of a file, in a buffer of their own. */
export async function bytesOf (path: string): Promise<ArrayBuffer> {
  return new Uint8Array(await readFile(path)).buffer
}

/** Squares cut from sample photographs, RGB, 0..255: (n, size, size, 3). */
export async function photographs (samples: readonly string[], size: number): Promise<Float32Array> {
  const folder = packageFile('@vladmandic/face-api', 'demo')
  const squares = await Promise.all(samples.map((sample) =>
    sharp(join(folder, sample))
      .resize(size, size, { fit: 'cover', position: 'top' }).removeAlpha().raw().toBuffer()
  ))
  return Float32Array.from(Buffer.concat(squares))
}

/** (n, size, size, 3) as (n, 3, size, size), each channel less its mean and divided by `std`. */
export function channelsFirst (pixels: Float32Array, size: number, mean: readonly number[], std: number): Float32Array {
  const area = size * size
  return Float32Array.from(pixels, (_, i) => {
    const channel = Math.floor(i / area) % 3
    const pixel = Math.floor(i / area / 3) * area + i % area
    return ((pixels[pixel * 3 + channel] ?? NaN) - (mean[channel] ?? NaN)) / std
  })
}

/** Largest difference between two arrays, relative to the largest magnitude of the second. */
export function relativeDifference (values: ArrayLike<number>, reference: ArrayLike<number>): number {
  let difference = values.length === reference.length ? 0 : Infinity
  let magnitude = 0
  for (let i = 0; i < reference.length; i++) {
    difference = Math.max(difference, Math.abs((values[i] ?? NaN) - (reference[i] ?? NaN)))
    magnitude = Math.max(magnitude, Math.abs(reference[i] ?? NaN))
  }
  return difference / magnitude
}
