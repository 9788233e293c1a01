import { stackRows } from '../../../science/linear-algebra/matrix.js'
import type { SubjectMatch } from './best-subjects.js'
import type { SubjectQuery } from './subject-query.js'
import type { ReferenceSnapshot } from './reference-rows.js'

/** Goes over all references once for the probes of a query. */
export type Pass = (snapshot: ReferenceSnapshot, query: SubjectQuery) => Promise<SubjectMatch[][]>

/** Probes of one pass at most. As many are multiplied at once, so that more take longer in proportion. */
const mostProbes = 128
/** Candidates of one pass at most, which the thread that answers puts together in one go: some 5 ms. */
const mostCandidates = 16_384

interface Call {
  readonly query: SubjectQuery
  /** of the probes so far, in their order */
  readonly matches: SubjectMatch[][]
  readonly resolve: (matches: SubjectMatch[][]) => void
  readonly reject: (reason: unknown) => void
}

/** Probes of a call that a pass is made for. */
interface Slice {
  readonly call: Call
  readonly start: number
  readonly count: number
}

/**
 * The same, in slices: a pass takes some probes of each query of a snapshot that waits. Reading the references is what
 * takes the time, and sixteen probes take little more of it than one, so queries go together; and whoever has one probe
 * waits for one pass of somebody who has a thousand, not for all of them. A query with a filter goes alone, in slices
 * too.
 */
export function sharePasses (pass: Pass): Pass {
  /** by the snapshot that is gone over now, those that came first in front */
  const waiting = new Map<object, Call[]>()

  async function run (snapshot: ReferenceSnapshot, key: object, calls: Call[]): Promise<void> {
    waiting.set(key, calls)
    for (dropAborted(calls); calls.length > 0; dropAborted(calls)) {
      const slices = nextSlices(calls)
      try {
        await together(snapshot, slices)
      } catch (error) {
        for (const { call } of slices) {
          call.reject(error)
          calls.splice(calls.indexOf(call), 1)
        }
      }
      for (const { call } of slices) {
        if (call.matches.length < call.query.probes.rows || !calls.includes(call)) continue
        calls.splice(calls.indexOf(call), 1)
        call.resolve(call.matches)
      }
    }
    waiting.delete(key)
  }

  async function together (snapshot: ReferenceSnapshot, slices: readonly Slice[]): Promise<void> {
    const best = Math.max(...slices.map(({ call }) => call.query.best))
    const { allowed } = slices[0]!.call.query
    const probes = stackRows(
      slices.map(({ call: { query: { probes: { cols, data } } }, start, count }) => ({
        rows: count,
        cols,
        data: data.subarray(start * cols, (start + count) * cols)
      }))
    )
    const matches = await pass(snapshot, { probes, best, ...(allowed === undefined ? {} : { allowed }) })
    let at = 0
    for (const { call, count } of slices) {
      for (const list of matches.slice(at, at += count)) call.matches.push(list.slice(0, call.query.best))
    }
  }

  return (snapshot, query) =>
    new Promise((resolve, reject) => {
      const call = { query, matches: [], resolve, reject }
      const queue = query.allowed === undefined ? waiting.get(snapshot) : undefined
      if (queue === undefined) run(snapshot, query.allowed === undefined ? snapshot : call, [call]).catch(reject)
      else queue.push(call)
    })
}

/** What nobody waits for any more is not gone on with. */
function dropAborted (calls: Call[]): void {
  for (const call of calls.filter(({ query }) => query.signal?.aborted === true)) {
    calls.splice(calls.indexOf(call), 1)
    call.reject(call.query.signal!.reason)
  }
}

/** An equal share of a pass for each of those that came first; what some do not need is for the others. */
function nextSlices (calls: readonly Call[]): Slice[] {
  const best = Math.max(...calls.map(({ query }) => query.best))
  let room = Math.max(1, Math.min(mostProbes, Math.floor(mostCandidates / best)))
  const left = ({ query, matches }: Call) => query.probes.rows - matches.length
  const taking = calls.slice(0, room).sort((a, b) => left(a) - left(b))
  return taking.map((call, i) => {
    const count = Math.min(left(call), Math.ceil(room / (taking.length - i)))
    room -= count
    return { call, start: call.matches.length, count }
  })
}
