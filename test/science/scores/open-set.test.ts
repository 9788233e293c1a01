import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createRandom } from '../../../src/science/linear-algebra/random.js'
import { calibrate, thresholdAt, type Calibration } from '../../../src/science/scores/calibration.js'
import { falseNonMatchRateAt } from '../../../src/science/scores/false-non-match.js'
import { fractionAtOrAbove, histogramOf } from '../../../src/science/scores/histogram.js'
import { logLikelihoodRatioOf, openSetThreshold } from '../../../src/science/scores/open-set.js'
import { fitUpperTail, falseMatchRateOfTail, thresholdOfTail } from '../../../src/science/scores/tail.js'
import { gaussian } from '../../support/synthetic-pairs.js'

const comparisons = 300_000

function normalScores (count: number, mean: number, deviation: number, seed: number): Float32Array {
  const random = createRandom(seed)
  return Float32Array.from({ length: count }, () => mean + deviation * gaussian(random))
}

const histograms = {
  narrow: histogramOf(normalScores(comparisons, 0, 0.08, 1)),
  wide: histogramOf(normalScores(comparisons, 0.2, 0.12, 2))
}
const narrow = calibrate(histograms.narrow, 20_000, 100, histogramOf(normalScores(20_000, 0.6, 0.12, 3)))
const wide = calibrate(histograms.wide, 20_000, 100, histogramOf(normalScores(20_000, 0.7, 0.1, 4)))
const { likelihoodRatio: _ratio, ...withoutRatio } = narrow
const { tail: _tail, ...withoutTail } = narrow

// Of 200 references at most: the comparisons measure rates down to 1e-5.
const fpirs = fc.double({ min: 3e-3, max: 1, noNaN: true })
const sizes = fc.integer({ min: 1, max: 100 })

test('the bound of a single group is kept on the comparisons it comes from, and a rate of the grid higher would break it', () => {
  fc.assert(fc.property(fpirs, sizes, (fpir, references) => {
    const { scores: [score], support } = openSetThreshold([{ calibration: narrow, references }], fpir)
    assert.equal(support, 'measured')
    const wanted = fpir / references
    // Thresholds of the grid are 12 % apart; between them the rate is interpolated.
    assert.ok(fractionAtOrAbove(histograms.narrow, score!) <= wanted * 1.02 + 3 / comparisons)
    if (wanted < 0.1) assert.ok(fractionAtOrAbove(histograms.narrow, score! - 1e-3) > wanted * 0.85 - 3 / comparisons)
  }))
})

test('a single group needs no likelihood ratio, and has the same threshold without it', () => {
  const [bare, full] = [withoutRatio, narrow].map(
    calibration => openSetThreshold([{ calibration, references: 50 }], 0.01)
  )
  assert.equal(bare!.logLikelihoodRatio, null)
  assert.deepEqual(bare!.scores, full!.scores)
  assert.equal(full!.logLikelihoodRatio, logLikelihoodRatioOf(narrow, full!.scores[0]!))
})

test('one reference is a verification: the threshold lies between those of the neighbouring rates of the grid', () => {
  fc.assert(fc.property(fc.double({ min: 2e-5, max: 0.1, noNaN: true }), rate => {
    const [score] = openSetThreshold([{ calibration: narrow, references: 1 }], rate).scores
    assert.ok(score! <= thresholdAt(narrow, rate).threshold! + 1e-9)
    assert.ok(score! >= thresholdAt(narrow, Math.min(1, rate * 1.2)).threshold! - 1e-9)
  }))
})

test('the bound over several groups is kept, at one likelihood ratio, and nearly used up', () => {
  fc.assert(fc.property(fpirs, sizes, sizes, (fpir, a, b) => {
    const found = openSetThreshold([{ calibration: narrow, references: a }, { calibration: wide, references: b }], fpir)
    assert.equal(found.support, 'measured')
    const [first, second] = found.scores
    assert.ok(Math.abs(logLikelihoodRatioOf(narrow, first!)! - found.logLikelihoodRatio!) < 1e-9)
    assert.ok(Math.abs(logLikelihoodRatioOf(wide, second!)! - found.logLikelihoodRatio!) < 1e-9)
    const bound = (ratio: number) =>
      a * fractionAtOrAbove(histograms.narrow, scoreOf(narrow, ratio)) +
      b * fractionAtOrAbove(histograms.wide, scoreOf(wide, ratio))
    // Between two rates of the grid a few comparisons more or less stand on either side of the interpolated rate.
    assert.ok(bound(found.logLikelihoodRatio!) <= fpir * 1.02 + 3 * (a + b) / comparisons)
    // Above the highest rate of the grid, 0.1, nothing is known but that it is at most 1.
    const rates = [fractionAtOrAbove(histograms.narrow, first!), fractionAtOrAbove(histograms.wide, second!)]
    if (Math.max(...rates) < 0.08) {
      assert.ok(bound(found.logLikelihoodRatio! - 0.05) > fpir * 0.8 - 5 * (a + b) / comparisons)
    }
  }))
})

