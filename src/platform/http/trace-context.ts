import type { IncomingMessage } from 'node:http'

/** W3C Trace Context, version 00: version, trace id, parent id, flags. Later versions may have more behind them. */
const form = /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-[0-9a-f]{2}(-|$)/

/**
 * What the log says of the trace that a request belongs to, in the names of OpenTelemetry.
 * @returns no members where the header is missing or malformed, as the standard asks
 */
export function traceOf (
  { headers }: Pick<IncomingMessage, 'headers'>
): { trace_id?: string, parent_span_id?: string } {
  const { traceparent } = headers
  const [, traceId, parentId] = typeof traceparent === 'string' ? form.exec(traceparent) ?? [] : []
  return traceId === undefined || parentId === undefined ? {} : { trace_id: traceId, parent_span_id: parentId }
}
