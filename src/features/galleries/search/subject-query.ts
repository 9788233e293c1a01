import type { TemplateMatrix } from '../../../science/linear-algebra/matrix.js'
import type { SubjectSet } from './subject-set.js'

/** What a search asks for. */
export interface SubjectQuery {
  /** (q, d) */
  readonly probes: TemplateMatrix
  /** how many subjects are wanted of each probe */
  readonly best: number
  /** whom the search is limited to; everybody when absent */
  readonly allowed?: SubjectSet
  /** aborted when nobody waits for the answer any more */
  readonly signal?: AbortSignal | undefined
}
