import type { AffineMap } from '../alignment/affine-map.js'
import type { Estimator } from '../alignment/candidates.js'
import type { IdentityShares } from '../cards/estimate.js'
import { familiesOf } from '../cards/families.js'
import type { AnalysisName, ModelAnalyses } from '../cards/model-analyses.js'
import { modelSimilarity } from '../cards/representational-similarity.js'
import { limitRows, type IdentityIndex, type Split } from '../linear-algebra/identities.js'
import { selectRows, type Products, type TemplateMatrix } from '../linear-algebra/matrix.js'
import { createRandom } from '../linear-algebra/random.js'
import { measureDataEfficiency, type FittedPair } from './data-efficiency.js'
import { measureQuadraticControl } from './quadratic-control.js'
import { measureRidgeSensitivity } from './ridge-sensitivity.js'

/** Maps are many here: 9 million comparisons each, which support FMR 1e-6. */
const maxTestedRows = 3000

/** Time that each is taken to need, as a multiple of fitting and testing the matrix: progress is estimated by it. */
const costs: Readonly<Record<AnalysisName, number>> = {
  similarity: 0.5,
  families: 0.01,
  dataEfficiency: 3,
  ridgeSensitivity: 4,
  quadratic: 15
}

/** Images with templates under every model. */
interface LabelledSet {
  readonly identities: IdentityIndex
  /** per model, (n, d of the model), normalised rows */
  readonly templates: readonly TemplateMatrix[]
}

/** By source and target: for each identity, the share of its mated comparisons that match after alignment. */
export type SharesBetween = (source: number, target: number) => IdentityShares | null

export interface AnalysedModels {
  readonly models: readonly string[]
  readonly corpus: LabelledSet
  readonly testCorpus: LabelledSet | undefined
  readonly split: Split
  /** map and estimator of each ordered pair */
  readonly fitted: (source: number, target: number) => { readonly map: AffineMap, readonly estimator: Estimator }
  /** of the held-out part, and of the test corpus if there is one */
  readonly shares: readonly SharesBetween[]
}

/** The share of an evaluation's time that its analyses take, 0 to 1. */
export function analysisShare (analyses: readonly AnalysisName[]): number {
  const cost = costOf(analyses)
  return cost / (1 + cost)
}

const costOf = (analyses: readonly AnalysisName[]) => analyses.reduce((sum, name) => sum + costs[name], 0)

/**
 * What an evaluation measures beside its matrix.
 * @param seed of every random draw
 * @param onProgress receives the fraction done
 */
export async function analyseModels (
  analysed: AnalysedModels,
  analyses: readonly AnalysisName[],
  { fmr, seed }: { readonly fmr: number, readonly seed: number },
  products: Products,
  onProgress: (fraction: number) => void
): Promise<ModelAnalyses> {
  const { models, corpus, testCorpus, shares: [within, across] } = analysed
  const total = costOf(analyses)
  const result: ModelAnalyses = {}
  let done = 0
  /** Runs an analysis if it is wanted. */
  const run = async <Name extends AnalysisName>(
    name: Name,
    work: (onProgress: (fraction: number) => void) => Promise<ModelAnalyses[Name]>
  ): Promise<void> => {
    if (!analyses.includes(name)) return
    result[name] = await work(fraction => onProgress((done + fraction * costs[name]) / total))
    done += costs[name]
    onProgress(done / total)
  }

  await run('similarity', async report => ({
    corpus: await modelSimilarity(models, corpus, seed, products, fraction => report(fraction / 2)),
    testCorpus: testCorpus === undefined
      ? null
      : await modelSimilarity(models, testCorpus, seed, products, fraction => report((1 + fraction) / 2))
  }))
  await run('families', async () => ({
    within: familiesOf(models, within!, seed),
    across: across === undefined ? null : familiesOf(models, across, seed)
  }))
  const pairs = analyses.some(name => costs[name] > 1) ? testedPairs(analysed, seed) : []
  await run('dataEfficiency', report => measureDataEfficiency(pairs, fmr, seed, products, report))
  await run('ridgeSensitivity', report => measureRidgeSensitivity(pairs, fmr, seed, products, report))
  await run('quadratic', report => measureQuadraticControl(pairs, fmr, seed, products, report))
  return result
}

function testedPairs ({ models, corpus, split, fitted }: AnalysedModels, seed: number): FittedPair[] {
  const { identities, templates } = corpus
  const tested = limitRows(identities, split.heldOut, maxTestedRows, createRandom(seed))
  const identity = Int32Array.from(tested, row => identities.ofRow[row]!)
  const heldOut = templates.map(matrix => selectRows(matrix, tested))
  return models.flatMap((source, s) =>
    models.flatMap((target, t) =>
      s === t
        ? []
        : [{
          source,
          target,
          training: { source: templates[s]!, target: templates[t]!, identities, rows: split.training },
          heldOut: { source: heldOut[s]!, target: heldOut[t]!, identity },
          ...fitted(s, t)
        }]
    )
  )
}
