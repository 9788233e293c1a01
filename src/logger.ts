import { pino, type Logger } from 'pino'
import { redactKeys } from './features/access/api-key.js'

/** Names of members that are not logged. */
const secret: ReadonlySet<string> = new Set([
  'template',
  'templates',
  'vector',
  'data',
  'image',
  'body',
  'headers',
  'authorization',
  'cookie'
])
/** Levels of members within a logged object that are looked at. */
const levels = 3

/**
 * Logs an allowlist of each request: method, path and addresses, and of the path not the person it names. Bodies hold
 * templates and photographs, and headers hold keys; neither is ever passed to the logger. The redacted names guard
 * against a careless line of our own. Keys are redacted wherever they appear, since a client may put one into a URL.
 *
 * pino's own `redact` also runs for the child logger that every request has, at 5 us and 7 KB of garbage each.
 */
export function createLogger (level: string, destination?: { write(line: string): void }): Logger {
  const options = {
    level,
    formatters: { log: (line: Record<string, unknown>) => redacted(line, levels) as Record<string, unknown> },
    hooks: { streamWrite: redactKeys },
    serializers: {
      req: (request: { method: string, url: string, ip?: string }) => ({
        method: request.method,
        path: pathOf(request.url),
        address: request.ip
      }),
      err: (error: Error) => redacted({ ...pino.stdSerializers.err(error) }, levels)
    }
  }
  return destination === undefined ? pino(options) : pino(options, destination)
}

/** Arrays and plain objects without what their secret members hold; anything else as it is. */
function redacted (value: unknown, depth: number): unknown {
  if (depth === 0 || typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(element => redacted(element, depth - 1))
  if (Object.getPrototypeOf(value) !== Object.prototype) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      name,
      secret.has(name) ? '[redacted]' : redacted(member, depth - 1)
    ])
  )
}

/**
 * The subjects of galleries are people. Everything after `/subjects/` is left out, so that a URL without a route names
 * nobody either.
 */
const pathOf = (url: string) => url.split('?')[0]!.replace(/(?<=\/subjects\/).+/i, '…')
