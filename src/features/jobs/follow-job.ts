import { setTimeout } from 'node:timers/promises'
import type { Static } from 'typebox'
import type { JobDocument } from './job-schema.js'
import { ServiceAway, ServiceRefusal, type ServiceClient } from '../../platform/cli/service-client.js'

export type Job = Static<typeof JobDocument>

/** Milliseconds before a lost connection is retried. */
const pause = 1000

/**
 * Follows a job by its server-sent events until it has ended. A lost connection is re-established without missing
 * anything; another replica may run the job by then.
 *
 * @param see called with each state of the job
 * @param patience milliseconds for which the service may be unreachable
 * @returns the ended job
 * @throws ServiceAway, ServiceRefusal; the reason of `signal` when that is aborted
 */
export async function followJob (
  client: ServiceClient,
  id: string,
  see: (job: Job) => void,
  signal: AbortSignal,
  patience = 10 * 60_000
): Promise<Job> {
  let seen = 0
  let heard = Date.now()
  for (;;) {
    try {
      const response = await client.open(
        `/v1/jobs/${id}/events`,
        seen === 0 ? {} : { 'last-event-id': String(seen) },
        signal
      )
      for await (const text of messages(response.body, signal)) {
        heard = Date.now()
        const event = readEvent(text)
        if (event === undefined) continue
        seen = event.id
        see(event.job)
        if (event.job.endedAt !== null) return event.job
      }
      if (response.status === 204) return await client.call<Job>('GET', `/v1/jobs/${id}`)
    } catch (error) {
      signal.throwIfAborted()
      if (!isTransient(error) || Date.now() - heard > patience) throw error
    }
    await setTimeout(pause, undefined, { signal })
  }
}

/** Whether a retry makes sense: the service is unreachable or overloaded, or the connection broke. */
const isTransient = (error: unknown): boolean =>
  error instanceof ServiceRefusal
    ? error.status === 503 || error.status === 429
    : error instanceof ServiceAway || error instanceof TypeError

/** The messages of an event stream, each without the empty line that ends it. */
async function* messages (body: AsyncIterable<Uint8Array> | null, signal: AbortSignal): AsyncGenerator<string, void> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const chunk of body ?? []) {
    signal.throwIfAborted()
    const parts = (text + decoder.decode(chunk, { stream: true })).split('\n\n')
    text = parts.pop()!
    yield* parts
  }
}

/** @returns undefined for a comment and for anything that is not an event */
function readEvent (text: string): { id: number, job: Job } | undefined {
  const fields = new Map(
    text.split('\n').map(line => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)])
  )
  const [id, data] = [fields.get('id'), fields.get('data')]
  return id === undefined || data === undefined ? undefined : { id: Number(id), job: JSON.parse(data) as Job }
}
