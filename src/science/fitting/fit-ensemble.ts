import { Problem } from '../../errors.js'
import type { ComparisonSpec } from '../alignment/comparison-candidates.js'
import { fitterWithout } from '../alignment/comparison-selection.js'
import { project, withFloorsOf, type ComparisonSpace } from '../alignment/comparison-space.js'
import { dealScoredFolds, gatherMutualFolds, type Folds } from '../alignment/folds.js'
import { minIdentities, minPairs } from '../alignment/pairs.js'
import { doubtfulRows } from '../cards/doubtful-labels.js'
import type { EnsembleCard, EnsembleCombination } from '../cards/ensemble-card.js'
import { pairedDifference, ratesOfVerdict } from '../cards/verdict.js'
import { indexIdentities, type IdentityIndex } from '../linear-algebra/identities.js'
import { selectRows, type Products, type TemplateMatrix } from '../linear-algebra/matrix.js'
import { normaliseRows } from '../linear-algebra/normalise.js'
import { createRandom } from '../linear-algebra/random.js'
import { calibrateSpace, type CalibratedSides } from '../scores/calibration.js'
import { compareParts, type Comparisons } from '../scores/comparisons.js'
import { measureInDetail, type DetailedMetrics } from '../scores/detailed-metrics.js'
import { fuseRows, fusionWeights, sampleComparisons, type FusionSample, type PartScores } from '../scores/fusion.js'
import { measuredRates } from '../scores/metrics.js'
import { invalidRows } from '../template/check.js'

/** Where templates of two models of an ensemble are compared: that of a map between them. */
export interface EnsembleSpace {
  /** indices of the models of the map */
  readonly source: number
  readonly target: number
  /** id of the map */
  readonly map: string
  readonly space: ComparisonSpace
  /** how the space was fitted, where that was on people of these templates; undefined where it was on others */
  readonly refit: ComparisonSpec | undefined
}

export interface EnsembleData {
  /** names, at least two */
  readonly models: readonly string[]
  /** (n), unique */
  readonly samples: readonly string[]
  /** (n), null where unknown, which makes the image an identity of its own */
  readonly identities: readonly (string | null)[]
  /** per model, (n, d of the model), as the model gave them */
  readonly templates: readonly TemplateMatrix[]
  /** SHA-256 of all of it */
  readonly hash: string
  /** one for every two models */
  readonly spaces: readonly EnsembleSpace[]
}

/** Without this number of identities with two images there is little to weigh parts by. */
const minMatedIdentities = 10
/** Below this number the interval of a rate of 0.9 is wider than 0.1 in either direction. */
const fewIdentities = 35

/** People of one fold, in spaces that none of them fitted. */
interface EnsembleFold {
  readonly identity: Int32Array
  /** rows whose labels are not in doubt; all when undefined */
  readonly calibrating: readonly number[] | undefined
  /** templates of a model where they are compared with those of another, or of the same one */
  projected(model: number, other: number): TemplateMatrix
}

/**
 * Fits weights for the comparison of several templates a side, of several models. Every template of the probe is
 * compared with every template of the reference, in the space of a map or, within one model, by the cosine; the score
 * is the weighted sum. Weights, thresholds and likelihood ratios are given for every choice of models that either side
 * may have, so that templates may be missing.
 *
 * Identities are dealt into five folds. Each is scored in spaces and by weights that none of its people gave; pooled,
 * those scores evaluate and calibrate. The weights that serve come from all folds. Where the sum finds fewer mates than
 * the best part by itself, that part has all the weight.
 *
 * A comparison space of joined vectors does as well for some pairs and far worse for others, see `npm run report --
 * ensembles`.
 *
 * @throws Problem `pairs-insufficient`, `template-invalid`
 */
export async function fitEnsemble (
  data: EnsembleData,
  { seed }: { readonly seed: number },
  products: Products,
  onProgress: (fraction: number) => void = () => {}
): Promise<EnsembleCard> {
  const identities = checkEnsemble(data)
  const templates = data.templates.map(normaliseRows)
  const folds = await foldsOf(data, templates, identities, seed, products, fraction => onProgress(0.3 * fraction))
  const samples: FusionSample[] = []
  const random = createRandom(seed)
  for (const fold of folds) {
    const scores = await scoresOf(fold, data.models.length, products)
    samples.push(sampleComparisons(scores, fold.identity, random, fold.calibrating))
    onProgress(0.3 + 0.1 * samples.length / folds.length)
  }
  const weigh = createWeigher(samples, data.models.length)
  const chosen = combinationsOf(data.models.length)
  const singles = await measureSingles(folds, data.models.length, seed, products)
  onProgress(0.5)
  const combinations: EnsembleCombination[] = []
  for (const combination of chosen) {
    const measure = async (by: Weigh) =>
      await measureCombination(data.models, folds, combination, by, singles, seed, products)
    const together = await measure(weigh)
    // What the others add may be less than what their noise takes away.
    combinations.push(together.best.gain.tmr < 0 ? await measure(only(together)) : together)
    onProgress(0.5 + 0.5 * combinations.length / chosen.length)
  }
  return {
    schemaVersion: 1,
    seed,
    corpusHash: data.hash,
    samples: data.samples.length,
    compared: folds.reduce((sum, { identity }) => sum + identity.length, 0),
    identities: identities.rows.length,
    folds: folds.length,
    doubtful: folds.reduce(
      (sum, { identity, calibrating }) => sum + identity.length - (calibrating?.length ?? identity.length),
      0
    ),
    spaces: data.spaces.map(({ source, target, map, refit }) => ({
      source: data.models[source]!,
      target: data.models[target]!,
      map,
      refitted: refit !== undefined
    })),
    combinations,
    warnings: warningsOf(combinations)
  }
}

