import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { indexIdentities } from '../../src/science/linear-algebra/identities.js'
import { selectRows } from '../../src/science/linear-algebra/matrix.js'
import { createRandom } from '../../src/science/linear-algebra/random.js'
import { createEngineProducts } from '../../src/engines/onnx/products.js'
import { fitMap } from '../../src/science/fitting/fit-map.js'
import { directedPairs, heldOutFraction, runPaper } from '../../scripts/paper/protocol.js'
import { models, type Corpus } from '../../scripts/paper/templates.js'
import { syntheticPairs } from '../support/synthetic-pairs.js'

const engine = createEngineProducts({ threads: 1 })
after(() => engine.release())

/** A small world, in an order that is not that of the samples, under two of the models. */
function syntheticCorpus (): Corpus {
  const pairs = syntheticPairs({ identities: 100, imagesEach: 4, dSource: 12, dTarget: 8 })
  const order = createRandom(5).shuffle(pairs.samples.map((_, row) => row))
  const samples = order.map(row => pairs.samples[row]!)
  const labels = order.map(row => pairs.identities[row]!)
  const [source, target] = [selectRows(pairs.source, order), selectRows(pairs.target, order)]
  return {
    name: 'synthetic',
    samples,
    labels,
    identities: indexIdentities(labels, samples),
    templates: {
      r512: source,
      mbf128: target,
      'mfv2-256': source,
      'dlib128-loose': target,
      'faceres1024-loose': source
    }
  }
}

test("the people held out for a seed are those of the project's own fit: without a map the figures are the same", async () => {
  const corpus = syntheticCorpus()
  for (const seed of [42, 123]) {
    const { unaligned: [ours] } = await runPaper(corpus, { source: 'r512', target: 'mbf128' }, [seed], engine)
    const { card } = await fitMap(
      {
        samples: corpus.samples,
        identities: corpus.labels,
        source: corpus.templates.r512,
        target: corpus.templates.mbf128,
        oneSided: { source: 0, target: 0 },
        hash: 'synthetic'
      },
      { method: 'procrustes', seed, heldOutFraction },
      engine
    )
    const { rank1, rank1SameImage, operatingPoints } = card.evaluation.unaligned
    const point = operatingPoints.find(({ fmr }) => fmr === 1e-3)
    assert.deepEqual(ours, { rank1, rank1SameImage, tmr: point?.tmr, tmrPooled: point?.tmrPooled })
  }
})

test("a map recognises what the unaligned baseline does not, and the probe's own image can only help", async () => {
  const results = await runPaper(syntheticCorpus(), { source: 'r512', target: 'mbf128' }, [42, 7], engine)
  for (const [s, baseline] of results.unaligned.entries()) {
    for (const method of ['procrustes', 'linear', 'ridge'] as const) {
      const figures = results[method][s]!
      assert.ok(figures.rank1 > baseline.rank1 && figures.tmr > baseline.tmr, method)
      // Everybody has four images, so that both ways of weighing probes are one.
      assert.ok(figures.rank1SameImage >= figures.rank1, method)
    }
  }
})

test('the directed pairs are all of them', () => {
  assert.equal(directedPairs.length, models.length * (models.length - 1))
  assert.equal(new Set(directedPairs.map(({ source, target }) => `${source} ${target}`)).size, directedPairs.length)
})
