import type { Estimator } from '../../../science/alignment/candidates.js'
import { scoreFold, type Fold, type FoldScores } from '../../../science/alignment/fold-scores.js'
import { createEngineProducts } from '../../../engines/onnx/products.js'
import { stoppable, type StopFlag } from '../../../engines/threads/stop-flag.js'

export interface FoldTask {
  readonly fold: Fold
  readonly candidates: readonly Estimator[]
  /** of the task that the fold is a part of */
  readonly stop: StopFlag | undefined
}

// Folds side by side keep the cores busy.
const products = createEngineProducts({ threads: 1 })

export async function score ({ fold, candidates, stop }: FoldTask): Promise<FoldScores> {
  return await scoreFold(fold, candidates, stoppable(products, () => stop))
}
