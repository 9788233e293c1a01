import type { Products } from '../../src/science/linear-algebra/matrix.js'
import { guardFigures, type GuardFigure, type GuardFiguresOptions } from './guard-figures.js'

/** Prints how often the guard raises an alarm, rightly and wrongly, on other data than it was calibrated on. */
export async function reportGuard (options: GuardFiguresOptions, products: Products): Promise<void> {
  const figures: GuardFigure[] = []
  console.log(`batches of ${options.batch}, ${options.trials} trials\n`)
  console.log('| claimed | received | also registered | flagged, one by one | flagged, in batches | named |')
  console.log('|---|---|---|---:|---:|---:|')
  for await (const figure of guardFigures(options, products)) {
    const { claimed, received, registered, single, batch, named } = figure
    console.log(
      `| ${claimed} | ${received} | ${registered ?? '-'} | ${percent(single)} | ${percent(batch)} | ${
        registered === null ? '' : percent(named)
      } |`
    )
    figures.push(figure)
  }
  const registered = figures.filter(figure => figure.registered !== null)
  const [alarms, found] = [
    registered.filter(({ claimed, received }) => received === claimed),
    registered.filter(({ claimed, received }) => received !== claimed)
  ]
  console.log(
    `\nbatches of another registered model flagged: least ${
      percent(least(found, 'batch'))
    } (expected 99.9 %), false alarms: most ${percent(most(alarms, 'batch'))} (expected 0.1 %)`
  )
  console.log(
    `single ones: least ${percent(least(found, 'single'))} (expected 95 %), false alarms: most ${
      percent(most(alarms, 'single'))
    } (expected 1 %)`
  )
}

type Share = 'single' | 'batch'
const least = (figures: readonly GuardFigure[], share: Share) => Math.min(...figures.map(figure => figure[share]))
const most = (figures: readonly GuardFigure[], share: Share) => Math.max(...figures.map(figure => figure[share]))
const percent = (share: number) => `${(100 * share).toFixed(2)} %`
