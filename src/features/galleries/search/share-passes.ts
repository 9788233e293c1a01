import { stackRows } from '../../../science/linear-algebra/matrix.js'
import type { SubjectMatch } from './best-subjects.js'
import type { SubjectQuery } from './subject-query.js'
import type { ReferenceSnapshot } from './reference-rows.js'

/** Goes over all references once for the probes of a query. */
export type Pass = (snapshot: ReferenceSnapshot, query: SubjectQuery) => Promise<SubjectMatch[][]>

interface Call {
  readonly query: SubjectQuery
  readonly resolve: (matches: SubjectMatch[][]) => void
  readonly reject: (reason: unknown) => void
}

/**
 * The same, but while one pass over a snapshot runs, queries of it wait and then go together: reading the references
 * is what takes the time, and sixteen probes take little more of it than one. A query with a filter goes alone.
 */
export function sharePasses (pass: Pass): Pass {
  /** of the snapshots that are gone over now */
  const waiting = new Map<ReferenceSnapshot, Call[]>()

  function run (snapshot: ReferenceSnapshot, calls: readonly Call[]): void {
    waiting.set(snapshot, [])
    together(snapshot, calls)
      .catch((error: unknown) => { for (const { reject } of calls) reject(error) })
      .finally(() => {
        const next = waiting.get(snapshot)!
        if (next.length > 0) run(snapshot, next)
        else waiting.delete(snapshot)
      })
  }

  async function together (snapshot: ReferenceSnapshot, calls: readonly Call[]): Promise<void> {
    const best = Math.max(...calls.map(({ query }) => query.best))
    const matches = await pass(snapshot, { probes: stackRows(calls.map(({ query }) => query.probes)), best })
    let at = 0
    for (const { query, resolve } of calls) {
      resolve(matches.slice(at, at + query.probes.rows).map(list => list.slice(0, query.best)))
      at += query.probes.rows
    }
  }

  return (snapshot, query) => query.allowed !== undefined
    ? pass(snapshot, query)
    : new Promise((resolve, reject) => {
      const call = { query, resolve, reject }
      const queue = waiting.get(snapshot)
      if (queue === undefined) run(snapshot, [call])
      else queue.push(call)
    })
}
