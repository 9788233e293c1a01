import { answerOf, type Crosswalk, type Schemas } from './client.js'
import { CrosswalkError, problemOf } from './problem.js'
import { delay } from './retry.js'

/** One event of a job: `data` is the job as it was then. */
export interface JobEvent {
  readonly event: string
  readonly id: string
  readonly data: Schemas['JobEvent']
}

/** Milliseconds before a broken stream is opened again. */
const reconnectAfter = 1000
/** Streams that end without an event before the service is taken to be gone. */
const maxIdle = 5

/**
 * The events of a job until it has ended. A stream that breaks off is resumed behind the last event, on any replica.
 * @throws CrosswalkError when the job is not known or not the caller's
 */
export async function* followJob (
  client: Crosswalk,
  id: string,
  { signal }: { readonly signal?: AbortSignal } = {}
): AsyncGenerator<JobEvent> {
  let last: string | undefined
  for (let idle = 0;;) {
    const stream = await open(client, id, last, signal).catch((error: unknown) => {
      if (error instanceof CrosswalkError || signal?.aborted === true || ++idle > maxIdle) throw error
      return undefined
    })
    if (stream === null) return
    try {
      for await (const event of stream === undefined ? [] : eventsOf(stream)) {
        idle = 0
        last = event.id
        yield event
        if (event.data.endedAt !== null) return
      }
    } catch (error) {
      if (signal?.aborted === true || ++idle > maxIdle) throw error
    }
    await delay(reconnectAfter, signal)
  }
}

/** The job once it has ended, as `succeeded`, `failed` or `cancelled`. @throws CrosswalkError as `followJob` */
export async function waitForJob (
  client: Crosswalk,
  id: string,
  options: { readonly signal?: AbortSignal } = {}
): Promise<Schemas['Job']> {
  for await (const { data } of followJob(client, id, options)) if (data.endedAt !== null) return data
  return await answerOf(client.GET('/v1/jobs/{id}', { params: { path: { id } } }))
}

/** @returns null when the job has ended and the caller has seen its last event */
async function open (
  client: Crosswalk,
  id: string,
  last: string | undefined,
  signal: AbortSignal | undefined
): Promise<ReadableStream<Uint8Array> | null> {
  const { error, response } = await client.GET('/v1/jobs/{id}/events', {
    params: { path: { id }, ...last === undefined ? {} : { header: { 'last-event-id': last } } },
    parseAs: 'stream',
    ...signal === undefined ? {} : { signal }
  })
  if (!response.ok) throw new CrosswalkError(problemOf(error, response), response)
  return response.status === 204 ? null : response.body
}

/** Reads server-sent events (HTML Standard, section 9.2) as the service writes them: `id`, `event`, one `data`. */
async function* eventsOf (stream: ReadableStream<Uint8Array>): AsyncGenerator<JobEvent> {
  const reader = stream.getReader()
  const decoder = new TextDecoder()
  let text = ''
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      text += decoder.decode(value, { stream: true })
      const blocks = text.split('\n\n')
      text = blocks.pop()!
      for (const block of blocks) {
        const field = (name: string) => new RegExp(`^${name}: ?(.*)$`, 'm').exec(block)?.[1]
        const data = field('data')
        // Comments keep the connection alive.
        if (data === undefined) continue
        yield {
          event: field('event') ?? 'message',
          id: field('id') ?? '',
          data: JSON.parse(data) as Schemas['JobEvent']
        }
      }
    }
  } finally {
    await reader.cancel().catch(() => {})
  }
}
