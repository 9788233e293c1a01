import { join } from 'node:path'
import { median } from '../../bench/rounds.js'
import { amount, type Figure, markdownTable, type Section } from '../../bench/section.js'
import { projectRoot } from '../../src/config.js'
import { createEngineProducts } from '../../src/engines/onnx/products.js'
import { readProfiles } from '../../src/features/guard/profile-files.js'
import { judge } from '../../src/science/guard/judge.js'
import { squaredDistances, whiteningOf } from '../../src/science/guard/mahalanobis.js'
import { createRateMonitor } from '../../src/science/guard/rate-monitor.js'
import { createScoreMonitor, scoreCells } from '../../src/science/guard/score-monitor.js'
import { normaliseRows } from '../../src/science/linear-algebra/normalise.js'
import { createRandom } from '../../src/science/linear-algebra/random.js'
import { changes, driftStudy, unchanged } from '../../test/support/drift-streams.js'
import { templatesMissing } from '../../test/support/shared-templates.js'
import { SectionSkipped } from '../report-sections.js'

const studied = [['r512', 'r512'], ['r512', 'mfv2-256'], ['mfv2-256', 'r512'], ['mbf128', 'mbf128']] as const
const matedShares = [0, 0.5, 0.9]
/** Verifications or templates a month, of a service that has ten a minute. */
const perPeriod = 30 * 24 * 60 * 10
/** before the change: a day */
const before = 24 * 60 * 10
const streams = 9
/** in which the rate of false alarms is counted: verifications of a service that has a thousand a month */
const months = 300
const seldom = 1000

/** How soon the sequential tests find a model that has changed, and how often they raise an alarm while none has. */
export async function reportDrift ({ log }: { log(line: string): void }): Promise<Section> {
  if (templatesMissing !== undefined) throw new SectionSkipped(templatesMissing)
  const products = createEngineProducts({ threads: 1 })
  const figures: Figure[] = []
  const rows: string[][] = []
  try {
    for (const [probe, reference] of studied) {
      const study = await driftStudy(probe, reference, products)
      const cells = scoreCells(study.distribution)
      const name = probe === reference ? probe : `${probe} against ${reference}`
      const own = await study.verifications(unchanged)
      for (const share of matedShares) {
        const alarms = alarmsOf(own(share, months * seldom, 11), cells)
        figures.push({
          name: `${name}, ${percent(share)} mated: false alarms of scores a month`,
          value: alarms / months,
          target: 1,
          spread: [alarms / months, alarms / months],
          sense: 'at-most'
        })
      }
      for (const [what, change] of Object.entries(changes)) {
        const changed = await study.verifications(change)
        const found = matedShares.map(share => {
          const delays = Array.from(
            { length: streams },
            (_, k) => delayOf(own(share, before, 100 + k), changed(share, 2000, k), cells)
          )
          return median(delays)
        })
        rows.push([
          name,
          what,
          ...found.map(said),
          await guardDelay(probe, await change(normaliseRows(study.probes), products))
        ])
        log(`  ${rows.at(-1)!.join(' | ')}`)
      }
    }
  } finally {
    await products.release()
  }
  return {
    title: 'Drift',
    figures,
    markdown:
      `Verifications of people of LFW, with scores calibrated on people of CelebA, ten a minute and after a day ` +
      `without a change; medians of ${streams} streams, "not" where more than half of them had no alarm in 2,000. The ` +
      `last column is the test of the guard's flags, for models with a shipped profile. False alarms are counted in ` +
      `${months} months of ${amount(seldom)} verifications.\n\n` +
      markdownTable(
        [
          'pair',
          'change',
          ...matedShares.map(share => `verifications, ${percent(share)} mated`),
          'templates, by flags'
        ],
        rows
      )
  }

  /** Templates until the test of the guard's flags finds the change. */
  async function guardDelay (model: string, templates: Parameters<typeof normaliseRows>[0]): Promise<string> {
    const shipped = (await readProfiles(join(projectRoot, 'maps'))).find(({ space }) => space.model === model)
    if (shipped === undefined) return ''
    const { profile } = shipped
    const distances = await squaredDistances(whiteningOf(profile), normaliseRows(templates), products)
    return said(median(Array.from({ length: streams }, (_, k) => {
      const random = createRandom(k)
      const rate = judge(templates.cols, profile.summary, distances.subarray(0, 1), []).falseAlarmRate.template
      const monitor = createRateMonitor(rate)
      for (let i = 0; i < before; i++) monitor.observe(1, random.next() < rate ? 1 : 0, 1 / perPeriod)
      for (let i = 1; i <= 2000; i++) {
        const row = random.integer(templates.rows)
        const { flagged } = judge(templates.cols, profile.summary, distances.subarray(row, row + 1), [])
        if (monitor.observe(1, flagged.length, 1 / perPeriod)) return i
      }
      return Infinity
    })))
  }
}

type Cells = ReturnType<typeof scoreCells>

function alarmsOf (scores: Float64Array, cells: Cells): number {
  const monitor = createScoreMonitor(cells)
  return scores.reduce((alarms, score) => alarms + (monitor.observe(score, 1 / seldom) ? 1 : 0), 0)
}

function delayOf (own: Float64Array, changed: Float64Array, cells: Cells): number {
  const monitor = createScoreMonitor(cells)
  for (const score of own) monitor.observe(score, 1 / perPeriod)
  const found = changed.findIndex(score => monitor.observe(score, 1 / perPeriod))
  return found === -1 ? Infinity : found + 1
}

const percent = (share: number): string => `${Math.round(100 * share)} %`
const said = (delay: number): string => Number.isFinite(delay) ? String(delay) : 'not'
