import { affineMapOf, estimate } from '../../src/science/alignment/candidates.js'
import { comparisonCandidates, describeComparison } from '../../src/science/alignment/comparison-candidates.js'
import { fitterOfAll, fitterWithout } from '../../src/science/alignment/comparison-selection.js'
import { project } from '../../src/science/alignment/comparison-space.js'
import { gatherMutualFolds } from '../../src/science/alignment/folds.js'
import { withBiases } from '../../src/science/alignment/own-means.js'
import { centre } from '../../src/science/alignment/statistics.js'
import { doubtfulRows } from '../../src/science/cards/doubtful-labels.js'
import { recalibrate, type CalibratedMap, type DomainData } from '../../src/science/fitting/recalibrate.js'
import { splitIdentities } from '../../src/science/linear-algebra/identities.js'
import type { Products } from '../../src/science/linear-algebra/matrix.js'
import { createRandom } from '../../src/science/linear-algebra/random.js'
import { calibrateSpace, type CalibratedSides } from '../../src/science/scores/calibration.js'
import { compare, compareParts } from '../../src/science/scores/comparisons.js'
import { costsOn } from '../../src/science/scores/likelihood-ratio.js'
import { identityWeighted } from '../../src/science/scores/metrics.js'
import { crossFittingParts, everyRow, subset, trueMatchRateAt, type LabelledSet } from './labelled-set.js'
import { falseMatchesOf, summaryOfThresholds, thresholdRates } from './thresholds.js'

const seed = 42
/** The first candidate of the comparison spaces, so that the section takes minutes. */
const spec = comparisonCandidates[0]!
/** Cllr may be this many times the least possible one. */
const expectedRatio = 1.3

/**
 * Prints what a calibration from a caller's own templates does: fitted on `fitted`, calibrated on half of the people of
 * `tested`, once without labels, one image a person, and once with labels and all images; measured on the other half,
 * without images whose label is in doubt.
 */
export async function reportRecalibration (
  fitted: LabelledSet,
  tested: LabelledSet,
  models: readonly string[],
  products: Products
): Promise<void> {
  const halves = splitIdentities(tested.identities, 0.5, createRandom(seed))
  const [own, others] = [subset(tested, halves.training), subset(tested, halves.heldOut)]
  const falseMatches: Record<'card' | 'unlabelled' | 'labelled', number[][]> = {
    card: [],
    unlabelled: [],
    labelled: []
  }
  const ratios: number[] = []
  console.log(
    `in the ${describeComparison(spec)}, calibrated on ${own.identities.rows.length} people and tested on ` +
      `${others.identities.rows.length} others\n`
  )
  console.log(
    `| pair | TMR with the means of the fit, own means | FMR for ${thresholdRates.join(', ')} by the card | by a ` +
      'calibration without labels | with labels | Cllr by the card, carried, recalibrated | least possible | ratio |'
  )
  console.log('|---|---|---|---|---|---|---|---|')
  for (const [i, a] of models.entries()) for (const b of models.slice(i + 1)) await reportOne(a, b)
  for (const [name, rates] of Object.entries(falseMatches)) console.log(`\n${name}: ${summaryOfThresholds(rates)}`)
  console.log(
    `Cllr at most ${expectedRatio} times the least possible after recalibration in ${
      ratios.filter(ratio => ratio <= expectedRatio).length
    } of ${ratios.length} (expected all)`
  )

  async function reportOne (a: string, b: string): Promise<void> {
    const map = await mapOf(a, b)
    const data = (set: LabelledSet, rows: readonly number[], labelled: boolean): DomainData => {
      const taken = subset(set, rows)
      const side = (model: string) => (
        {
          samples: taken.samples,
          identities: labelled ? taken.labels : taken.samples.map(() => null),
          templates: taken.of(model)
        }
      )
      return { source: side(a), target: side(b), hash: '' }
    }
    const first = own.identities.rows.map(rows => rows[0]!)
    const options = { seed, means: 'own' as const }
    const unlabelled = await recalibrate(map, data(own, first, false), options, products)
    const labelled = await recalibrate(map, data(own, everyRow(own), true), options, products)

    const doubtful = new Set(
      await doubtfulRows({ source: others.of(a), target: others.of(b), identity: others.identities.ofRow }, products)
    )
    const set = subset(others, everyRow(others).filter(row => !doubtful.has(row)))
    const found = {
      card: await measured({ biases: undefined }, map.card.comparison!.calibration),
      unlabelled: await measured(unlabelled, unlabelled.recalibration.calibration.comparison!),
      labelled: await measured(labelled, labelled.recalibration.calibration.comparison!)
    }
    for (const name of ['card', 'unlabelled', 'labelled'] as const) falseMatches[name].push(found[name].rates)
    const ratio = found.labelled.cllr / found.labelled.minCllr
    ratios.push(ratio)
    const shown = (rates: readonly number[]) => rates.map(rate => rate.toExponential(1)).join(', ')
    console.log(
      `| ${a}, ${b} | ${found.card.tmr.toFixed(3)}, ${found.labelled.tmr.toFixed(3)} | ${shown(found.card.rates)} | ${
        shown(found.unlabelled.rates)
      } | ${shown(found.labelled.rates)} | ${found.card.cllr.toFixed(4)}, ${found.unlabelled.cllr.toFixed(4)}, ${
        found.labelled.cllr.toFixed(4)
      } | ${found.labelled.minCllr.toFixed(4)} | ${ratio.toFixed(2)} |`
    )

    async function measured (
      { biases }: Pick<typeof labelled, 'biases'>,
      calibration: NonNullable<typeof labelled.recalibration.calibration.comparison>
    ) {
      const space = biases === undefined ? map.comparison! : withBiases(map.comparison!, biases)
      const probes = await project(space, 'source', set.of(a), products)
      const references = await project(space, 'target', set.of(b), products)
      const comparisons = await compare(probes, references, set.identities.ofRow, products)
      return {
        tmr: await trueMatchRateAt(1e-3, set, probes, references, products),
        rates: await falseMatchesOf(calibration, probes, references, set, products),
        ...costsOn(calibration.likelihoodRatio!, comparisons.nonMated, identityWeighted(comparisons))
      }
    }
  }

  /** A map in the comparison space of `spec`, calibrated by cross-fitting. */
  async function mapOf (a: string, b: string): Promise<CalibratedMap> {
    const folds = await gatherMutualFolds(
      { source: fitted.of(a), target: fitted.of(b), identities: fitted.identities, rows: everyRow(fitted) },
      seed,
      products
    )
    const sides: CalibratedSides[] = []
    const { parts } = await crossFittingParts(folds, products)
    for (const [k, { heldOut }] of parts.entries()) {
      const space = await fitterWithout(folds, k, products)(spec)
      sides.push({
        ...heldOut,
        probes: await project(space, 'source', heldOut.source, products),
        references: await project(space, 'target', heldOut.target, products)
      })
    }
    const calibration = await calibrateSpace(await compareParts(sides, products), sides, seed, products)
    const moments = centre(folds.total)
    const ridge = { method: 'ridge', lambda: 0.1 } as const
    return {
      map: affineMapOf(ridge, moments, (await estimate(ridge, moments, products))!),
      comparison: await fitterOfAll(folds, products)(spec),
      card: {
        calibration: { crossModel: calibration, source: calibration, target: calibration },
        comparison: { calibration }
      }
    }
  }
}
