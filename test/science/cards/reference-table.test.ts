import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { prepare, translate } from '../../../src/science/alignment/apply.js'
import { affineMapOf, candidatesFor, estimate } from '../../../src/science/alignment/candidates.js'
import { indexIdentities } from '../../../src/science/linear-algebra/identities.js'
import { normaliseRows } from '../../../src/science/linear-algebra/normalise.js'
import { select } from '../../../src/science/alignment/selection.js'
import { compare } from '../../../src/science/scores/comparisons.js'
import { measure } from '../../../src/science/scores/metrics.js'
import { createEngineProducts } from '../../../src/engines/onnx/products.js'
import { sharedTemplates, templatesMissing } from '../../support/shared-templates.js'

const engine = createEngineProducts({ threads: 1 })
after(() => engine.release())

/**
 * The method that `auto` selects on CelebA, on all of LFW: 42 million non-mated comparisons. The figures were found by
 * other code, as the best of the paper's three methods. A choice made on CelebA alone may fall short of them by a
 * hundredth, which is about the standard error of such a TMR (the 95 % interval is 0.03 wide). It may exceed them.
 */
for (
  const { source, target, tmr } of [
    { source: 'mbf128', target: 'r512', tmr: 0.982 },
    { source: 'dlib128-loose', target: 'r512', tmr: 0.785 }
  ]
) {
  test(`${source} to ${target} reaches the reference TMR at FMR 1e-3`, async t => {
    if (templatesMissing !== undefined) return t.skip(templatesMissing)
    const [a, b] = [sharedTemplates('celeba', source), sharedTemplates('celeba', target)]
    const { estimator, moments, selection } = await select(
      {
        source: normaliseRows(a.templates),
        target: normaliseRows(b.templates),
        identities: indexIdentities(a.identities, a.samples),
        rows: a.samples.map((_, row) => row)
      },
      'auto',
      42,
      engine
    )
    assert.ok(selection.candidates.length > candidatesFor('auto').length, 'low ranks were tried too')
    const weights = await estimate(estimator, moments, engine)
    assert.ok(weights !== undefined)

    const [probes, references] = [sharedTemplates('lfw', source), sharedTemplates('lfw', target)]
    const translated = await translate(prepare(affineMapOf(estimator, moments, weights)), probes.templates, engine)
    const { ofRow } = indexIdentities(probes.identities, probes.samples)
    const metrics = measure(await compare(translated, normaliseRows(references.templates), ofRow, engine), 42, false)
    const reached = metrics.operatingPoints.find(({ fmr }) => fmr === 1e-3)?.tmr ?? 0
    t.diagnostic(`TMR ${reached.toFixed(4)} at FMR 1e-3, reference ${tmr}; ${selection.reason}`)
    assert.ok(metrics.nonMatedComparisons > 42e6)
    assert.ok(reached > tmr - 0.01, `TMR ${reached}`)
  })
}
