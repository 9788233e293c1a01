import assert from 'node:assert/strict'
import { test } from 'node:test'
import { indexIdentities } from '../../../src/science/linear-algebra/identities.js'
import { normaliseRows } from '../../../src/science/linear-algebra/normalise.js'
import { select } from '../../../src/science/alignment/selection.js'
import { createEngineProducts } from '../../../src/engines/onnx/products.js'
import { createFoldThreads } from '../../../src/features/maps/fitting/fold-threads.js'
import { syntheticPairs } from '../../support/synthetic-pairs.js'

test('folds in threads are scored as they are sequentially, and report progress', async t => {
  const products = createEngineProducts({ threads: 1 })
  const threads = createFoldThreads({ threads: 2, products })
  t.after(async () => {
    await threads.close()
    await products.release()
  })
  const { source, target, identities, samples } = syntheticPairs({
    identities: 900,
    imagesEach: 4,
    dSource: 96,
    dTarget: 128,
    spread: 0.6
  })
  const pairs = {
    source: normaliseRows(source),
    target: normaliseRows(target),
    identities: indexIdentities(identities, samples),
    rows: samples.map((_, row) => row)
  }
  let started = 0
  process.on('worker', () => started++)
  const fractions: number[] = []
  const { estimator, selection } = await select(
    pairs,
    'auto',
    42,
    products,
    fraction => fractions.push(fraction),
    threads.scoreFolds
  )
  assert.equal(started, 2)

  const inTurn = await select(pairs, 'auto', 42, products)
  assert.deepEqual(estimator, inTurn.estimator)
  selection.candidates.forEach(({ score }, c) =>
    assert.ok(Math.abs(score! - inTurn.selection.candidates[c]!.score!) < 1e-6)
  )
  assert.deepEqual(fractions, [...fractions].sort((a, b) => a - b))
  assert.equal(fractions.at(-1), 1)
})
