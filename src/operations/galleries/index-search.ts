import type { OpenGallery } from '../../store/galleries/head.js'
import { defaults } from '../../store/vector-index.js'
import type { GroupView } from './group-views.js'
import type { Indexing } from './indexing.js'
import { createBestSubjects, matchesOf, type SubjectMatch } from './search/best-subjects.js'
import type { SubjectQuery } from './search/exact-search.js'
import { innerProduct } from './search/inner-product.js'

export interface IndexSearchOptions {
  /** breadth of the search in the graph: more finds more of the best, and takes longer */
  readonly efSearch?: number | undefined
  /** numbers of the subjects that are searched; all when absent */
  readonly subjects?: readonly number[] | undefined
}

/** Candidates that are asked of the graph for each that is wanted: several may be of one subject, and half precision swaps neighbours. */
const margin = 2
const mostAsked = 1000

/**
 * Searches a view by its index: the graph gives candidates, which are scored anew as an exact search scores them, so that only which are found is approximate.
 *
 * @returns undefined when there is no index that is ready
 */
export function createIndexSearch (indexing: Indexing) {
  return async function search (gallery: OpenGallery, view: GroupView, { probes, best }: Pick<SubjectQuery, 'probes' | 'best'>, { efSearch = defaults.efSearch, subjects }: IndexSearchOptions): Promise<SubjectMatch[][] | undefined> {
    const ready = await indexing.ready(gallery, view)
    if (ready === undefined) return undefined
    const { index, indexed } = ready
    for (let limit = Math.min(mostAsked, margin * best + 10); ; limit = Math.min(mostAsked, 4 * limit)) {
      const found = await index.candidates(indexed, { probes, limit, efSearch, ...(subjects === undefined ? {} : { subjects }) })
      const references = await view.referencesAt([...new Set(found.flatMap(list => list.map(({ ordinal }) => ordinal)))])
      const matches = found.map((list, probe) => bestOf(new Set(list.map(({ ordinal }) => ordinal)), probe))
      // Whoever has many templates must not crowd others out.
      if (limit === mostAsked || matches.every((list, probe) => list.length === best || found[probe]!.length < limit)) return matches

      function bestOf (ordinals: ReadonlySet<number>, probe: number): SubjectMatch[] {
        const chosen = createBestSubjects(best)
        const { vectors: { cols, data }, subjects: numbers } = references
        references.ordinals.forEach((ordinal, row) => {
          if (ordinals.has(ordinal)) chosen.offer(numbers[row]!, ordinal, innerProduct(probes.data, probe * cols, data, row * cols, cols))
        })
        return matchesOf(chosen)
      }
    }
  }
}

export type IndexSearch = ReturnType<typeof createIndexSearch>
