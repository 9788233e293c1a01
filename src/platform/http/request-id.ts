import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

export const requestIdHeader = 'x-request-id'

/** The form of a client's own id: it cannot break a log line or a header, and hashes, UUIDs and trace ids fit. */
export const requestIdPattern = '^[A-Za-z0-9._:+/=-]{1,128}$'
const form = new RegExp(requestIdPattern)

/** The client's own request id if it has the form, otherwise a new one. */
export function requestIdOf ({ headers }: Pick<IncomingMessage, 'headers'>): string {
  const given = headers[requestIdHeader]
  return typeof given === 'string' && form.test(given) ? given : randomUUID()
}
