import type { Estimator } from '../../../science/alignment/candidates.js'
import { scoreFold, type Fold, type FoldScores } from '../../../science/alignment/fold-scores.js'
import { createEngineProducts } from '../../../engines/onnx/products.js'
import { stoppable, type StopFlag } from '../../../engines/threads/stop-flag.js'

export interface FoldTask {
  readonly fold: Fold
  readonly candidates: readonly Estimator[]
  /** of the task that the fold belongs to */
  readonly stop: StopFlag | undefined
}

// Single-threaded, because folds side by side keep the cores busy.
const products = createEngineProducts({ threads: 1 })

export async function score ({ fold, candidates, stop }: FoldTask): Promise<FoldScores> {
  return await scoreFold(fold, candidates, stoppable(products, () => stop))
}
