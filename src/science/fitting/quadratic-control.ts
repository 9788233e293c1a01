import { prepare, translateNormalised } from '../alignment/apply.js'
import { meanCosine, meanTrueMatchRate, supportedRates } from '../alignment/criterion.js'
import type { TrainingPairs } from '../alignment/folds.js'
import { quadraticFits, type QuadraticMap, type QuadraticParameters } from '../alignment/quadratic.js'
import { ridge } from '../alignment/ridge.js'
import { trainingMoments } from '../alignment/selection.js'
import { toAffineMap } from '../alignment/statistics.js'
import { differenceOf, identityShares, meanDifferenceOf, rateOf, type IdentityShares } from '../cards/estimate.js'
import type { QuadraticControl } from '../cards/model-analyses.js'
import { countIdentities, limitRows, splitIdentities, type IdentityIndex } from '../linear-algebra/identities.js'
import { selectRows, type Products, type TemplateMatrix } from '../linear-algebra/matrix.js'
import { createRandom } from '../linear-algebra/random.js'
import { compare } from '../scores/comparisons.js'
import type { TestedPair } from './pair-tests.js'

/** Kernels of 72 MB, and a factorisation of half a second. */
const maxTrainingRows = 3000
const validationShare = 0.2

/** Both maps choose among penalties from weak to strong: an equal choice. */
const linearLambdas: readonly number[] = [1, 0.1, 1e-2, 1e-4]
const quadraticGrid: readonly QuadraticParameters[] = [0.2, 0.5].flatMap(share =>
  [1, 0.1, 1e-2].map(lambda => ({ share, lambda }))
)

/**
 * The control for the claim that a map of low capacity suffices: a quadratic map beside a linear one, fitted on the
 * same rows, with parameters chosen in the same way, tested on the same people.
 *
 * @param pairs at least one, all with the same rows and identities
 * @param seed of the split and the bootstraps
 * @param onProgress receives the fraction done
 */
export async function measureQuadraticControl (
  pairs: readonly TestedPair[],
  falseMatchRate: number,
  seed: number,
  products: Products,
  onProgress: (fraction: number) => void
): Promise<QuadraticControl> {
  const { identities, rows: all } = pairs[0]!.training
  const rows = limitRows(identities, all, maxTrainingRows, createRandom(seed))
  const split = splitRows(identities, rows, seed)
  const measured: QuadraticControl['pairs'] = []
  const compared: (readonly [IdentityShares | null, IdentityShares | null])[] = []
  for (const { source, target, training, heldOut } of pairs) {
    const report = (fraction: number) => onProgress((measured.length + fraction) / pairs.length)
    const linear = await chooseLinear({ ...training, rows }, split, products)
    const quadratic = await chooseQuadratic({ ...training, rows }, split, products, fraction => report(0.9 * fraction))
    const test = async (map: QuadraticMap) =>
      identityShares(
        await compare(await map(heldOut.source), heldOut.target, heldOut.identity, products),
        falseMatchRate
      )
    const [ofLinear, ofQuadratic] = [await test(linear.map), await test(quadratic.map)]
    compared.push([ofQuadratic, ofLinear])
    measured.push({
      source,
      target,
      linear: { lambda: linear.lambda, tmr: rateOf(ofLinear, seed) },
      quadratic: { ...quadratic.parameters, tmr: rateOf(ofQuadratic, seed) },
      gain: differenceOf(ofQuadratic, ofLinear, seed)
    })
    report(0)
  }
  return {
    training: { samples: rows.length, identities: countIdentities(identities, rows) },
    samples: pairs[0]!.heldOut.identity.length,
    pairs: measured,
    meanGain: meanDifferenceOf(compared, seed)
  }
}

interface ValidationSplit {
  readonly training: readonly number[]
  readonly validation: readonly number[]
}

/** A fifth of the identities among the rows choose the parameters. */
function splitRows ({ ofRow }: IdentityIndex, rows: readonly number[], seed: number): ValidationSplit {
  const groups = new Map<number, number[]>()
  for (const [k, row] of rows.entries()) {
    const group = groups.get(ofRow[row]!)
    if (group === undefined) groups.set(ofRow[row]!, [k])
    else group.push(k)
  }
  const index = { ofRow: Int32Array.from(rows, row => ofRow[row]!), rows: [...groups.values()] }
  const { training, heldOut } = splitIdentities(index, validationShare, createRandom(seed))
  return { training: training.map(k => rows[k]!), validation: heldOut.map(k => rows[k]!) }
}

/** How well a map does on the identities that choose: what maps are for, as far as they support it. */
function criterionOn (
  { source, target, identities }: TrainingPairs,
  validation: readonly number[],
  products: Products
) {
  const probes = selectRows(source, validation)
  const references = selectRows(target, validation)
  const identity = Int32Array.from(validation, row => identities.ofRow[row]!)
  const rates = supportedRates(identities, [[...validation]], false)
  return async (map: QuadraticMap): Promise<number> => {
    const translated: TemplateMatrix = await map(probes)
    return rates.length === 0
      ? meanCosine(translated, references)
      : await meanTrueMatchRate(translated, references, identity, rates, products)
  }
}

async function chooseLinear (pairs: TrainingPairs, { training, validation }: ValidationSplit, products: Products) {
  const score = criterionOn(pairs, validation, products)
  const fits = async (rows: readonly number[]) => {
    const moments = await trainingMoments({ ...pairs, rows }, products)
    return async (lambda: number): Promise<QuadraticMap> => {
      const map = prepare(toAffineMap(moments, await ridge(moments, lambda, products)))
      return source => translateNormalised(map, source, products)
    }
  }
  const fitOnTraining = await fits(training)
  const lambda = await best(linearLambdas, async lambda => await score(await fitOnTraining(lambda)))
  return { lambda, map: await (await fits(pairs.rows))(lambda) }
}

async function chooseQuadratic (
  pairs: TrainingPairs,
  { training, validation }: ValidationSplit,
  products: Products,
  onProgress: (fraction: number) => void
) {
  const score = criterionOn(pairs, validation, products)
  const fits = async (rows: readonly number[]) =>
    await quadraticFits(selectRows(pairs.source, rows), selectRows(pairs.target, rows), products)
  const fitOnTraining = await fits(training)
  let done = 0
  const parameters = await best(quadraticGrid, async candidate => {
    const found = await score(await fitOnTraining(candidate))
    onProgress(++done / (quadraticGrid.length + 1))
    return found
  })
  return { parameters, map: await (await fits(pairs.rows))(parameters) }
}

/** The candidate with the highest score; of equal ones the first. */
async function best<Candidate> (
  candidates: readonly Candidate[],
  scoreOf: (candidate: Candidate) => Promise<number>
): Promise<Candidate> {
  const scores: number[] = []
  for (const candidate of candidates) scores.push(await scoreOf(candidate))
  return candidates[scores.indexOf(Math.max(...scores))]!
}
