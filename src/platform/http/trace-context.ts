import type { IncomingMessage } from 'node:http'

/** W3C Trace Context, version 00: version, trace id, parent id, flags. Later versions may have more behind them. */
const form = /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-|$)/

/**
 * The trace that a request belongs to, and whether its caller records it.
 * @returns undefined where the header is missing or malformed, as the standard asks
 */
export function callerOf (
  { headers: { traceparent } }: Pick<IncomingMessage, 'headers'>
): { readonly traceId: string, readonly parentId: string, readonly sampled: boolean } | undefined {
  const [, traceId, parentId, flags] = typeof traceparent === 'string' ? form.exec(traceparent) ?? [] : []
  return traceId === undefined || parentId === undefined
    ? undefined
    : { traceId, parentId, sampled: (Number.parseInt(flags!, 16) & 1) === 1 }
}

/**
 * What the log says of the trace that a request belongs to, in the names of OpenTelemetry.
 * @returns no members where the header is missing or malformed, as the standard asks
 */
export function traceOf (
  request: Pick<IncomingMessage, 'headers'>
): { trace_id?: string, parent_span_id?: string } {
  const caller = callerOf(request)
  return caller === undefined ? {} : { trace_id: caller.traceId, parent_span_id: caller.parentId }
}
