import type { JobWatch } from './changes.js'
import type { StoredJob } from './store/jobs.js'
import { jobDocument } from './job-schema.js'

/** Milliseconds of silence after which a comment is sent: proxies and the service itself close idle connections. */
const heartbeat = 15_000

/**
 * A job as server-sent events (HTML standard, section 9.2): `progress` on every change, then the final state. Each
 * event is the whole job with its revision as the id, so a client that was disconnected or reads slowly misses nothing.
 *
 * @param job as read after the watch began
 * @param read reads it again
 * @param seen id of the last event that the client received
 * @param until when the client has to reconnect, ms of `Date.now()`
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
  // Milliseconds before a browser reconnects after a lost connection.
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
    // While the database is unavailable, the read is retried on the next change or heartbeat.
    current = await read().catch(() => undefined)
  }
}
