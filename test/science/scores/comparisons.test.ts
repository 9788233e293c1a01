import assert from 'node:assert/strict'
import { test } from 'node:test'
import { normaliseRows } from '../../../src/science/linear-algebra/normalise.js'
import { createRandom } from '../../../src/science/linear-algebra/random.js'
import { referenceProducts } from '../../../src/science/linear-algebra/reference-products.js'
import { compare } from '../../../src/science/scores/comparisons.js'
import { histogramOf } from '../../../src/science/scores/histogram.js'
import { gaussianTemplates } from '../../support/synthetic-pairs.js'

/** The same by the definition, one comparison after the other. */
function compareOneByOne (scores: Float32Array, n: number, identity: Int32Array, within: boolean) {
  const nonMated: number[] = []
  const mated: number[] = []
  const [best, bestMated, own] = [
    -Infinity,
    -Infinity,
    within ? 1 : -Infinity
  ].map(start => new Float32Array(n).fill(start)) as [Float32Array, Float32Array, Float32Array]
  for (let i = 0; i < n; i++) {
    for (let j = within ? i + 1 : 0; j < n; j++) {
      const score = scores[i * n + j]!
      const probes = within ? [i, j] : [i]
      if (i === j) own[i] = score
      else if (identity[i] === identity[j]) mated.push(score)
      else nonMated.push(score)
      const into = identity[i] === identity[j] ? bestMated : best
      if (i !== j) { for (const probe of probes) into[probe] = Math.max(into[probe]!, score) }
    }
  }
  return {
    nonMated: histogramOf(nonMated),
    mated,
    rank1: Array.from(best, (score, i) => bestMated[i] === -Infinity ? -1 : Number(bestMated[i]! > score)),
    rank1SameImage: Array.from(best, (score, i) => Number(Math.max(own[i]!, bestMated[i]!) > score))
  }
}

test('every comparison is counted once, on its own side, whatever the order of the identities', async () => {
  for (let seed = 1; seed <= 12; seed++) {
    const random = createRandom(seed)
    const n = 2 + random.integer(60)
    const d = 2 + random.integer(6)
    const identity = Int32Array.from({ length: n }, () => random.integer(1 + n / 3))
    const probes = normaliseRows(gaussianTemplates(n, d, seed))
    for (const references of [normaliseRows(gaussianTemplates(n, d, seed + 50)), undefined]) {
      const { data } = await referenceProducts.multiply(probes, references ?? probes, { transposeB: true })
      const expected = compareOneByOne(data, n, identity, references === undefined)
      const { nonMated, mated, rank1, rank1SameImage } = await compare(probes, references, identity, referenceProducts)
      assert.deepEqual(nonMated, expected.nonMated)
      assert.deepEqual(Array.from(mated.scores), expected.mated)
      assert.deepEqual(Array.from(rank1), expected.rank1)
      assert.deepEqual(Array.from(rank1SameImage), expected.rank1SameImage)
    }
  }
})
