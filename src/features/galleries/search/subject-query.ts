import type { TemplateMatrix } from '../../../science/linear-algebra/matrix.js'
import type { SubjectSet } from './subject-set.js'

/** A search query. */
export interface SubjectQuery {
  /** (q, d) */
  readonly probes: TemplateMatrix
  /** maximum number of subjects per probe */
  readonly best: number
  /** subjects to search; all when absent */
  readonly allowed?: SubjectSet
  /** ordinals of references to leave out */
  readonly excluded?: ReadonlySet<number>
  /** aborted when the answer is no longer needed */
  readonly signal?: AbortSignal | undefined
}
