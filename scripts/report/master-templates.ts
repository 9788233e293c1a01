import { comparisonCandidates, createComparisonFitter } from '../../src/science/alignment/comparison-candidates.js'
import { project, type ComparisonSpace, type SideName } from '../../src/science/alignment/comparison-space.js'
import { gatherMutualFolds } from '../../src/science/alignment/folds.js'
import { biasesFor, withBiases } from '../../src/science/alignment/own-means.js'
import { meanOfRows, mutualMoments } from '../../src/science/alignment/statistics.js'
import { selectRows, type Products, type TemplateMatrix } from '../../src/science/linear-algebra/matrix.js'
import { normaliseRows } from '../../src/science/linear-algebra/normalise.js'
import { createRandom, type Random } from '../../src/science/linear-algebra/random.js'
import { averages, calls, optimise, stack } from './crafted.js'
import { everyRow, trueMatchRateAt, type LabelledSet } from './labelled-set.js'
import {
  attackedPeople,
  attackedRates,
  matchedShares,
  shortRows,
  timesTheRates,
  type CraftedPeople
} from './matched-shares.js'

const seed = 42
const averaged = [2, 5, 10, 40, 100, 200]
/** Noisy means. */
const noisyMeans = 20

/** Templates of `probe`, which may be crafted, against a gallery of another model. */
interface Attacked extends CraftedPeople {
  readonly space: ComparisonSpace
  readonly side: SideName
  readonly probe: TemplateMatrix
  readonly gallery: TemplateMatrix
  /** of the probe's space */
  readonly mean: Float32Array
}

/**
 * Prints what templates that should match everybody come to: averages of strangers, the mean of the space, noise around
 * it, and templates that 1,000 calls of the score optimised. For each, the share of a gallery of one image a person
 * that it matches, as a multiple of the FMR: without the floor, with it, and with it in a space that is centred on 400
 * others of `tested`, as calibrations do; and the share that the guard finds too short. Spaces are the first candidate,
 * fitted on `fitted`; thresholds are those of the FMR on `tested`.
 */
export async function reportMasterTemplates (
  fitted: LabelledSet,
  tested: LabelledSet,
  models: readonly string[],
  products: Products
): Promise<void> {
  const { own, ...people } = attackedPeople(tested)
  const passing: Record<'fitted' | 'centred', number[]> = { fitted: [], centred: [] }
  const losses: number[] = []
  console.log(
    '| probe, gallery | template | times the FMR, without a floor | with a floor | too short | with own means | too short |'
  )
  console.log('|---|---|---|---|---:|---|---:|')
  for (const [i, a] of models.entries()) {
    for (const b of models.slice(i + 1)) {
      const space = await fit(a, b)
      const centred = await centre(space, a, b)
      losses.push(await tmrIn(withoutFloor(space), a, b) - await tmrIn(space, a, b))
      for (const [side, probe, gallery] of [['source', a, b], ['target', b, a]] as const) {
        const mean = Float32Array.from(meanOfRows(fitted.of(probe), everyRow(fitted)))
        const attacked = { space, side, probe: tested.of(probe), gallery: tested.of(gallery), mean, ...people }
        const [fittedMeans, ownMeans] = [
          await attack(attacked, products),
          await attack({ ...attacked, space: centred }, products)
        ]
        for (const [k, { name, before, after, short }] of fittedMeans.entries()) {
          const anew = ownMeans[k]!
          notePassing('fitted', after, short)
          notePassing('centred', anew.after, anew.short)
          console.log(
            `| ${probe}, ${gallery} | ${name} | ${inWords(before)} | ${inWords(after)} | ${shareIn(after, short)} | ${
              inWords(anew.after)
            } | ${shareIn(anew.after, anew.short)} |`
          )
        }
      }
    }
  }
  for (const [means, times] of Object.entries(passing)) {
    console.log(
      `\nwith the ${means === 'fitted' ? 'means of the fit' : 'own means'}, at FMR ${
        attackedRates.join(' and ')
      }: most of ` +
        `what passes the guard ${Math.max(...times).toFixed(1)} times the FMR (expected 3), above 3 in ${
          times.filter(value => value > 3).length
        } of ${times.length}`
    )
  }
  console.log(
    `\nthe floor costs real templates at most ${Math.max(...losses).toFixed(4)} of the TMR at FMR 1e-3 (expected 0.002)`
  )

  function notePassing (
    means: 'fitted' | 'centred',
    after: readonly (readonly number[])[],
    short: readonly number[]
  ): void {
    const through = after.filter((_, row) => !short.includes(row))
    if (through.length > 0) passing[means].push(...timesTheRates(through))
  }

  /** The space, centred on templates of other people of the tested set, one image a person. */
  async function centre (space: ComparisonSpace, a: string, b: string): Promise<ComparisonSpace> {
    const weights = new Float64Array(own.length).fill(1 / own.length)
    const side = (model: string) => ({ templates: normaliseRows(selectRows(tested.of(model), own)), weights })
    const biases = await biasesFor(space, { source: side(a), target: side(b) }, products)
    return biases === undefined ? space : withBiases(space, biases)
  }

  async function fit (a: string, b: string): Promise<ComparisonSpace> {
    const pairs = { source: fitted.of(a), target: fitted.of(b), identities: fitted.identities, rows: everyRow(fitted) }
    const { total } = await gatherMutualFolds(pairs, seed, products)
    return await createComparisonFitter(mutualMoments(total), () => pairs, products)(comparisonCandidates[0]!)
  }

  async function tmrIn (space: ComparisonSpace, a: string, b: string): Promise<number> {
    const probes = await project(space, 'source', tested.of(a), products)
    return await trueMatchRateAt(1e-3, tested, probes, await project(space, 'target', tested.of(b), products), products)
  }
}

