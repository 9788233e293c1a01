import type { createEvaluations, EvaluationRequest } from './evaluations.js'
import type { JobHandler } from '../jobs/index.js'

declare module '../jobs/kinds.js' {
  interface JobRequests { evaluation: EvaluationJob }
}

export type EvaluationJob = EvaluationRequest

/** Evaluates several models. */
export const createEvaluationJob = (evaluations: ReturnType<typeof createEvaluations>): JobHandler<EvaluationJob> => ({
  queue: 'evaluation',
  attempts: 3,
  async run (request, { idempotency, signal, progress }) {
    const { evaluation } = await evaluations.create(request, idempotency, { signal, onProgress: progress })
    return `/v1/evaluations/${evaluation.id}`
  }
})
