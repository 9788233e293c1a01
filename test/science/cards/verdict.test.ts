import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pairsFor } from '../../../src/science/cards/learning-curve.js'
import { operatingRates, type Metrics } from '../../../src/science/scores/metrics.js'
import { verdictOf, type Judged } from '../../../src/science/cards/verdict.js'

/** Metrics of which only what a verdict rests on is given: the same TMR at every supported rate. */
function metricsAt (tmr: number | null, { halfWidth = 0.01, lowestRate = 1e-6 } = {}): Metrics {
  return {
    nonMatedComparisons: 3 / lowestRate,
    matedComparisons: tmr === null ? 0 : 1000,
    matedIdentities: tmr === null ? 0 : 100,
    operatingPoints: operatingRates.map(fmr => {
      const supported = fmr >= lowestRate
      const rate = supported ? tmr : null
      return {
        fmr,
        support: supported ? 'measured' as const : 'unsupported' as const,
        threshold: supported ? 0.5 : null,
        tmr: rate,
        interval: rate === null ? null : { lower: Math.max(0, rate - halfWidth), upper: Math.min(1, rate + halfWidth) },
        fnmr: rate === null ? null : 1 - rate,
        tmrPooled: rate
      }
    }),
    eer: null,
    rank1: null,
    rank1SameImage: null
  }
}

/** A hundred people whose rates lie around that of the metrics; the same people are hard for every model. */
function judgedAt (metrics: Metrics, own = 0): Judged {
  return {
    metrics,
    found: new Map([1e-3, 1e-2, 1e-1].map(fmr => {
      const tmr = metrics.operatingPoints.find(point => point.fmr === fmr)?.tmr ?? 0
      const people = metrics.matedIdentities === 0 ? [] : Array.from({ length: 100 }, (_, who) => who)
      return [fmr, new Map(people.map(who => [who, tmr + 0.3 * Math.sin(who) + own * Math.cos(7 * who)]))]
    }))
  }
}

const judge = (
  map: Metrics,
  { source = 0.98, target = 0.7, without = 0.001, lowestRate = 1e-6, own = 0, translation = map, compared = true } = {}
) =>
  verdictOf({
    translation: judgedAt(translation, own),
    comparison: compared ? judgedAt(map, own) : undefined,
    sourceAlone: judgedAt(metricsAt(source, { lowestRate })),
    targetAlone: judgedAt(metricsAt(target, { lowestRate })),
    unaligned: metricsAt(without, { lowestRate })
  }, 42)

test('a map as good as the weaker model is usable, whichever side that is', () => {
  for (const sides of [{ source: 0.98, target: 0.7 }, { source: 0.7, target: 0.98 }]) {
    const { verdict, fmr, reasons } = judge(metricsAt(0.69), sides)
    assert.deepEqual([verdict, fmr], ['usable', 1e-3])
    assert.match(reasons[0]!, sides.target === 0.7 ? /target, 0\.700/ : /source, 0\.700/)
  }
})

test('the same people are compared: a wide interval of either rate costs nothing, one of the difference does', () => {
  // People differ by 0.3, so the rate alone is uncertain by 0.04; the difference is not.
  const sure = judge(metricsAt(0.69, { halfWidth: 0.06 }))
  assert.equal(sure.verdict, 'usable', sure.reasons.join())
  const { tmr, lower, upper } = sure.comparison!.difference!
  assert.ok(Math.abs(tmr + 0.01) < 1e-9 && upper - lower < 1e-9)
  const { verdict, reasons, comparison } = judge(metricsAt(0.69), { own: 0.4 })
  assert.equal(verdict, 'degraded')
  assert.match(reasons.join(), /difference to the weaker model alone \(target, 0\.700\) is .*, the same people/)
  assert.ok(comparison!.difference!.lower < -0.05 && comparison!.difference!.upper > 0)
  assert.equal(judge(metricsAt(0.64)).verdict, 'degraded', 'surely 0.06 below')
})