const inWords = (shares: readonly (readonly number[])[]) =>
  timesTheRates(shares).map(value => value.toFixed(1)).join(', ')

/** The percentage of templates that are too short. */
const shareIn = (all: readonly unknown[], short: readonly number[]) =>
  `${(100 * short.length / all.length).toFixed(0)} %`

async function attack (attacked: Attacked, products: Products) {
  const { space, side, mean } = attacked
  const random = createRandom(seed)
  const [open, floored] = [
    await matcher({ ...attacked, space: withoutFloor(space) }, products),
    await matcher(attacked, products)
  ]
  const crafted: [string, TemplateMatrix][] = [
    ...averaged.map((
      count
    ): [string, TemplateMatrix] => [
      `average of ${count}`,
      averages(attacked.probe, attacked.strangers, count, random)
    ]),
    ['mean of the space', stack([mean])],
    ['noise around the mean', stack(Array.from({ length: noisyMeans }, () => noisy(mean, random)))],
    [`optimised by ${calls} calls`, await optimised(attacked, random, products)]
  ]
  const found = []
  for (const [name, templates] of crafted) {
    const short = await shortRows(space, side, templates, products)
    found.push({ name, before: await open(templates), after: await floored(templates), short })
  }
  return found
}

/** Shares of the victims that each template matches, per rate. */
async function matcher ({ space, side, probe, gallery, victims }: Attacked, products: Products) {
  const references = await project(space, otherSide(side), selectRows(gallery, victims), products)
  const scoresOf = async (templates: TemplateMatrix) =>
    await products.multiply(await project(space, side, templates, products), references, { transposeB: true })
  const real = await scoresOf(selectRows(probe, victims))
  const matched = matchedShares(real)
  return async (templates: TemplateMatrix): Promise<number[][]> => matched(await scoresOf(templates))
}

/** Templates of the side moved until they score high against people that the attacker has. */
async function optimised (
  { space, side, probe, gallery, strangers, development }: Attacked,
  random: Random,
  products: Products
): Promise<TemplateMatrix> {
  const references = await project(space, otherSide(side), selectRows(gallery, development), products)
  const scoresOf = async (template: Float32Array) => {
    const tried = await project(space, side, stack([template]), products)
    return (await products.multiply(tried, references, { transposeB: true })).data
  }
  return await optimise(probe, strangers, scoresOf, random)
}

/** The mean and a little in a random direction. */
function noisy (mean: Float32Array, random: Random): Float32Array {
  return mean.map(value => value + 0.02 * (random.next() - 0.5) / Math.sqrt(mean.length))
}

function withoutFloor ({ source, target, normalisation }: ComparisonSpace): ComparisonSpace {
  return { source: { ...source, floor: undefined }, target: { ...target, floor: undefined }, normalisation }
}

const otherSide = (side: SideName): SideName => side === 'source' ? 'target' : 'source'
