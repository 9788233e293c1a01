import { pino, type Logger } from 'pino'
import { redactKeys } from './features/access/api-key.js'

/**
 * Logs an allowlist of each request: method, path and addresses, and of the path not the person it names. Bodies hold
 * templates and photographs, and headers hold keys; neither is ever passed to the logger. The redacted paths guard
 * against a careless line of our own. Keys are redacted wherever they appear, since a client may put one into a URL.
 */
export function createLogger (level: string, destination?: { write(line: string): void }): Logger {
  const options = {
    level,
    redact: {
      paths: ['template', 'templates', 'vector', 'data', 'image', 'body', 'headers', 'authorization', 'cookie']
        .flatMap(name => [name, `*.${name}`, `*.*.${name}`]),
      censor: '[redacted]'
    },
    hooks: { streamWrite: redactKeys },
    serializers: {
      req: (request: { method: string, url: string, ip?: string }) => ({
        method: request.method,
        path: pathOf(request.url),
        address: request.ip
      }),
      err: pino.stdSerializers.err
    }
  }
  return destination === undefined ? pino(options) : pino(options, destination)
}

/**
 * The subjects of galleries are people. Everything after `/subjects/` is left out, so that a URL without a route names
 * nobody either.
 */
const pathOf = (url: string) => url.split('?')[0]!.replace(/(?<=\/subjects\/).+/i, '…')