test('the comparison space and the translation are judged apart, and the first decides', () => {
  const { verdict, comparison, translation } = judge(metricsAt(0.72), { translation: metricsAt(0.6) })
  assert.deepEqual([verdict, comparison!.verdict, translation!.verdict], ['usable', 'usable', 'degraded'])
  const limited = judge(metricsAt(0.72), { translation: metricsAt(0.2) })
  assert.deepEqual([limited.verdict, limited.translation!.verdict], ['degraded', 'unfit'])
  assert.match(limited.reasons.join(), /Translation: TMR 0\.200/)
  const alone = judge(metricsAt(0.69), { compared: false })
  assert.deepEqual([alone.verdict, alone.comparison], ['usable', undefined])
})

test('one sentence says what to expect', () => {
  assert.equal(judge(metricsAt(0.969)).summary, 'Finds 96 in 100 at one false match in 1,000.')
  assert.equal(judge(metricsAt(0.69), { lowestRate: 1e-1 }).summary, 'Finds 69 in 100 at one false match in 10.')
  assert.equal(judge(metricsAt(null)).summary, 'How many mates it finds is not known.')
})

test('a map between models that hardly recognise anybody is degraded, however good beside them', () => {
  assert.deepEqual(judge(metricsAt(0.4), { target: 0.3 }).reasons.length, 1)
  assert.equal(judge(metricsAt(0.4), { target: 0.3 }).verdict, 'degraded')
})

test('less than half of the weaker model, chance, and worse than no map are unfit, each with its reason', () => {
  assert.match(judge(metricsAt(0.3)).reasons.join(), /below 0\.5 of that of the weaker model/)
  assert.match(judge(metricsAt(0.005), { target: 0.008 }).reasons.join(), /cannot be told from chance/)
  assert.match(judge(metricsAt(0.9), { target: 0.98, without: 0.95 }).reasons.join(), /worse than no map at all/)
  for (
    const verdict of [
      judge(metricsAt(0.3)),
      judge(metricsAt(0.005), { target: 0.008 }),
      judge(metricsAt(0.9), { target: 0.98, without: 0.95 })
    ]
  ) {
    assert.equal(verdict.verdict, 'unfit')
  }
})

test('the verdict rests on the lowest supported rate down to 1e-3', () => {
  assert.equal(judge(metricsAt(0.69, { lowestRate: 1e-2 }), { lowestRate: 1e-2 }).fmr, 1e-2)
  assert.equal(judge(metricsAt(0.69), { lowestRate: 1e-1 }).fmr, 1e-1, 'supported by every model')
})

test('without mates, or without a supported rate, a map is unfit', () => {
  const alone = judgedAt(metricsAt(null))
  const noMates = verdictOf(
    { translation: alone, comparison: undefined, sourceAlone: alone, targetAlone: alone, unaligned: alone.metrics },
    42
  )
  assert.deepEqual([noMates.verdict, noMates.fmr], ['unfit', null])
  assert.match(noMates.reasons[0]!, /No evaluated identity has two images/)
  const noRate = judge(metricsAt(0.9, { lowestRate: 0.5 }), { lowestRate: 0.5 })
  assert.deepEqual([noRate.verdict, noRate.fmr], ['unfit', null])
  assert.match(noRate.reasons[0]!, /support none of the rates/)
})

test('every verdict carries the rule', () => {
  assert.equal(judge(metricsAt(0.9)).rule, judge(metricsAt(0.1)).rule)
})

test('pairs needed: the smallest subset from which on the rate stays at its share of the last', () => {
  const curve = (...rates: (number | null)[]) => rates.map((tmr, k) => ({ pairs: 10 * 2 ** k, tmr }))
  assert.equal(pairsFor(curve(0.5, 0.8, 0.96, 1), 0.95), 40)
  assert.equal(pairsFor(curve(0.5, 0.8, 0.96, 1), 0.99), null, 'only all pairs reach it')
  assert.equal(pairsFor(curve(0.5, 0.99, 0.8, 0.97, 1), 0.95), 80, 'a lucky subset does not count')
  assert.equal(pairsFor(curve(1, 1, 1), 0.99), 10)
  assert.equal(pairsFor(curve(null, 0.97, 1), 0.95), 20)
  assert.equal(pairsFor(curve(0.9, null), 0.95), null)
  assert.equal(pairsFor(curve(1), 0.95), null)
  assert.equal(pairsFor([], 0.95), null)
})
