import { project } from '../../src/science/alignment/comparison-space.js'
import type { EnsembleCombination } from '../../src/science/cards/ensemble-card.js'
import { pairedDifference } from '../../src/science/cards/verdict.js'
import type { Products, TemplateMatrix } from '../../src/science/linear-algebra/matrix.js'
import { mean } from '../../src/science/linear-algebra/sums.js'
import { fuseRows } from '../../src/science/scores/fusion.js'
import { measuredRates } from '../../src/science/scores/metrics.js'
import { compare } from '../../src/science/scores/comparisons.js'
import { fittedEnsemble, spaceBetween } from './fitted-ensemble.js'
import type { LabelledSet } from './labelled-set.js'
import { falseMatchesOf, summaryOfThresholds } from './thresholds.js'

const seed = 42
const rate = 1e-3

/** The share of each person's mated comparisons that are found. */
type Found = ReadonlyMap<number, number>

/**
 * Prints, for every two models, how a probe with templates of both does against a reference with one of them, or with
 * both: beside each part by itself, and beside one comparison space of the joined vectors. Weights and thresholds are
 * fitted on `fitted`; figures are of `tested`.
 */
export async function reportEnsembles (
  fitted: LabelledSet,
  tested: LabelledSet,
  models: readonly string[],
  products: Products
): Promise<void> {
  const gains: { trained: number, joined: number, lower: number }[] = []
  const rejections: number[] = []
  const falseMatches: number[][] = []
  /** by probe and reference */
  const parts = new Map<string, Found>()
  for (const model of models) parts.set(`${model} ${model}`, await foundIn(tested.of(model), undefined))
  console.log(
    '| probe | reference | FNMR of each part | weights | FNMR of the weighted sum | TMR over the best part, 95 % ' +
      'interval | of one space of joined vectors over the best part | FMR for 0.01, 0.001, 0.0001 |'
  )
  console.log('|---|---|---|---|---|---|---|---|')
  for (const [i, a] of models.entries()) for (const b of models.slice(i + 1)) await reportPair(a, b)
  const better = (values: readonly number[]) => values.filter(value => value >= 0).length
  const [trained, joined] = [gains.map(gain => gain.trained), gains.map(gain => gain.joined)]
  console.log(
    `\nthe weighted sum finds as many mates as the best part or more in ${better(trained)} of ${gains.length}: mean ` +
      `difference ${mean(trained).toFixed(4)}, least ${
        Math.min(...trained).toFixed(4)
      }, the lower end of the interval ` +
      `above 0 in ${gains.filter(({ lower }) => lower > 0).length}; false non-matches fall by ${
        (100 * mean(rejections)).toFixed(0)
      } % of those of the best part on average`
  )
  console.log(
    `one space of joined vectors in ${better(joined)}: mean ${mean(joined).toFixed(4)}, least ${
      Math.min(...joined).toFixed(4)
    }`
  )
  console.log(summaryOfThresholds(falseMatches))

  async function reportPair (a: string, b: string): Promise<void> {
    const { space, combinations } = await fittedEnsemble(fitted, [a, b], products)
    const projected = {
      [a]: await project(space, 'source', tested.of(a), products),
      [b]: await project(space, 'target', tested.of(b), products)
    }
    const cross = await foundIn(projected[a]!, projected[b])
    // The same comparisons with the sides exchanged.
    for (const name of [`${a} ${b}`, `${b} ${a}`]) parts.set(name, cross)
    const vectorsOf = (model: string, other: string) => model === other ? tested.of(model) : projected[model]!
    for (const combination of combinations) await reportCombination(combination, vectorsOf)
  }

  async function reportCombination (
    combination: EnsembleCombination,
    vectorsOf: (model: string, other: string) => TemplateMatrix
  ): Promise<void> {
    const side = (own: 'probe' | 'reference', other: 'probe' | 'reference') =>
      fuseRows(combination.parts.map(part => ({ vectors: vectorsOf(part[own], part[other]), weight: part.weight })))
    const [probes, references] = [side('probe', 'reference'), side('reference', 'probe')]
    const fused = await foundIn(probes, references)
    const alone = combination.parts.map(({ probe, reference }) => parts.get(`${probe} ${reference}`)!)
    const best = alone.reduce((a, b) => tmrOf(b) > tmrOf(a) ? b : a)
    const { tmr, lower, upper } = pairedDifference(fused, best, seed)
    const joined = tmrOf(await foundInJoined(combination)) - tmrOf(best)
    const rates = await falseMatchesOf(combination.calibration, probes, references, tested, products)
    gains.push({ trained: tmr, joined, lower })
    rejections.push(tmr / (1 - tmrOf(best)))
    falseMatches.push(rates)
    console.log(
      `| ${combination.probe.join(', ')} | ${combination.reference.join(', ')} | ${
        alone.map(found => (1 - tmrOf(found)).toFixed(4)).join(', ')
      } | ${combination.parts.map(({ weight }) => weight.toFixed(2)).join(', ')} | ${(1 - tmrOf(fused)).toFixed(4)} | ${
        tmr.toFixed(4)
      } (${lower.toFixed(4)} to ${upper.toFixed(4)}) | ${joined.toFixed(4)} | ${
        rates.map(found => found.toExponential(1)).join(', ')
      } |`
    )
  }

  /** In one comparison space of the vectors of each side, put one after the other. */
  async function foundInJoined ({ probe, reference }: EnsembleCombination): Promise<Found> {
    const join = (set: LabelledSet, side: readonly string[]) =>
      fuseRows(side.map(model => ({ vectors: set.of(model), weight: 1 / side.length })))
    const space = await spaceBetween(fitted, join(fitted, probe), join(fitted, reference), products)
    return await foundIn(
      await project(space, 'source', join(tested, probe), products),
      await project(space, 'target', join(tested, reference), products)
    )
  }

  async function foundIn (probes: TemplateMatrix, references: TemplateMatrix | undefined): Promise<Found> {
    const comparisons = await compare(probes, references, tested.identities.ofRow, products)
    return measuredRates(comparisons, [rate]).get(rate)!
  }
}

const tmrOf = (found: Found): number => mean([...found.values()])
