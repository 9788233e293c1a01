import { createRandom } from '../src/science/linear-algebra/random.js'
import { base64OfFloat32 } from '../src/science/template/float32.js'
import { gaussian } from '../test/support/synthetic-pairs.js'
import { post } from './api.js'

/** A space that the benchmark registers. */
export interface BenchSpace {
  readonly id: string
  readonly dimension: number
}

/**
 * Templates of people, several images each, as two models see them: the second has the coordinates of the first in
 * another order, with other signs, and noise of its own. Every number comes from the seed.
 *
 * @returns (identities x imagesEach) pairs of (dSource) and (dTarget)
 */
export function syntheticPairs (
  dSource: number,
  dTarget: number,
  { identities, imagesEach, seed }: { readonly identities: number, readonly imagesEach: number, readonly seed: number }
): { identity: string, source: Float32Array, target: Float32Array }[] {
  // The order belongs to the two dimensions, so that other people of other seeds are of the same spaces.
  const order = createRandom(dSource * 5000 + dTarget)
  const places = Array.from(
    { length: dTarget },
    () => ({ from: order.integer(dSource), sign: order.next() < 0.5 ? -1 : 1 })
  )
  const random = createRandom(seed)
  return Array.from({ length: identities }, (_, person) => {
    const centre = Float32Array.from({ length: dSource }, () => gaussian(random))
    return Array.from({ length: imagesEach }, () => {
      const source = centre.map(value => value + 0.4 * gaussian(random))
      const target = Float32Array.from(places, ({ from, sign }) => sign * source[from]! + 0.2 * gaussian(random))
      return { identity: `person ${person}`, source, target }
    })
  }).flat()
}

export async function registerSpace (url: string, { id, dimension }: BenchSpace): Promise<void> {
  await post(`${url}/v1/models`, { id, title: `Space of ${dimension} dimensions`, version: '1', dimension })
}

/** Fits a map on synthetic pairs over the API, and lets it serve. Registers both spaces. */
export async function serveMap (
  url: string,
  source: BenchSpace,
  target: BenchSpace,
  { identities = 100, imagesEach = 3 }: { readonly identities?: number, readonly imagesEach?: number } = {}
): Promise<void> {
  for (const space of [source, target]) await registerSpace(url, space)
  const pairs = syntheticPairs(source.dimension, target.dimension, { identities, imagesEach, seed: 1 })
  const { id } = await post<{ id: string }>(`${url}/v1/maps`, {
    source: source.id,
    target: target.id,
    method: 'ridge',
    lambda: 0.1,
    pairs: pairs.map(({ identity, source, target }) => ({
      identity,
      source: { data: base64OfFloat32(source) },
      target: { data: base64OfFloat32(target) }
    }))
  })
  await post(`${url}/v1/maps/${id}/activate`)
}

/** (rows, d) of people that fitted nothing, one row after the other. */
export function templatesOf (dimension: number, rows: number): Float32Array {
  // A thousand different ones are enough for load, and quick to make.
  const people = syntheticPairs(dimension, 1, { identities: Math.min(rows, 1000), imagesEach: 1, seed: 2 })
  const data = new Float32Array(rows * dimension)
  for (let row = 0; row < rows; row++) data.set(people[row % people.length]!.source, row * dimension)
  return data
}
