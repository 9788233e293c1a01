import type { OnClose } from '../../closers.js'
import type { Catalogue } from '../catalogue/index.js'
import type { createCorpusRepository } from '../corpora/index.js'
import { createEvaluationJob } from './evaluation-job.js'
import type { createEvaluationRepository } from './evaluations-repository.js'
import { createEvaluations } from './evaluations.js'
import { createEvaluator } from './evaluator.js'

/** @param threads used by an evaluation */
export function createEvaluationsFeature (
  { repository, corpora, catalogue, threads, onClose }: {
    repository: ReturnType<typeof createEvaluationRepository>
    corpora: ReturnType<typeof createCorpusRepository>
    catalogue: Catalogue
    threads: number
    onClose: OnClose
  }
) {
  const evaluator = createEvaluator({ threads })
  onClose(() => evaluator.close())
  const evaluations = createEvaluations(repository, corpora, catalogue, evaluator)
  return { evaluations, jobs: { evaluation: createEvaluationJob(evaluations) } }
}
