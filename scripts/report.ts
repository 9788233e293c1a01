import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { estimate, type Estimator } from '../src/alignment/candidates.js'
import { describeComparison } from '../src/alignment/comparison-candidates.js'
import { selectComparison } from '../src/alignment/comparison-selection.js'
import { centredSide, nativeSide, project, type ComparisonSpace } from '../src/alignment/comparison-space.js'
import { prepare } from '../src/alignment/apply.js'
import { indexIdentities, splitIdentities, type IdentityIndex } from '../src/alignment/identities.js'
import { selectRows, trace, type Matrix, type TemplateMatrix } from '../src/alignment/matrix.js'
import { normaliseRows } from '../src/alignment/normalise.js'
import { createRandom } from '../src/alignment/random.js'
import { trainingMoments, type TrainingPairs } from '../src/alignment/selection.js'
import { toAffineMap, type CentredMoments } from '../src/alignment/statistics.js'
import { projectRoot } from '../src/config.js'
import { compare } from '../src/evaluation/comparisons.js'
import { falseMatchRates } from '../src/evaluation/false-match-interval.js'
import { thresholdsAt } from '../src/evaluation/histogram.js'
import { trueMatchRates } from '../src/evaluation/metrics.js'
import { createEngineProducts } from '../src/onnx/products.js'
import { readNpy } from '../src/template/npy.js'

/**
 * Prints, for every unordered pair of the models, how well templates of the two verify: TMR at FMR 1e-3, no image
 * against itself, identities weighing the same. Fits and choices are made on one set alone, figures are of the other.
 */
const { values: options } = parseArgs({
  options: {
    data: { type: 'string', default: join(projectRoot, '..', 'shared', 'data') },
    fit: { type: 'string', default: 'celeba' },
    test: { type: 'string', default: 'lfw' },
    models: { type: 'string', default: 'r512,mbf128,mfv2-256,dlib128-loose,faceres1024-loose' },
    /** share of the identities of `fit` that is tested on instead of `test` */
    split: { type: 'string' },
    threads: { type: 'string', default: '2' }
  }
})
const rate = 1e-3
const seed = 42
const models = options.models.split(',')
const products = createEngineProducts({ threads: Number(options.threads) })

interface LabelledSet { readonly identities: IdentityIndex, readonly of: (model: string) => TemplateMatrix }
interface Side { readonly cols: number, readonly mean: Float64Array }

/** @param chosen which rows, all without it */
function readSet (name: string, chosen?: readonly number[]): LabelledSet {
  const all = readFileSync(join(options.data, name, 'samples.csv'), 'utf8').trim().split('\n').slice(1).map(line => line.split(','))
  const lines = chosen === undefined ? all : chosen.map(row => all[row]!)
  const templates = new Map<string, TemplateMatrix>()
  return {
    identities: indexIdentities(lines.map(line => line[1]!), lines.map(line => line[0]!)),
    of (model) {
      let matrix = templates.get(model)
      if (matrix === undefined) {
        const rows = readNpy(readFileSync(join(options.data, name, `${model}.npy`)))
        matrix = normaliseRows(chosen === undefined ? rows : selectRows(rows, chosen))
        templates.set(model, matrix)
      }
      return matrix
    }
  }
}

const parts = options.split === undefined ? undefined : splitIdentities(readSet(options.fit).identities, Number(options.split), createRandom(seed))
const fitted = readSet(options.fit, parts?.training)
const tested = parts === undefined ? readSet(options.test) : readSet(options.fit, parts.heldOut)

async function tmrOf (probes: TemplateMatrix, references: TemplateMatrix | undefined): Promise<number> {
  const comparisons = await compare(probes, references, tested.identities.ofRow, products)
  const [rates] = trueMatchRates(comparisons, thresholdsAt(comparisons.nonMated, [rate])).perIdentity
  return rates!.reduce((sum, value) => sum + value, 0) / rates!.length
}

async function tmrIn (space: ComparisonSpace, source: TemplateMatrix, target: TemplateMatrix): Promise<number> {
  return await tmrOf(await project(space, 'source', source, products), await project(space, 'target', target, products))
}

/** The paper's three, with its absolute ridge penalty of 0.1. */
function paperMethods ({ gram }: CentredMoments): Estimator[] {
  return [{ method: 'procrustes', lambda: null }, { method: 'linear', lambda: null }, { method: 'ridge', lambda: 0.1 * gram.rows / trace(gram) }]
}

function identityMatrix (d: number): Matrix {
  return { rows: d, cols: d, data: Float64Array.from({ length: d * d }, (_, k) => k % (d + 1) === 0 ? 1 : 0) }
}

