import { AsyncLocalStorage } from 'node:async_hooks'
import { randomBytes } from 'node:crypto'

/** What a span says besides its name; never what callers send. */
export type Attributes = Readonly<Record<string, string | number>>

/** A piece of work of a trace, after its end. Times are milliseconds since 1970. */
export interface Span {
  /** 32 and 16 hexadecimal digits */
  readonly traceId: string
  readonly spanId: string
  readonly parentId?: string
  readonly name: string
  /** Whether it is the answer to a request, or work within one. */
  readonly kind: 'server' | 'internal'
  readonly start: number
  readonly end: number
  readonly attributes: Attributes
  readonly failed: boolean
}

/** A span that has not ended, and where it goes at its end. */
export interface OpenSpan {
  readonly traceId: string
  readonly spanId: string
  readonly emit: (span: Span) => void
}

/** Nothing is in it unless somebody traces: to ask it costs no more than a comparison then. */
const current = new AsyncLocalStorage<OpenSpan>()

export const newTraceId = (): string => randomBytes(16).toString('hex')
export const newSpanId = (): string => randomBytes(8).toString('hex')
export const clock = (): number => performance.timeOrigin + performance.now()

/** Runs work whose spans belong below this one. */
export const within = <T>(span: OpenSpan, work: () => T): T => current.run(span, work)

/** Runs work as a span below the current one; without one, just runs it. */
export async function traced<T> (name: string, work: () => Promise<T>, attributes: Attributes = {}): Promise<T> {
  const parent = current.getStore()
  if (parent === undefined) return await work()
  const { traceId, emit } = parent
  const spanId = newSpanId()
  const start = clock()
  let failed = true
  try {
    const result = await current.run({ traceId, spanId, emit }, work)
    failed = false
    return result
  } finally {
    emit({
      traceId,
      spanId,
      parentId: parent.spanId,
      name,
      kind: 'internal',
      start,
      end: clock(),
      attributes,
      failed
    })
  }
}

/** Adds work that another thread has done to the current span. */
export function recordSpans (spans: readonly Pick<Span, 'name' | 'start' | 'end'>[]): void {
  const parent = current.getStore()
  if (parent === undefined) return
  const { traceId, emit, spanId: parentId } = parent
  for (const span of spans) {
    emit({ ...span, traceId, spanId: newSpanId(), parentId, kind: 'internal', attributes: {}, failed: false })
  }
}
