import { pino, type Logger } from 'pino'
import { coverKeys } from './features/access/api-key.js'

/**
 * What is logged of a request is listed, not what is left out: method, path and addresses; of a path not the person
 * that it names. Bodies hold templates and photographs, and headers hold keys; neither is ever handed to the logger.
 * The paths that are redacted all the same guard against a careless line of ours, and keys are covered wherever they
 * stand: a caller may put one into an address.
 */
export function createLogger (level: string, destination?: { write(line: string): void }): Logger {
  const options = {
    level,
    redact: {
      paths: ['template', 'templates', 'vector', 'data', 'image', 'body', 'headers', 'authorization', 'cookie']
        .flatMap(name => [name, `*.${name}`, `*.*.${name}`]),
      censor: '[redacted]'
    },
    hooks: { streamWrite: coverKeys },
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
 * The subjects of galleries are people. Whatever follows is left out, so that an address that no route takes names
 * nobody either.
 */
const pathOf = (url: string) => url.split('?')[0]!.replace(/(?<=\/subjects\/).+/i, '…')
