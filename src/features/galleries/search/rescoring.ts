import type { TemplateMatrix } from '../../../science/linear-algebra/matrix.js'
import { createTurns } from '../../../platform/turns.js'
import { createBestSubjects, matchesOf, type BestSubjects, type SubjectMatch } from './best-subjects.js'
import { innerProduct } from './inner-product.js'
import { mergeRanked } from './ranked-lists.js'
import type { ReferenceBatch } from './reference-rows.js'
import type { SieveResult } from './sieve.js'

/** Rows of one probe that may be among the best, by descending upper bound. */
export interface Passed {
  /** (n) each */
  readonly ordinals: Float64Array
  readonly upper: Float64Array
}

/** Reads the references that still serve among these ordinals. */
export type ReadReferences = (ordinals: readonly number[]) => Promise<ReferenceBatch>

/** Bytes of vectors that are read at once. */
const bytesPerRead = 16 * 2 ** 20

/**
 * Joins what threads let pass: of each probe, the rows that can still have a place when all threads are counted.
 * @returns for each probe; undefined when too many rows passed
 */
export function mergePassed (
  results: readonly SieveResult[],
  probes: number,
  best: number
): (Passed | undefined)[] {
  const parts = results.flatMap(({ passed }) => passed ?? [])
  if (parts.length < results.length) return Array.from({ length: probes }, () => undefined)
  const lists = mergeRanked(results.map(({ lower }) => lower), probes, best)
  const starts = parts.map(() => 0)
  return lists.map((lower, probe) => {
    const floor = lower.length < best ? -Infinity : lower.at(-1)!.score
    const found: { ordinal: number, upper: number }[] = []
    parts.forEach(({ counts, ordinals, upper }, part) => {
      const end = starts[part]! + counts[probe]!
      for (let i = starts[part]!; i < end; i++) {
        if (upper[i]! >= floor) found.push({ ordinal: ordinals[i]!, upper: upper[i]! })
      }
      starts[part] = end
    })
    found.sort((a, b) => b.upper - a.upper)
    return {
      ordinals: Float64Array.from(found, ({ ordinal }) => ordinal),
      upper: Float64Array.from(found, ({ upper }) => upper)
    }
  })
}

/**
 * Scores what passed exactly, the most promising first: a probe is done when no row left can reach its last place.
 *
 * @param passed for each probe
 * @returns the best subjects of each probe; or the rows that were not there any more, without which the sieve has to be
 *   asked again, since they may have ruled others out
 */
export async function rescore (
  { probes, best, signal }: {
    readonly probes: TemplateMatrix
    readonly best: number
    readonly signal?: AbortSignal | undefined
  },
  passed: readonly Passed[],
  read: ReadReferences
): Promise<{ readonly matches: SubjectMatch[][] } | { readonly missing: readonly number[] }> {
  const { cols, data } = probes
  const lists = passed.map(() => createBestSubjects(best))
  const next = passed.map(() => 0)
  const most = Math.max(1, Math.floor(bytesPerRead / (4 * cols)))
  const isOpen = (probe: number) => {
    const upper = passed[probe]!.upper[next[probe]!]
    return upper !== undefined && upper >= lists[probe]!.floor
  }
  const turns = createTurns()
  for (
    let share = Math.min(most, 2 * best + 30), open = passed.map((_, probe) => probe).filter(isOpen);
    open.length > 0;
    open = open.filter(isOpen), share = Math.min(most, 4 * share)
  ) {
    const step = Math.max(1, Math.floor(most / share))
    for (let start = 0; start < open.length; start += step) {
      signal?.throwIfAborted()
      const part = open.slice(start, start + step)
      const ends = part.map(probe => endOf(passed[probe]!, next[probe]!, share, lists[probe]!))
      const wanted = new Set(
        part.flatMap((probe, i) => [...passed[probe]!.ordinals.subarray(next[probe]!, ends[i])])
      )
      const found = await read([...wanted])
      if (found.ordinals.length < wanted.size) {
        const there = new Set(found.ordinals)
        return { missing: [...wanted].filter(ordinal => !there.has(ordinal)) }
      }
      const rowOf = new Map(Array.from(found.ordinals, (ordinal, row) => [ordinal, row]))
      for (const [i, probe] of part.entries()) {
        for (; next[probe]! < ends[i]!; next[probe]!++) {
          const ordinal = passed[probe]!.ordinals[next[probe]!]!
          const row = rowOf.get(ordinal)!
          const score = innerProduct(data, probe * cols, found.vectors.data, row * cols, cols)
          lists[probe]!.offer(found.subjects[row]!, ordinal, score)
        }
        if (turns.over()) await turns.next()
      }
    }
  }
  return { matches: lists.map(matchesOf) }
}

/** Where the share of a probe ends: at most so many rows, none of which is out of the question already. */
function endOf ({ upper }: Passed, start: number, share: number, { floor }: BestSubjects): number {
  const most = Math.min(upper.length, start + share)
  let end = start
  while (end < most && upper[end]! >= floor) end++
  return end
}
