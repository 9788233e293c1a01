import { selectRows } from '../../science/linear-algebra/matrix.js'
import type { OpenGallery } from './store/head.js'
import { defaults } from './store/vector-index.js'
import type { GroupView } from './group-views.js'
import type { Indexing } from './indexing.js'
import { createBestSubjects, matchesOf, type SubjectMatch } from './search/best-subjects.js'
import type { SubjectQuery } from './search/subject-query.js'
import { innerProduct } from './search/inner-product.js'
import type { ReferenceBatch } from './search/reference-rows.js'

export interface IndexSearchOptions {
  /** breadth of the search in the graph: more finds more of the best, and takes longer */
  readonly efSearch?: number | undefined
  /** numbers of the subjects that are searched; all when absent */
  readonly subjects?: readonly number[] | undefined
}

/**
 * Candidates that are asked of the graph for each that is wanted: several may be of one subject, and half precision
 * swaps neighbours.
 */
const margin = 2
const mostAsked = 1000
/**
 * What is looked at together, so that many probes take no more memory than a few: candidates, and bytes of their
 * templates.
 */
const mostCandidates = 10_000
const candidateBytes = 16 * 2 ** 20

/**
 * Searches a view by its index: the graph gives candidates, which are scored anew as an exact search scores them, so
 * that only which are found is approximate.
 *
 * @returns undefined when there is no index that is ready
 */
export function createIndexSearch (indexing: Indexing) {
  return async function search (
    gallery: OpenGallery,
    view: GroupView,
    { probes, best }: Pick<SubjectQuery, 'probes' | 'best'>,
    { efSearch = defaults.efSearch, subjects }: IndexSearchOptions
  ): Promise<SubjectMatch[][] | undefined> {
    const ready = await indexing.ready(gallery, view)
    if (ready === undefined) return undefined
    const { index, indexed } = ready
    const atOnce = Math.min(mostCandidates, candidateBytes / (4 * Math.max(view.space.dimension, indexed.dimension)))
    const matches: SubjectMatch[][] = []
    let left = Array.from({ length: probes.rows }, (_, probe) => probe)
    for (let limit = Math.min(mostAsked, margin * best + 10); left.length > 0; limit = Math.min(mostAsked, 4 * limit)) {
      const crowded: number[] = []
      const step = Math.max(1, Math.floor(atOnce / limit))
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
          // Whoever has many templates must not crowd others out.
          if (limit < mostAsked && list.length < best && found[i]!.length === limit) crowded.push(probe)
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
