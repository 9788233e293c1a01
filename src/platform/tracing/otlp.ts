import type { Logger } from 'pino'
import type { Attributes, Span } from './spans.js'

/**
 * Sends spans by OTLP over HTTP in its JSON encoding, which every collector takes
 * (https://opentelemetry.io/docs/specs/otlp/). OpenTelemetry's own exporter needs Node 22, brings nine packages, and
 * follows calls by patching modules; here are the few spans of this service, in memory that is bounded.
 */
export interface SpanExporter {
  add(span: Span): void
  /** Spans that were dropped, since there was no room or the collector did not take them. */
  dropped(): number
  /** Sends what is left. */
  close(): Promise<void>
}

export interface OtlpOptions {
  /** of the collector, such as http://localhost:4318; `/v1/traces` is added */
  readonly endpoint: string
  readonly headers: Readonly<Record<string, string>>
  readonly service: string
  readonly version: string
}

/** Spans that wait at most: about 1 MB. */
const maxWaiting = 4096
const batchSize = 512
/** Milliseconds between sendings, and that a collector may take. */
const interval = 2000
const patience = 10_000

export function createOtlpExporter (options: OtlpOptions, log: Logger): SpanExporter {
  let waiting: Span[] = []
  let dropped = 0
  let sending: Promise<void> | undefined
  let refused = false
  const timer = setInterval(() => {
    flush().catch(() => {})
  }, interval).unref()

  /** One batch at a time. */
  async function flush (): Promise<void> {
    sending ??= sendAll().finally(() => {
      sending = undefined
    })
    await sending
  }

  async function sendAll (): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting.slice(0, batchSize)
      waiting = waiting.slice(batchSize)
      // Once more: a collector may have closed the connection that was kept open since the last batch.
      const failure = await send(batch, options).catch(() => send(batch, options))
        .then(() => undefined, (error: Error) => error)
      if (failure !== undefined) dropped += batch.length
      // Once for each time that the collector goes away.
      if (failure !== undefined && !refused) {
        log.warn({ err: failure }, 'spans are lost: the collector does not take them')
      }
      refused = failure !== undefined
    }
  }

  return {
    add (span) {
      if (waiting.length >= maxWaiting) {
        dropped++
        return
      }
      waiting.push(span)
      if (waiting.length === batchSize) flush().catch(() => {})
    },
    dropped: () => dropped,
    async close () {
      clearInterval(timer)
      await flush()
      await flush()
    }
  }
}

async function send (spans: readonly Span[], { endpoint, headers, service, version }: OtlpOptions): Promise<void> {
  const resource = { attributes: attributesOf({ 'service.name': service, 'service.version': version }) }
  const scope = { name: 'crosswalk', version }
  const answer = await fetch(`${endpoint.replace(/\/$/, '')}/v1/traces`, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ scope, spans: spans.map(documentOf) }] }] }),
    signal: AbortSignal.timeout(patience)
  })
  await answer.arrayBuffer()
  if (!answer.ok) throw new Error(`the collector answered ${answer.status}`)
}

/** Numbers are those of `SpanKind` and `StatusCode`; identifiers are hexadecimal in this encoding. */
const documentOf = ({ traceId, spanId, parentId, name, kind, start, end, attributes, failed }: Span) => ({
  traceId,
  spanId,
  ...parentId === undefined ? {} : { parentSpanId: parentId },
  name,
  kind: kind === 'server' ? 2 : 1,
  startTimeUnixNano: nanoseconds(start),
  endTimeUnixNano: nanoseconds(end),
  attributes: attributesOf(attributes),
  status: failed ? { code: 2 } : {}
})

/** @param time in milliseconds, whose fraction has microseconds */
const nanoseconds = (time: number): string => `${Math.round(time * 1000)}000`

const attributesOf = (attributes: Attributes) =>
  Object.entries(attributes).map(([key, value]) => ({
    key,
    value: typeof value === 'string' ? { stringValue: value } : { intValue: String(value) }
  }))
