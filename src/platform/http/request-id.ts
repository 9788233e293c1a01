import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

export const requestIdHeader = 'x-request-id'

/**
 * What a caller's own id may consist of. Neither a log line nor a header can be broken by it, and hashes, UUIDs and
 * ids of traces fit.
 */
const form = /^[A-Za-z0-9._:+/=-]{1,128}$/

/** The caller's own id of a request where it has the form, otherwise a new one. */
export function requestIdOf ({ headers }: Pick<IncomingMessage, 'headers'>): string {
  const given = headers[requestIdHeader]
  return typeof given === 'string' && form.test(given) ? given : randomUUID()
}