/** Best of the paper's three in one direction: scored about the means, and with the target's mean restored. */
async function paperBest (source: string, target: string): Promise<{ centred: number, restored: number }> {
  const moments = await trainingMoments(trainingPairs(source, target), products)
  const best = { centred: 0, restored: 0 }
  const home: Side = { cols: moments.cross.cols, mean: moments.meanTarget }
  for (const estimator of paperMethods(moments)) {
    const weights = await estimate(estimator, moments, products)
    if (weights === undefined) continue
    const centred: ComparisonSpace = {
      source: centredSide(moments.meanSource, weights, 0), target: centredSide(home.mean, identityMatrix(home.cols), 0), normalisation: null
    }
    const restored: ComparisonSpace = { source: prepare(toAffineMap(moments, weights)), target: nativeSide(home.cols), normalisation: null }
    best.centred = Math.max(best.centred, await tmrIn(centred, tested.of(source), tested.of(target)))
    best.restored = Math.max(best.restored, await tmrIn(restored, tested.of(source), tested.of(target)))
  }
  return best
}

function trainingPairs (source: string, target: string): TrainingPairs {
  const [a, b] = [fitted.of(source), fitted.of(target)]
  return { source: a, target: b, identities: fitted.identities, rows: Array.from({ length: a.rows }, (_, row) => row) }
}

/** Threshold from most of the test identities, false match rate on the others. */
async function thresholdCheck (space: ComparisonSpace, source: TemplateMatrix, target: TemplateMatrix) {
  const { training: calibrating, heldOut } = splitIdentities(tested.identities, 0.3, createRandom(seed))
  const part = async (rows: number[]) => ({
    probes: await project(space, 'source', selectRows(source, rows), products),
    references: await project(space, 'target', selectRows(target, rows), products),
    identity: Int32Array.from(rows, row => tested.identities.ofRow[row]!)
  })
  const half = await part(calibrating)
  const [threshold] = thresholdsAt((await compare(half.probes, half.references, half.identity, products)).nonMated, [rate])
  const other = await part(heldOut)
  return (await falseMatchRates(other, [threshold!], seed, products))[0]!
}

const three = (value: number) => value.toFixed(3)
const gains: number[] = []
const stricterGains: number[] = []
let thresholdsHold = 0
let weakest = Infinity
const alone = new Map<string, number>()
for (const model of models) alone.set(model, await tmrOf(tested.of(model), undefined))

console.log(parts === undefined
  ? `Fitted on ${options.fit}, tested on ${options.test}: TMR at FMR ${rate}`
  : `Fitted on ${parts.training.length} images of ${options.fit}, tested on the ${parts.heldOut.length} of other people: TMR at FMR ${rate}`)
console.log('| pair | alone | best of the paper\'s three, about the means | with the target\'s mean restored | ours | difference to either | FMR of a threshold for 1e-3, with interval | chosen |')
console.log('|---|---|---|---|---|---|---|---|')
for (const [i, a] of models.entries()) {
  for (const b of models.slice(i + 1)) {
    const [forward, back] = [await paperBest(a, b), await paperBest(b, a)]
    const centred = Math.max(forward.centred, back.centred)
    const restored = Math.max(forward.restored, back.restored)
    const selected = await selectComparison(trainingPairs(a, b), seed, products)
    if (selected === undefined) throw new Error(`${options.fit}: expected identities with several images`)
    const ours = await tmrIn(selected.space, tested.of(a), tested.of(b))
    const check = await thresholdCheck(selected.space, tested.of(a), tested.of(b))
    gains.push(ours - centred)
    stricterGains.push(ours - restored)
    console.log(`| ${a}, ${b} | ${three(alone.get(a)!)}, ${three(alone.get(b)!)} | ${three(centred)} | ${three(restored)} | ${three(ours)} | ` +
      `${three(ours - centred)}, ${three(ours - restored)} | ${check.rate.toExponential(2)} (${check.lower.toExponential(2)} to ${check.upper.toExponential(2)}) | ${describeComparison(selected.spec)} |`)
    thresholdsHold += Number(check.lower <= rate && rate <= check.upper)
    weakest = Math.min(weakest, ours - Math.min(alone.get(a)!, alone.get(b)!))
  }
}
const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
console.log(`mean difference ${mean(gains).toFixed(4)} about the means, ${mean(stricterGains).toFixed(4)} with the mean restored; ` +
  `least ${Math.min(...gains).toFixed(4)}, ${Math.min(...stricterGains).toFixed(4)}`)
console.log(`least difference to the weaker model alone ${weakest.toFixed(4)}; ${thresholdsHold} of ${gains.length} thresholds have ${rate} within the interval`)
await products.release()
