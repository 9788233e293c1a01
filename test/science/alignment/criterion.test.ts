import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createCriterion, meanTrueMatchRate } from '../../../src/science/alignment/criterion.js'
import { normaliseRows } from '../../../src/science/linear-algebra/normalise.js'
import { createRandom } from '../../../src/science/linear-algebra/random.js'
import { referenceProducts } from '../../../src/science/linear-algebra/reference-products.js'
import { compare } from '../../../src/science/scores/comparisons.js'
import { thresholdsAt } from '../../../src/science/scores/histogram.js'
import { trueMatchRates } from '../../../src/science/scores/metrics.js'
import { gaussianTemplates } from '../../support/synthetic-pairs.js'

const mean = (values: ArrayLike<number>) => Array.from(values).reduce((sum, value) => sum + value, 0) / values.length

for (
  const [what, rates] of [
    ['low rates', [1e-3, 1e-2]],
    ['rates up to 0.1', [0.1, 0.01]],
    ['a rate of 1', [1]],
    ['rates that nothing supports', [1e-9]]
  ] as const
) {
  test(`the criterion is what a full comparison gives, to the last bit: ${what}`, async () => {
    for (let seed = 1; seed <= 8; seed++) {
      const random = createRandom(seed)
      const n = 40 + random.integer(100)
      const d = 2 + random.integer(12)
      const identity = Int32Array.from({ length: n }, () => random.integer(n / 2))
      const probes = normaliseRows(gaussianTemplates(n, d, seed))
      // Nearly the same templates, so that scores come close to one and beyond; every other seed repeats rows, for
      // ties.
      const other = gaussianTemplates(n, d, seed + 100)
      const references = normaliseRows({
        ...probes,
        data: probes.data.map((value, k) => value + 0.1 * other.data[seed % 2 === 0 ? k % (4 * d) : k]!)
      })
      const comparisons = await compare(probes, references, identity, referenceProducts)
      const { perIdentity } = trueMatchRates(comparisons, thresholdsAt(comparisons.nonMated, rates))
      assert.equal(
        await meanTrueMatchRate(probes, references, identity, rates, referenceProducts),
        mean(perIdentity.map(mean))
      )
    }
  })
}

test('the same holds where only some rows have both sides of one image, and nobody a second row', async () => {
  for (let seed = 1; seed <= 8; seed++) {
    const n = 60
    const identity = Int32Array.from({ length: n }, (_, i) => seed % 2 === 0 ? i : Math.floor(i / 2))
    // The target of a row is of the image of its own source, of that of the row before, or of neither.
    const ownImage = Int32Array.from(
      { length: n },
      (_, i) => i % 3 === 0 ? i : i % 3 === 1 && identity[i] === identity[i - 1] ? i - 1 : -1
    )
    const probes = normaliseRows(gaussianTemplates(n, 8, seed))
    const references = normaliseRows(gaussianTemplates(n, 8, seed + 100))
    const rates = [0.1, 0.01]
    const comparisons = await compare(probes, references, identity, referenceProducts, { identity, ownImage })
    assert.equal(
      comparisons.mated.scores.length + comparisons.nonMated.total,
      n * n - ownImage.filter(j => j !== -1).length
    )
    const { perIdentity } = trueMatchRates(comparisons, thresholdsAt(comparisons.nonMated, rates))
    assert.equal(
      await createCriterion(identity, rates, referenceProducts, ownImage)(probes, references),
      mean(perIdentity.map(mean))
    )
  }
})