function checkEnsemble ({ models, samples, identities, templates }: EnsembleData): IdentityIndex {
  const under = `with a template under every one of ${models.map(model => `"${model}"`).join(', ')}`
  const index = indexIdentities(identities, samples)
  const mated = index.rows.filter(rows => rows.length > 1).length
  for (
    const [what, expected, received] of [
      [`samples ${under}`, minPairs, samples.length],
      [`identities with samples ${under}`, minIdentities, index.rows.length],
      [`identities with two such samples`, minMatedIdentities, mated]
    ] as const
  ) {
    if (received >= expected) continue
    throw new Problem('pairs-insufficient', `corpus: expected at least ${expected} ${what}, received ${received}`, {
      expected,
      received
    })
  }
  for (const [m, matrix] of templates.entries()) {
    const [invalid] = invalidRows(matrix)
    if (invalid === undefined) continue
    throw new Problem(
      'template-invalid',
      `template of model "${models[m]}" of sample ${JSON.stringify(samples[invalid.row])}: ${invalid.defect}`
    )
  }
  return index
}

async function foldsOf (
  { spaces }: EnsembleData,
  templates: readonly TemplateMatrix[],
  identities: IdentityIndex,
  seed: number,
  products: Products,
  onProgress: (fraction: number) => void
): Promise<EnsembleFold[]> {
  const every = [...identities.ofRow.keys()]
  const { scored } = dealScoredFolds({ identities, rows: every }, seed)
  /** by fold, model and other model */
  const projected = scored.map(rows => new Map(templates.map((all, m) => [`${m} ${m}`, selectRows(all, rows)])))
  for (const [s, { source, target, space, refit }] of spaces.entries()) {
    const pairs = { source: templates[source]!, target: templates[target]!, identities, rows: every }
    // The same rows and seed deal the same folds.
    const folds: Folds | undefined = refit && await gatherMutualFolds(pairs, seed, products)
    for (const [k, rows] of scored.entries()) {
      const unseen = folds === undefined
        ? space
        : withFloorsOf(await fitterWithout(folds, k, products)(refit!), space)
      for (const [side, own, other] of [['source', source, target], ['target', target, source]] as const) {
        projected[k]!.set(`${own} ${other}`, await project(unseen, side, selectRows(templates[own]!, rows), products))
      }
      onProgress((s + (k + 1) / scored.length) / spaces.length)
    }
  }
  const found: EnsembleFold[] = []
  for (const [k, rows] of scored.entries()) {
    const identity = Int32Array.from(rows, row => identities.ofRow[row]!)
    const alike = { source: selectRows(templates[0]!, rows), target: selectRows(templates[1]!, rows), identity }
    const doubted = new Set(await doubtfulRows(alike, products))
    found.push({
      identity,
      calibrating: doubted.size === 0 ? undefined : [...rows.keys()].filter(row => !doubted.has(row)),
      projected: (model, other) => projected[k]!.get(`${model} ${other}`)!
    })
  }
  return found
}

/** The scores of every model of the probe with every model of the reference, probe by probe. */
async function scoresOf ({ projected }: EnsembleFold, models: number, products: Products): Promise<PartScores[]> {
  const computed = new Map<string, Float32Array>()
  for (let p = 0; p < models; p++) {
    for (let r = p; r < models; r++) {
      const { data } = await products.multiply(projected(p, r), projected(r, p), { transposeB: true })
      computed.set(`${p} ${r}`, data)
    }
  }
  return everyPart(models).map(([p, r]) => ({
    scores: computed.get(`${Math.min(p, r)} ${Math.max(p, r)}`)!,
    transposed: p > r
  }))
}

const everyPart = (models: number): [number, number][] =>
  Array.from({ length: models * models }, (_, part) => [Math.floor(part / models), part % models])

/** Models of the probe and of the reference. */
interface Combination {
  readonly probe: readonly number[]
  readonly reference: readonly number[]
}

/** All choices with more than one template on either side; the sides of one may be exchanged. */
function combinationsOf (models: number): Combination[] {
  const sets = Array.from(
    { length: 2 ** models - 1 },
    (_, bits) => Array.from({ length: models }, (_, m) => m).filter(m => ((bits + 1) >> m) % 2 === 1)
  )
  return sets.flatMap((probe, a) =>
    sets.slice(0, a + 1).flatMap(reference => probe.length + reference.length === 2 ? [] : [{ probe, reference }])
  )
}

