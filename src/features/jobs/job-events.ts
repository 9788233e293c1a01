import type { JobWatch } from './changes.js'
import type { StoredJob } from './store/jobs.js'
import { jobDocument } from './job-schema.js'

/**
 * Milliseconds of silence after which a comment is sent: proxies and the service itself close connections on which
 * nothing moves.
 */
const heartbeat = 15_000

/**
 * A job as server-sent events (HTML standard, section 9.2): `progress` whenever it has changed, then its final state.
 * Each event is the whole job, with its revision as the id, so that nothing is missed by who was away or reads slowly.
 *
 * @param job as it was read after the watch began
 * @param read reads it again
 * @param seen id of the last event that the caller has had
 * @param until moment after which the caller has to come again, ms of `Date.now()`
 */
export async function* jobEvents (
  job: StoredJob,
  { read, watch, seen, until, signal }: {
    read(): Promise<StoredJob>
    watch: JobWatch
    seen: number
    until: number
    signal: AbortSignal
  }
): AsyncGenerator<string, void> {
  // Milliseconds until a browser comes again when the connection is lost.
  yield 'retry: 1000\n\n'
  for (let current: StoredJob | undefined = job;;) {
    if (current !== undefined && current.revision > seen) {
      seen = current.revision
      yield `id: ${seen}\nevent: ${current.endedAt === null ? 'progress' : current.state}\ndata: ${
        JSON.stringify(jobDocument(current))
      }\n\n`
    }
    if (current !== undefined && current.endedAt !== null) return
    const changed = await watch.next(heartbeat)
    if (signal.aborted || Date.now() > until) return
    if (!changed) yield ': still there\n\n'
    // A database that is away is asked again with the next change or beat.
    current = await read().catch(() => undefined)
  }
}
