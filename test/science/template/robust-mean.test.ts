import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createRandom, type Random } from '../../../src/science/linear-algebra/random.js'
import { agreeing, meanOfDirections } from '../../../src/science/template/robust-mean.js'
import { cosine } from '../../support/cosine.js'
import { gaussian } from '../../support/synthetic-pairs.js'

const d = 64

/** Images of a person: the direction of the person and noise of that length. */
function person (random: Random): (noise: number) => Float32Array {
  const centre = Float64Array.from({ length: d }, () => gaussian(random) / Math.sqrt(d))
  return noise => Float32Array.from(centre, value => value + noise * gaussian(random) / Math.sqrt(d))
}

describe('the largest set of templates that match one another', () => {
  test('is all images of one person, and leaves strangers out wherever they stand', () => {
    const random = createRandom(1)
    for (let trial = 0; trial < 50; trial++) {
      const [someone, stranger] = [person(random), person(random)]
      const own = [someone(0.5), someone(0.5), someone(0.5)]
      assert.deepEqual(agreeing({ vectors: own }, 0.4), [0, 1, 2])
      const place = random.integer(4)
      const vectors = [...own.slice(0, place), stranger(0.5), ...own.slice(place)]
      assert.deepEqual(agreeing({ vectors }, 0.4), [0, 1, 2, 3].filter(i => i !== place))
    }
  })

  test('has no chain: a morph that matches two strangers brings them not together', () => {
    const [a, b] = [new Float32Array([1, 0]), new Float32Array([0, 1])]
    const morph = new Float32Array([1, 1])
    assert.deepEqual(agreeing({ vectors: [a, morph, b] }, 0.7), [0, 1])
    assert.equal(agreeing({ vectors: [a, morph, b, b] }, 0.7)?.includes(0), false)
  })

  test('is more than half of them, or there is none', () => {
    const random = createRandom(2)
    const [a, b] = [person(random), person(random)]
    assert.equal(agreeing({ vectors: [a(0.1), b(0.1)] }, 0.5), undefined)
    assert.equal(agreeing({ vectors: [a(0.1), a(0.1), b(0.1), b(0.1)] }, 0.5), undefined)
    assert.deepEqual(agreeing({ vectors: [a(0.1)] }, 0.5), [0])
    assert.throws(() => agreeing({ vectors: Array.from({ length: 11 }, () => a(0)) }, 0.5), /at most 10.*received 11/)
  })

  test('does not depend on the lengths of templates', () => {
    const random = createRandom(3)
    const [a, b] = [person(random), person(random)]
    const vectors = [a(0.3), a(0.3).map(value => 1000 * value), b(0.3).map(value => value / 1000)]
    assert.deepEqual(agreeing({ vectors }, 0.5), [0, 1])
  })
})

describe('the weighted mean of directions', () => {
  test('of one template is that template, and of a template twice too', () => {
    const vector = person(createRandom(4))(0)
    for (const vectors of [[vector], [vector, vector]]) {
      const mean = meanOfDirections({ vectors, weights: vectors.map(() => 0.3) })
      assert.ok(mean.every((value, i) => Math.abs(value - vector[i]!) < 1e-6))
    }
  })

  test('counts a template by its weight, not by its length, and is as long as they are on average', () => {
    const [x, y] = [new Float32Array([10, 0]), new Float32Array([0, 1])]
    const even = meanOfDirections({ vectors: [x, y], weights: [2, 2] })
    assert.ok(Math.abs(even[0]! - even[1]!) < 1e-6)
    assert.ok(Math.abs(Math.hypot(...even) - 5.5) < 1e-5)
    const uneven = meanOfDirections({ vectors: [x, y], weights: [3, 1] })
    assert.ok(Math.abs(uneven[0]! / uneven[1]! - 3) < 1e-5)
  })

  test('is nearer to the person than the templates are', () => {
    const random = createRandom(5)
    let nearer = 0
    for (let trial = 0; trial < 50; trial++) {
      const someone = person(random)
      const vectors = [someone(1), someone(1), someone(1)]
      const mean = meanOfDirections({ vectors, weights: [1, 1, 1] })
      const truth = someone(0)
      if (vectors.every(vector => cosine(mean, truth) > cosine(vector, truth))) nearer++
    }
    assert.ok(nearer >= 48, `${nearer} of 50`)
  })
})