type Weigh = (combination: Combination, without: number | undefined) => number[]

/** The weights of a combination's parts, probe by probe: from all folds, or from those but one. */
function createWeigher (samples: readonly FusionSample[], models: number): Weigh {
  return ({ probe, reference }, without) =>
    fusionWeights(
      samples.filter((_, k) => k !== without),
      probe.flatMap(p => reference.map(r => p * models + r))
    )
}

/** All weight to the part that does best by itself. */
function only ({ parts, best }: EnsembleCombination): Weigh {
  const weights = parts.map(({ probe, reference }) => Number(probe === best.probe && reference === best.reference))
  return () => weights
}

interface Single {
  readonly probe: number
  readonly reference: number
  readonly comparisons: Comparisons
  readonly metrics: DetailedMetrics
}

/** Every two models by themselves. */
async function measureSingles (
  folds: readonly EnsembleFold[],
  models: number,
  seed: number,
  products: Products
): Promise<Single[]> {
  const singles: Single[] = []
  for (const [probe, reference] of everyPart(models)) {
    if (probe > reference) continue
    const sides = folds.map(({ identity, projected }) => ({
      probes: projected(probe, reference),
      references: probe === reference ? undefined : projected(reference, probe),
      identity
    }))
    const comparisons = await compareParts(sides, products)
    const metrics = measureInDetail(comparisons, seed, true)
    singles.push({ probe, reference, comparisons, metrics })
  }
  return singles
}

async function measureCombination (
  models: readonly string[],
  folds: readonly EnsembleFold[],
  combination: Combination,
  weigh: Weigh,
  singles: readonly Single[],
  seed: number,
  products: Products
): Promise<EnsembleCombination> {
  const { probe, reference } = combination
  const sides = folds.map(({ identity, calibrating, projected }, k): CalibratedSides => {
    const weights = weigh(combination, k)
    const parts = probe.flatMap(p => reference.map(r => [p, r] as const))
    return {
      probes: fuseRows(parts.map(([p, r], q) => ({ vectors: projected(p, r), weight: weights[q]! }))),
      references: fuseRows(parts.map(([p, r], q) => ({ vectors: projected(r, p), weight: weights[q]! }))),
      identity,
      calibrating,
      // The same models on either side: whichever is the probe, the parts are the same.
      symmetric: probe === reference
    }
  })
  const comparisons = await compareParts(sides, products)
  const evaluation = measureInDetail(comparisons, seed, true)
  const weights = weigh(combination, undefined)
  return {
    probe: probe.map(m => models[m]!),
    reference: reference.map(m => models[m]!),
    parts: probe.flatMap((p, i) =>
      reference.map((r, j) => ({
        probe: models[p]!,
        reference: models[r]!,
        weight: weights[i * reference.length + j]!
      }))
    ),
    evaluation,
    calibration: await calibrateSpace(comparisons, sides, seed, products),
    best: bestOf(models, combination, { comparisons, metrics: evaluation }, singles, seed)
  }
}

function bestOf (
  models: readonly string[],
  { probe, reference }: Combination,
  own: Pick<Single, 'comparisons' | 'metrics'>,
  singles: readonly Single[],
  seed: number
): EnsembleCombination['best'] {
  const among = probe.flatMap(p =>
    reference.map(r => ({
      p,
      r,
      single: singles.find(each => each.probe === Math.min(p, r) && each.reference === Math.max(p, r))!
    }))
  )
  const tmrAt = ({ operatingPoints }: DetailedMetrics, rate: number) =>
    operatingPoints.find(point => point.fmr === rate)?.tmr ?? null
  const fmr =
    ratesOfVerdict.find(rate =>
      [own.metrics, ...among.map(({ single }) => single.metrics)].every(metrics => tmrAt(metrics, rate) !== null)
    ) ?? ratesOfVerdict.at(-1)!
  const best = among.reduce((a, b) => (tmrAt(b.single.metrics, fmr) ?? 0) > (tmrAt(a.single.metrics, fmr) ?? 0) ? b : a)
  return {
    probe: models[best.p]!,
    reference: models[best.r]!,
    fmr,
    tmr: tmrAt(best.single.metrics, fmr),
    gain: pairedDifference(
      measuredRates(own.comparisons, [fmr]).get(fmr)!,
      measuredRates(best.single.comparisons, [fmr]).get(fmr)!,
      seed
    )
  }
}

function warningsOf (combinations: readonly EnsembleCombination[]): string[] {
  const warnings: string[] = []
  const name = ({ probe, reference }: EnsembleCombination) =>
    `${probe.join(' and ')} against ${reference.join(' and ')}`
  const { matedIdentities } = combinations[0]!.evaluation
  if (matedIdentities < fewIdentities) {
    warnings.push(`weights and true match rates rest on ${matedIdentities} identities with two images or more`)
  }
  const worse = combinations.filter(({ best: { gain } }) => gain.upper < 0)
  if (worse.length > 0) {
    warnings.push(`templates of ${worse.map(name).join('; ')} do worse together than the best part of them alone`)
  }
  return warnings
}