test('a group that is divided has the threshold of the whole, and empty groups change nothing', () => {
  fc.assert(fc.property(fpirs, sizes, sizes, (fpir, a, b) => {
    const whole = openSetThreshold([{ calibration: narrow, references: a + b }], fpir)
    const divided = openSetThreshold(
      [
        { calibration: narrow, references: a },
        { calibration: wide, references: 0 },
        { calibration: narrow, references: b }
      ],
      fpir
    )
    assert.ok(Math.abs(divided.scores[0]! - whole.scores[0]!) < 1e-9)
    assert.equal(divided.scores[1], null)
    assert.equal(divided.scores[0], divided.scores[2])
  }))
})

test('more references and a lower FPIR make it stricter', () => {
  fc.assert(fc.property(fpirs, sizes, sizes, (fpir, references, more) => {
    const threshold = (n: number, rate: number) =>
      openSetThreshold([{ calibration: wide, references: n }], rate).scores[0]!
    assert.ok(threshold(references + more, fpir) >= threshold(references, fpir))
    assert.ok(threshold(references, fpir / 2) >= threshold(references, fpir))
  }))
})

test('support follows what the calibrations know: measured, extrapolated to a tenth of it, and nothing below', () => {
  const at = (references: number) => openSetThreshold([{ calibration: narrow, references }], 0.01)
  assert.equal(at(1000).support, 'measured') // FMR 1e-5 = 3 / 300,000
  const further = at(9999)
  assert.equal(further.support, 'extrapolated')
  assert.ok(further.scores[0]! > at(1000).scores[0]!)
  assert.equal(further.interval, null)
  // Normal quantile of 1 - 1e-6; the tail is an extrapolation.
  assert.ok(Math.abs(further.scores[0]! - 0.08 * 4.753) < 0.03)
  const beyond = at(10_001)
  assert.deepEqual([beyond.support, beyond.scores, beyond.logLikelihoodRatio], ['unsupported', [null], null])
  assert.ok(Math.abs(beyond.lowestFpir! - 0.010001) < 1e-9)
  assert.notEqual(
    openSetThreshold([{ calibration: narrow, references: 10_001 }], beyond.lowestFpir!).support,
    'unsupported'
  )
  assert.equal(openSetThreshold([{ calibration: withoutTail, references: 9999 }], 0.01).support, 'unsupported')
})

test('groups without a common scale, and no references at all, have no threshold', () => {
  assert.equal(
    openSetThreshold([{ calibration: withoutRatio, references: 5 }, { calibration: wide, references: 5 }], 0.1).support,
    'unsupported'
  )
  assert.equal(openSetThreshold([], 0.1).support, 'unsupported')
  assert.deepEqual(openSetThreshold([{ calibration: narrow, references: 0 }], 0.1).scores, [null])
  assert.equal(openSetThreshold([{ calibration: { ...narrow, grid: [] }, references: 1 }], 0.1).lowestFpir, null)
})

test('the interval is that of the rates beside the threshold, times the references', () => {
  const grid = narrow.grid.map(point => ({ ...point, interval: { lower: point.fmr / 2, upper: point.fmr * 3 } }))
  const { interval } = openSetThreshold(
    [
      { calibration: { ...narrow, grid }, references: 40 },
      {
        calibration: { ...wide, grid: wide.grid.map((point, k) => ({ ...point, interval: grid[k]!.interval })) },
        references: 30
      }
    ],
    0.02
  )
  assert.ok(interval!.lower > 0 && interval!.lower <= 0.02 && interval!.lower > 0.02 / 2 / 1.3)
  assert.ok(interval!.upper >= 0.02 * 3 * 0.9 && interval!.upper < 0.02 * 3 * 1.3)
  assert.equal(openSetThreshold([{ calibration: narrow, references: 40 }], 0.02).interval, null)
})

