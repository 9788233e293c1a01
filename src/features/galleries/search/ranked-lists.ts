import type { BestSubjects, SubjectMatch } from './best-subjects.js'

/** The best subjects of q probes, as concatenated lists. */
export interface RankedLists {
  /** (q) */
  readonly counts: Int32Array
  /** (sum of counts) each */
  readonly subjects: Float64Array
  readonly ordinals: Float64Array
  readonly scores: Float64Array
}

export function rankedLists (best: readonly BestSubjects[]): RankedLists {
  const counts = Int32Array.from(best, ({ count }) => count)
  const total = counts.reduce((sum, count) => sum + count, 0)
  const lists = {
    counts,
    subjects: new Float64Array(total),
    ordinals: new Float64Array(total),
    scores: new Float64Array(total)
  }
  let at = 0
  for (const list of best) {
    for (const column of ['subjects', 'ordinals', 'scores'] as const) {
      lists[column].set(list[column].subarray(0, list.count), at)
    }
    at += list.count
  }
  return lists
}

/**
 * Merges the lists of several threads into one per probe, each subject once. Lists are merged from their heads: when
 * candidates were offered one by one to a list of the best, 1,000 candidates of 1,000 probes blocked the event loop for
 * 13 s.
 */
export function mergeRanked (parts: readonly RankedLists[], probes: number, best: number): SubjectMatch[][] {
  const heads = parts.map(() => 0)
  return Array.from({ length: probes }, (_, probe) => {
    const ends = parts.map(({ counts }, part) => heads[part]! + counts[probe]!)
    const merged: SubjectMatch[] = []
    const subjects = new Set<number>()
    while (merged.length < best) {
      const part = bestHead(parts, heads, ends)
      if (part === undefined) break
      const at = heads[part]!++
      const subject = parts[part]!.subjects[at]!
      if (subjects.has(subject)) continue
      subjects.add(subject)
      merged.push({ subject, ordinal: parts[part]!.ordinals[at]!, score: parts[part]!.scores[at]! })
    }
    ends.forEach((end, part) => {
      heads[part] = end
    })
    return merged
  })
}

/** @returns the part whose next entry is the best; undefined when all are exhausted */
function bestHead (
  parts: readonly RankedLists[],
  heads: readonly number[],
  ends: readonly number[]
): number | undefined {
  let found: number | undefined
  for (let part = 0; part < parts.length; part++) {
    if (heads[part] === ends[part]) continue
    if (found === undefined || isBefore(parts[part]!, heads[part]!, parts[found]!, heads[found]!)) found = part
  }
  return found
}

const isBefore = (a: RankedLists, i: number, b: RankedLists, j: number): boolean =>
  a.scores[i]! > b.scores[j]! || (a.scores[i]! === b.scores[j]! && a.ordinals[i]! < b.ordinals[j]!)
