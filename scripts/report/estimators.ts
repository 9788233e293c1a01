import { prepare, translate } from '../../src/science/alignment/apply.js'
import {
  affineMapOf,
  candidatesFor,
  createEstimates,
  describe,
  lowRankCandidates,
  restored,
  type Estimator
} from '../../src/science/alignment/candidates.js'
import { limitRows } from '../../src/science/linear-algebra/identities.js'
import type { Products } from '../../src/science/linear-algebra/matrix.js'
import { createRandom } from '../../src/science/linear-algebra/random.js'
import { select } from '../../src/science/alignment/selection.js'
import { everyRow, subset, trueMatchRateAt, type LabelledSet } from './labelled-set.js'

const rate = 1e-3
const tolerance = 0.005
const seed = 42

/**
 * Prints what `auto` loses: for every directed pair of the models, TMR at FMR 1e-3 of the estimator that it
 * chooses on `fitted`, and of every single one in hindsight, on `tested`. No image is compared with itself, identities
 * weigh the same. The ranks in hindsight are those at the best lambda in hindsight.
 *
 * @param maxRows whole identities of `tested` up to so many rows; at 3,000 rows of LFW differences below 0.02 were
 *   seen
 * to change sign
 */
export async function reportEstimators (
  fitted: LabelledSet,
  tested: LabelledSet,
  models: readonly string[],
  maxRows: number,
  products: Products
): Promise<void> {
  const measured = subset(tested, limitRows(tested.identities, everyRow(tested), maxRows, createRandom(seed)))
  console.log(`on ${measured.samples.length} images\n`)
  console.log('| source to target | auto chose | auto | best in hindsight | its TMR | short by | seconds to choose |')
  console.log('|---|---|---|---|---|---|---|')
  const shortfalls: number[] = []
  for (const source of models) {
    for (const target of models) if (source !== target) shortfalls.push(await shortfall(source, target))
  }
  const within = shortfalls.filter(value => value <= tolerance).length
  console.log(
    `\n${within} of ${shortfalls.length} directed pairs are within ${tolerance} of the best single method; the largest shortfall is ${
      Math.max(...shortfalls).toFixed(4)
    }`
  )

  async function shortfall (source: string, target: string): Promise<number> {
    const pairs = {
      source: fitted.of(source),
      target: fitted.of(target),
      identities: fitted.identities,
      rows: everyRow(fitted)
    }
    const started = performance.now()
    const { estimator: chosen, moments } = await select(pairs, 'auto', seed, products)
    const seconds = (performance.now() - started) / 1000

    const estimateOf = createEstimates(moments, products)
    const known = new Map<string, number>()
    const tmrBy = async (estimator: Estimator): Promise<number> => {
      const name = describe(estimator)
      const weights = known.has(name) ? undefined : await estimateOf(estimator)
      if (weights !== undefined) {
        const translated = await translate(
          prepare(affineMapOf(estimator, moments, weights)),
          measured.of(source),
          products
        )
        known.set(name, await trueMatchRateAt(rate, measured, translated, measured.of(target), products))
      }
      return known.get(name) ?? 0
    }
    const auto = await tmrBy(chosen)
    let best = { estimator: chosen, value: auto }
    let bestLambda = { lambda: 0, value: -1 }
    const all = candidatesFor('auto')
    for (const estimator of [...all, ...all.map(restored)]) {
      const value = await tmrBy(estimator)
      if (value > best.value) best = { estimator, value }
      if (estimator.spread === undefined && estimator.method === 'ridge' && value > bestLambda.value) {
        bestLambda = { lambda: estimator.lambda, value }
      }
    }
    const low = lowRankCandidates(bestLambda.lambda, Math.min(pairs.source.cols, pairs.target.cols))
    for (const estimator of [...low, ...low.map(restored)]) {
      const value = await tmrBy(estimator)
      if (value > best.value) best = { estimator, value }
    }
    console.log(
      `| ${source} to ${target} | ${describe(chosen)} | ${auto.toFixed(4)} | ${describe(best.estimator)} | ${
        best.value.toFixed(4)
      } | ${(best.value - auto).toFixed(4)} | ${seconds.toFixed(1)} |`
    )
    return best.value - auto
  }
}
