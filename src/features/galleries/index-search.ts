import { selectRows } from '../../science/linear-algebra/matrix.js'
import { defaults } from './store/vector-index.js'
import type { GroupView, ShardView } from './group-views.js'
import type { Indexing } from './indexing.js'
import { createBestSubjects, matchesOf, type SubjectMatch } from './search/best-subjects.js'
import type { SubjectQuery } from './search/subject-query.js'
import { innerProduct } from './search/inner-product.js'
import type { ReferenceBatch } from './search/reference-rows.js'

export interface IndexSearchOptions {
  /** breadth of the graph search: more finds more of the best and takes longer */
  readonly efSearch?: number | undefined
  /** subject numbers to search; all when absent */
  readonly subjects?: readonly number[] | undefined
}

/**
 * Candidates to request from the graph per wanted one: several may be of one subject, and half precision swaps
 * neighbours.
 */
const margin = 2
const maxAsked = 1000
/** Maximum candidates, and bytes of their templates, per step, so that many probes take no more memory than a few. */
const maxCandidates = 10_000
const candidateBytes = 16 * 2 ** 20

/**
 * Searches a shard of a view by its index. The graph returns candidates, which are scored again as in an exact search,
 * so that scores are exact and only the selection is approximate.
 *
 * @returns undefined when no index is ready
 */
export function createIndexSearch (indexing: Indexing) {
  return async function search (
    { space }: Pick<GroupView, 'space'>,
    view: ShardView,
    { probes, best }: Pick<SubjectQuery, 'probes' | 'best'>,
    { efSearch = defaults.efSearch, subjects }: IndexSearchOptions
  ): Promise<SubjectMatch[][] | undefined> {
    const ready = await indexing.ready(view)
    if (ready === undefined) return undefined
    const { index, indexed } = ready
    const perStep = Math.min(maxCandidates, candidateBytes / (4 * Math.max(space.dimension, indexed.dimension)))
    const matches: SubjectMatch[][] = []
    let left = Array.from({ length: probes.rows }, (_, probe) => probe)
    for (let limit = Math.min(maxAsked, margin * best + 10); left.length > 0; limit = Math.min(maxAsked, 4 * limit)) {
      const crowded: number[] = []
      const step = Math.max(1, Math.floor(perStep / limit))
      for (let start = 0; start < left.length; start += step) {
        const part = left.slice(start, start + step)
        const found = await index.candidates(indexed, {
          probes: selectRows(probes, part),
          limit,
          efSearch,
          ...(subjects === undefined ? {} : { subjects })
        })
        const references = await view.referencesAt([
          ...new Set(found.flatMap(list => list.map(({ ordinal }) => ordinal)))
        ])
        part.forEach((probe, i) => {
          const list = matches[probe] = bestOf(references, new Set(found[i]!.map(({ ordinal }) => ordinal)), probe)
          // A subject with many templates must not crowd others out.
          if (limit < maxAsked && list.length < best && found[i]!.length === limit) crowded.push(probe)
        })
      }
      left = crowded
    }
    return matches

    function bestOf (
      { vectors: { cols, data }, subjects: numbers, ordinals }: ReferenceBatch,
      candidates: ReadonlySet<number>,
      probe: number
    ): SubjectMatch[] {
      const chosen = createBestSubjects(best)
      ordinals.forEach((ordinal, row) => {
        if (candidates.has(ordinal)) {
          chosen.offer(numbers[row]!, ordinal, innerProduct(probes.data, probe * cols, data, row * cols, cols))
        }
      })
      return matchesOf(chosen)
    }
  }
}

export type IndexSearch = ReturnType<typeof createIndexSearch>