test('searches by strangers return a candidate at most as often as asked for', () => {
  const random = createRandom(9)
  const [references, fpir, searches] = [80, 0.05, 4000]
  const { scores: [first, second] } = openSetThreshold(
    [{ calibration: narrow, references }, { calibration: wide, references }],
    fpir
  )
  let returned = 0
  for (let search = 0; search < searches; search++) {
    let any = false
    for (let k = 0; k < references; k++) {
      any = 0.08 * gaussian(random) >= first! || 0.2 + 0.12 * gaussian(random) >= second! || any
    }
    returned += Number(any)
  }
  // Independent comparisons come close to the bound: 1 - exp(-0.05) = 0.049.
  assert.ok(returned / searches < 0.06 && returned / searches > 0.037, String(returned / searches))
})

test("the FNIR is the false non-match rate at each group's threshold, every reference weighing the same", () => {
  const metrics = (fnmr: number) => ({
    operatingPoints: [0.1, 1].map(
      threshold => ({
        fmr: 0.5,
        support: 'measured' as const,
        threshold,
        tmr: 1 - fnmr,
        interval: null,
        fnmr,
        tmrPooled: null
      })
    )
  })
  const groups = [
    { calibration: narrow, references: 30, metrics: metrics(0.1) },
    { calibration: wide, references: 10, metrics: metrics(0.5) }
  ]
  assert.ok(Math.abs(openSetThreshold(groups, 0.1).fnir! - 0.2) < 1e-12)
  assert.equal(openSetThreshold([groups[0]!, { calibration: wide, references: 1 }], 0.1).fnir, null)
})

test('a false non-match rate is interpolated within the trade-off, and beyond it taken from the scores', () => {
  const point = (threshold: number, fnmr: number) => ({ fmr: 0.1, threshold, fnmr, fnmrPooled: fnmr })
  const det = [point(0.2, 0), point(0.4, 0.1), point(0.4, 0.1), point(0.6, 0.5)]
  const scores = { from: 0, binWidth: 0.1, nonMated: [], mated: [0, 0, 0, 0.1, 0.1, 0.3, 0.2, 0.1, 0.1, 0.1] }
  const at = (threshold: number) => falseNonMatchRateAt({ operatingPoints: [], det, scores }, threshold)
  for (
    const [threshold, expected] of [
      [0, 0],
      [0.2, 0],
      [0.3, 0.05],
      [0.4, 0.1],
      [0.5, 0.3],
      [0.6, 0.5],
      [0.75, 0.75],
      [1, 1],
      [1.2, 1]
    ] as const
  ) {
    assert.ok(Math.abs(at(threshold)! - expected) < 1e-9, `${threshold}: ${at(threshold)}`)
  }
  assert.equal(falseNonMatchRateAt({ operatingPoints: [], det }, 0.7), null)
  assert.equal(falseNonMatchRateAt({ operatingPoints: [] }, 0.5), null)
})

test('the rate of a tail is the inverse of its threshold', () => {
  const tail = fitUpperTail(histograms.wide)!
  for (const modelled of [tail, { ...tail, shape: 0.1 }, { ...tail, shape: 0 }]) {
    for (const rate of [tail.share, 1e-4, 1e-7]) {
      assert.ok(Math.abs(falseMatchRateOfTail(modelled, thresholdOfTail(modelled, rate)) / rate - 1) < 1e-9)
    }
    assert.equal(falseMatchRateOfTail(modelled, modelled.threshold - 1), tail.share)
  }
})

test('rates and numbers of references that are none are refused', () => {
  for (const fpir of [0, -1, 1.1, NaN]) {
    assert.throws(() => openSetThreshold([], fpir), /false positive identification rate in \(0, 1\]/)
  }
  for (const references of [-1, 0.5, NaN]) {
    assert.throws(() => openSetThreshold([{ calibration: narrow, references }], 0.1), /number of references/)
  }
})

function scoreOf ({ likelihoodRatio }: Calibration, ratio: number): number {
  return (ratio - likelihoodRatio!.offset) / likelihoodRatio!.slope
}
