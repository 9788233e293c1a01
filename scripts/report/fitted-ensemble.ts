import { comparisonCandidates } from '../../src/science/alignment/comparison-candidates.js'
import { fitterOfAll } from '../../src/science/alignment/comparison-selection.js'
import type { ComparisonSpace } from '../../src/science/alignment/comparison-space.js'
import { gatherMutualFolds } from '../../src/science/alignment/folds.js'
import type { EnsembleCombination } from '../../src/science/cards/ensemble-card.js'
import { fitEnsemble } from '../../src/science/fitting/fit-ensemble.js'
import type { Products, TemplateMatrix } from '../../src/science/linear-algebra/matrix.js'
import { everyRow, type LabelledSet } from './labelled-set.js'

const seed = 42
/** Of the map between the two models: the first candidate, so that a report takes minutes. */
const spec = comparisonCandidates[0]!

/** An ensemble of two models, fitted on people of theirs. */
export interface FittedEnsemble {
  readonly models: readonly [string, string]
  /** from the first to the second */
  readonly space: ComparisonSpace
  readonly combinations: readonly EnsembleCombination[]
}

export async function fittedEnsemble (
  fitted: LabelledSet,
  models: readonly [string, string],
  products: Products
): Promise<FittedEnsemble> {
  const templates = models.map(model => fitted.of(model))
  const space = await spaceBetween(fitted, templates[0]!, templates[1]!, products)
  const { combinations } = await fitEnsemble(
    {
      models,
      samples: fitted.samples,
      identities: fitted.labels,
      templates,
      hash: '',
      spaces: [{ source: 0, target: 1, map: '', space, refit: spec }]
    },
    { seed },
    products
  )
  return { models, space, combinations }
}

/** Where templates of two models are compared. @param source (n, d), of the images of `fitted`, as `target` */
export async function spaceBetween (
  fitted: LabelledSet,
  source: TemplateMatrix,
  target: TemplateMatrix,
  products: Products
): Promise<ComparisonSpace> {
  const pairs = { source, target, identities: fitted.identities, rows: everyRow(fitted) }
  return await fitterOfAll(await gatherMutualFolds(pairs, seed, products), products)(spec)
}
