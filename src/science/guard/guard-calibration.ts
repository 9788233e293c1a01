import { closed } from '../schemas.js'
import { Type, type Static } from 'typebox'
import type { Random } from '../linear-algebra/random.js'

/** A test whether templates belong to a space: they are foreign when the statistic is above the threshold. */
export const GuardTest = Type.Object({
  batch: Type.Integer({ minimum: 1, description: 'Templates that are judged together, at least' }),
  threshold: Type.Number({ description: 'Of the mean over the batch of ln(squared Mahalanobis distance / dimension)' }),
  falseAlarmRate: Type.Number({
    description: 'Share of batches of held-out identities that may be above, before the margin for other data'
  }),
  detection: Type.Number({ description: 'Share of batches of the synthetic strangers that are above' })
}, closed)
export type GuardTest = Static<typeof GuardTest>

/**
 * Batch sizes with a threshold of their own. Any other batch takes the threshold of the next smaller size, which is the
 * more cautious one.
 */
const sizes = [1, 2, 5, 10, 20, 50, 100]
const draws = 4000

/** False alarm rates that thresholds are calibrated for. */
const templateFalseAlarmRate = 0.01
const batchFalseAlarmRate = 0.001

/**
 * The minimum margin for other people, cameras and countries than those of the calibration, which move the statistic.
 * Between CelebA and LFW the 99 % point rises by 0.1 to 0.2, and falls by as much in the other direction. Where
 * strangers are far away the threshold is half-way to them, which is more.
 */
const minMargin = 0.14

/**
 * Thresholds per batch size. Held-out templates show how high the statistic of the space's own templates gets,
 * synthetic strangers how low that of others. The threshold is half-way between the two, and above the first by at
 * least `minMargin` whatever that costs in detection.
 *
 * @param own (n), statistic of templates of held-out identities
 * @param strangers for each of some strange spaces, (m), statistic of its templates
 */
export function calibrateGuard (own: Float64Array, strangers: readonly Float64Array[], random: Random): GuardTest[] {
  return sizes.map(batch => {
    const rate = batch === 1 ? templateFalseAlarmRate : batchFalseAlarmRate
    const ownMeans = batchMeans([own], batch, random)
    const strangerMeans = batchMeans(strangers, batch, random)
    const highestOwn = ownMeans[Math.min(ownMeans.length - 1, Math.ceil((1 - rate) * ownMeans.length))]!
    const lowestStranger = strangerMeans[Math.floor(rate * strangerMeans.length)]!
    const threshold = Math.max(highestOwn + minMargin, (highestOwn + lowestStranger) / 2)
    return {
      batch,
      threshold,
      // Rule of three: no alarm among n bounds the rate by 3 / n.
      falseAlarmRate: Math.min(1, Math.max(rate, 3 / own.length)),
      detection: strangerMeans.filter(mean => mean > threshold).length / strangerMeans.length
    }
  })
}

/** The test for a batch of this many templates. */
export function testFor (tests: readonly GuardTest[], templates: number): GuardTest {
  const test = tests.findLast(({ batch }) => batch <= templates)
  if (test === undefined) throw new RangeError(`expected a test for ${templates} templates, there is none`)
  return test
}

/** Means of batches sampled with replacement, each from one of the populations, ascending. */
function batchMeans (populations: readonly Float64Array[], batch: number, random: Random): Float64Array {
  if (batch === 1) return Float64Array.from(populations.flatMap(values => [...values])).sort()
  return Float64Array.from({ length: draws }, (_, draw) => {
    const values = populations[draw % populations.length]!
    let sum = 0
    for (let i = 0; i < batch; i++) sum += values[random.integer(values.length)]!
    return sum / batch
  }).sort()
}
