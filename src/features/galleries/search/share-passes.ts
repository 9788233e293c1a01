import { stackRows } from '../../../science/linear-algebra/matrix.js'
import type { SubjectMatch } from './best-subjects.js'
import type { SubjectQuery } from './subject-query.js'
import type { ReferenceSnapshot } from './reference-rows.js'

/** One pass over all references for the probes of a query. */
export type Pass = (snapshot: ReferenceSnapshot, query: SubjectQuery) => Promise<SubjectMatch[][]>

/** Maximum probes per pass. This many are multiplied at once; more would take proportionally longer. */
const maxProbes = 128
/** Maximum candidates per pass: the main thread merges them without a break, in some 5 ms. */
const maxCandidates = 16_384

interface Call {
  readonly query: SubjectQuery
  /** of the probes done so far, in order */
  readonly matches: SubjectMatch[][]
  readonly resolve: (matches: SubjectMatch[][]) => void
  readonly reject: (reason: unknown) => void
}

/** The probes of a call that a pass serves. */
interface Slice {
  readonly call: Call
  readonly start: number
  readonly count: number
}

/**
 * Shares passes among queries: a pass takes some probes of each waiting query of the same snapshot. Reading the
 * references dominates the cost, and sixteen probes take little longer than one, so queries are combined. A query with
 * one probe waits for one pass of a query with a thousand, not for all of them. A query with a filter runs alone, in
 * slices too.
 */
export function sharePasses (pass: Pass): Pass {
  /** by snapshot in progress, first come first */
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

/** Rejects the calls that were aborted. */
function dropAborted (calls: Call[]): void {
  for (const call of calls.filter(({ query }) => query.signal?.aborted === true)) {
    calls.splice(calls.indexOf(call), 1)
    call.reject(call.query.signal!.reason)
  }
}

/** Splits a pass equally among the first calls; what some do not need goes to the others. */
function nextSlices (calls: readonly Call[]): Slice[] {
  const best = Math.max(...calls.map(({ query }) => query.best))
  let room = Math.max(1, Math.min(maxProbes, Math.floor(maxCandidates / best)))
  const left = ({ query, matches }: Call) => query.probes.rows - matches.length
  const taking = calls.slice(0, room).sort((a, b) => left(a) - left(b))
  return taking.map((call, i) => {
    const count = Math.min(left(call), Math.ceil(room / (taking.length - i)))
    room -= count
    return { call, start: call.matches.length, count }
  })
}
