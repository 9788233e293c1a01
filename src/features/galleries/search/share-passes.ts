import { stackRows } from '../../../science/linear-algebra/matrix.js'
import type { SubjectQuery } from './subject-query.js'
import type { ReferenceSnapshot } from './reference-rows.js'

/** One pass over all references for the probes of a query. @returns what it found for each probe */
export type Pass<Found> = (snapshot: ReferenceSnapshot, query: SubjectQuery) => Promise<Found[]>

/** Maximum probes per pass. This many are multiplied at once; more would take proportionally longer. */
const maxProbes = 128
/** Maximum candidates per pass: the main thread merges them without a break, in some 5 ms. */
const maxCandidates = 16_384

interface Call<Found> {
  readonly query: SubjectQuery
  /** of the probes done so far, in order */
  readonly found: Found[]
  readonly resolve: (found: Found[]) => void
  readonly reject: (reason: unknown) => void
}

/** The probes of a call that a pass serves. */
interface Slice<Found> {
  readonly call: Call<Found>
  readonly start: number
  readonly count: number
}

/**
 * Shares passes among queries: a pass takes some probes of each waiting query of the same snapshot. Reading the
 * references dominates the cost, and sixteen probes take little longer than one, so queries are combined. A query with
 * one probe waits for one pass of a query with a thousand, not for all of them. A query with a filter runs alone, in
 * slices too.
 *
 * @param trim limits what a pass found for a probe to what its query asked for
 */
export function sharePasses<Found> (pass: Pass<Found>, trim: (found: Found, best: number) => Found): Pass<Found> {
  /** by snapshot in progress, first come first */
  const waiting = new Map<object, Call<Found>[]>()

  async function run (snapshot: ReferenceSnapshot, key: object, calls: Call<Found>[]): Promise<void> {
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
        if (call.found.length < call.query.probes.rows || !calls.includes(call)) continue
        calls.splice(calls.indexOf(call), 1)
        call.resolve(call.found)
      }
    }
    waiting.delete(key)
  }

  async function together (snapshot: ReferenceSnapshot, slices: readonly Slice<Found>[]): Promise<void> {
    const best = Math.max(...slices.map(({ call }) => call.query.best))
    const { allowed, excluded } = slices[0]!.call.query
    const probes = stackRows(
      slices.map(({ call: { query: { probes: { cols, data } } }, start, count }) => ({
        rows: count,
        cols,
        data: data.subarray(start * cols, (start + count) * cols)
      }))
    )
    const found = await pass(snapshot, {
      probes,
      best,
      ...(allowed === undefined ? {} : { allowed }),
      ...(excluded === undefined ? {} : { excluded })
    })
    let at = 0
    for (const { call, count } of slices) {
      for (const own of found.slice(at, at += count)) call.found.push(trim(own, call.query.best))
    }
  }

  return (snapshot, query) =>
    new Promise((resolve, reject) => {
      const call = { query, found: [], resolve, reject }
      const shared = query.allowed === undefined && query.excluded === undefined
      const queue = shared ? waiting.get(snapshot) : undefined
      if (queue === undefined) run(snapshot, shared ? snapshot : call, [call]).catch(reject)
      else queue.push(call)
    })
}

/** Rejects the calls that were aborted. */
function dropAborted<Found> (calls: Call<Found>[]): void {
  for (const call of calls.filter(({ query }) => query.signal?.aborted === true)) {
    calls.splice(calls.indexOf(call), 1)
    call.reject(call.query.signal!.reason)
  }
}

/** Splits a pass equally among the first calls; what some do not need goes to the others. */
function nextSlices<Found> (calls: readonly Call<Found>[]): Slice<Found>[] {
  const best = Math.max(...calls.map(({ query }) => query.best))
  let room = Math.max(1, Math.min(maxProbes, Math.floor(maxCandidates / best)))
  const left = ({ query, found }: Call<Found>) => query.probes.rows - found.length
  const taking = calls.slice(0, room).sort((a, b) => left(a) - left(b))
  return taking.map((call, i) => {
    const count = Math.min(left(call), Math.ceil(room / (taking.length - i)))
    room -= count
    return { call, start: call.found.length, count }
  })
}
