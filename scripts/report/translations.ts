import { prepare, translate } from '../../src/science/alignment/apply.js'
import { affineMapOf, describe, estimate, type Estimator } from '../../src/science/alignment/candidates.js'
import { gatherMutualFolds, type TrainingPairs } from '../../src/science/alignment/folds.js'
import { padded, paperLambda, paperMap, paperMethods } from '../../src/science/alignment/paper-baselines.js'
import { selectWithin } from '../../src/science/alignment/selection.js'
import { aboutOrigin, centre, toAffineMap, type CentredMoments } from '../../src/science/alignment/statistics.js'
import { mapOf } from '../../src/science/fitting/fit-map.js'
import { trialsOf } from '../../src/science/fitting/trials.js'
import { trace, type Products, type TemplateMatrix } from '../../src/science/linear-algebra/matrix.js'
import { calibrateSpace, type CalibratedSides } from '../../src/science/scores/calibration.js'
import { compareParts } from '../../src/science/scores/comparisons.js'
import { crossFittingParts, everyRow, trueMatchRateAt, type LabelledSet } from './labelled-set.js'
import { falseMatchesOf, summaryOfThresholds, thresholdRates } from './thresholds.js'

const rate = 1e-3
const seed = 42

/**
 * Prints, for every ordered pair of the models, how well translated templates verify against the target's own, by the
 * plain cosine: TMR at FMR 1e-3, no image against itself, identities weighing the same; beside the best of the paper's
 * three maps of the same direction, fitted on everybody of `fitted`. Everything is chosen and calibrated on `fitted`.
 */
export async function reportTranslations (
  fitted: LabelledSet,
  tested: LabelledSet,
  models: readonly string[],
  products: Products
): Promise<void> {
  const gains: number[] = []
  const falseMatches: number[][] = []
  console.log(
    `| source to target | best of the paper's three, without means | with means | ours | difference | FMR of the thresholds for ${
      thresholdRates.join(', ')
    } | chosen |`
  )
  console.log('|---|---|---|---|---|---|---|')
  for (const source of models) {
    for (const target of models) if (source !== target) await reportOne(source, target)
  }
  const mean = gains.reduce((sum, gain) => sum + gain, 0) / gains.length
  console.log(
    `\nmean difference ${mean.toFixed(4)}, least ${Math.min(...gains).toFixed(4)}; at or above the best of the ` +
      `paper's three in ${gains.filter(gain => gain >= 0).length} of ${gains.length} (expected all but one)`
  )
  console.log(summaryOfThresholds(falseMatches))

  async function reportOne (source: string, target: string): Promise<void> {
    const pairs: TrainingPairs = {
      source: fitted.of(source),
      target: fitted.of(target),
      identities: fitted.identities,
      rows: everyRow(fitted)
    }
    const folds = await gatherMutualFolds(pairs, seed, products)
    const moments = centre(folds.total)
    const [without, restored] = [{ tmr: 0 }, { tmr: 0 }]
    for (const method of paperMethods) {
      const published = await paperMap(method, aboutOrigin(folds.total), products)
      without.tmr = Math.max(without.tmr, await tmrOf(await translated(published), target))
      const weights = await estimate(paperEstimator(method, moments), moments, products)
      if (weights === undefined) continue
      restored.tmr = Math.max(restored.tmr, await tmrOf(await translated(toAffineMap(moments, weights)), target))
    }

    const { estimator } = await selectWithin(folds, 'auto', products)
    const map = affineMapOf(estimator, moments, (await estimate(estimator, moments, products))!)
    const trials = await trialsOf(
      await crossFittingParts(folds, products),
      folds,
      map,
      statistics => mapOf(estimator, statistics, products)
    )
    const sides: CalibratedSides[] = []
    for (const { map: own, heldOut } of trials) {
      const probes = await translate(prepare(own), heldOut.source, products)
      sides.push({
        probes,
        references: heldOut.target,
        identity: heldOut.identity,
        calibrating: heldOut.calibrating
      })
    }
    const calibration = await calibrateSpace(await compareParts(sides, products), sides, seed, products)
    const probes = await translated(map)
    const ours = await tmrOf(probes, target)
    const rates = await falseMatchesOf(calibration, probes, tested.of(target), tested, products)
    const gain = ours - Math.max(without.tmr, restored.tmr)
    gains.push(gain)
    falseMatches.push(rates)
    console.log(
      `| ${source} to ${target} | ${without.tmr.toFixed(3)} | ${restored.tmr.toFixed(3)} | ${ours.toFixed(3)} | ${
        gain.toFixed(3)
      } | ${rates.map(found => found.toExponential(1)).join(', ')} | ${describe(estimator)} |`
    )

    async function translated (map: Parameters<typeof prepare>[0]): Promise<TemplateMatrix> {
      return await translate(prepare(map), tested.of(source), products)
    }
  }

  async function tmrOf (probes: TemplateMatrix, target: string): Promise<number> {
    return await trueMatchRateAt(rate, tested, probes, padded(tested.of(target), probes.cols), products)
  }
}

function paperEstimator (method: typeof paperMethods[number], { gram }: CentredMoments): Estimator {
  return method === 'ridge'
    ? { method, lambda: paperLambda * gram.rows / trace(gram) }
    : { method, lambda: null }
}
