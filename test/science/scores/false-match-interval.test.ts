import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRandom } from '../../../src/science/linear-algebra/random.js'
import { referenceProducts } from '../../../src/science/linear-algebra/reference-products.js'
import { falseMatchRates } from '../../../src/science/scores/false-match-interval.js'
import { gaussian } from '../../support/synthetic-pairs.js'

const [people, images, d] = [120, 3, 8]
const rows = people * images
const identity = Int32Array.from({ length: rows }, (_, i) => Math.floor(i / images))

/** People of whom a few look alike, so that false matches are not spread evenly. */
function lookalikes (seed: number) {
  const random = createRandom(seed)
  const data = new Float32Array(rows * d)
  const crowd = Array.from({ length: d }, () => gaussian(random))
  for (let who = 0; who < people; who++) {
    const pull = who % 10 === 0 ? 1.5 : 0
    const centre = crowd.map(value => gaussian(random) + pull * value)
    for (let k = 0; k < images; k++) {
      const values = centre.map(value => value + 0.2 * gaussian(random))
      const norm = Math.hypot(...values)
      values.forEach((value, j) => {
        data[(who * images + k) * d + j] = value / norm
      })
    }
  }
  return { rows, cols: d, data }
}

const score = (a: Float32Array, i: number, b: Float32Array, j: number) => {
  let sum = 0
  for (let k = 0; k < d; k++) sum += a[i * d + k]! * b[j * d + k]!
  return sum
}

for (const within of [true, false]) {
  const probes = lookalikes(1)
  const references = within
    ? probes
    : { ...probes, data: lookalikes(1).data.map((value, k) => value + 0.02 * Math.sin(k)) }
  const sides = { probes, references: within ? undefined : references, identity }
  const pairs: { a: number, b: number, score: number }[] = []
  for (let i = 0; i < rows; i++) {
    for (let j = within ? i + 1 : 0; j < rows; j++) {
      if (identity[i] !== identity[j]) {
        pairs.push({ a: identity[i]!, b: identity[j]!, score: score(probes.data, i, references.data, j) })
      }
    }
  }

  test(`rates are those counted one by one, ${within ? 'within a space' : 'between two'}`, async () => {
    const thresholds = [0.3, 0.6, 0.8, 0.9]
    const rates = await falseMatchRates([sides], thresholds, 1, referenceProducts)
    thresholds.forEach((threshold, t) => {
      const falseMatches = pairs.filter(pair => pair.score >= threshold).length
      assert.equal(rates[t]!.falseMatches, falseMatches)
      assert.ok(Math.abs(rates[t]!.rate - falseMatches / pairs.length) < 1e-12)
      assert.ok(rates[t]!.lower <= rates[t]!.rate && rates[t]!.rate <= rates[t]!.upper)
    })
  })

  test(`intervals agree with those of drawing both identities of each pair anew, ${within ? 'within a space' : 'between two'}`, async () => {
    for (const threshold of [0.6, 0.8]) {
      const [found] = await falseMatchRates([sides], [threshold], 1, referenceProducts)
      const random = createRandom(5)
      const rates = Array.from({ length: 300 }, () => {
        const weights = new Float64Array(people)
        for (let k = 0; k < people; k++) weights[random.integer(people)]!++
        let [matches, all] = [0, 0]
        for (const pair of pairs) {
          const weight = weights[pair.a]! * weights[pair.b]!
          all += weight
          if (pair.score >= threshold) matches += weight
        }
        return matches / all
      }).sort((a, b) => a - b)
      const width = rates[292]! - rates[7]!
      assert.ok(
        Math.abs((found!.upper - found!.lower) / width - 1) < 0.3,
        `${found!.lower} to ${found!.upper}, expected ${rates[7]} to ${rates[292]}`
      )
      const independent = 2 * 1.96 * Math.sqrt(found!.rate / pairs.length)
      assert.ok(width > 2 * independent, 'comparisons of one person go together')
    }
  })
}

test('without a false match the interval ends where the rule of three does', async () => {
  const [none] = await falseMatchRates(
    [{ probes: lookalikes(1), references: undefined, identity }],
    [1.1],
    1,
    referenceProducts
  )
  assert.deepEqual([none!.rate, none!.lower, none!.upper], [0, 0, 3 / (rows * (rows - images) / 2)])
  await assert.rejects(
    falseMatchRates(
      [{ probes: lookalikes(1), references: undefined, identity: new Int32Array(rows) }],
      [0],
      1,
      referenceProducts
    ),
    RangeError
  )
})
