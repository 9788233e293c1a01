import { STATUS_CODES } from 'node:http'
import { catalogue, type ErrorCode } from '../../../errors.js'
import { refusals } from '../schemas/problem.js'
import type { Names } from './named-schemas.js'
import { problemMembers } from './problem-members.js'
import { mapValues, named, pascal, type Header, type Operation, type Response, type Schema } from './schema.js'

/** What any operation answers with when a request does not reach it as it should. */
const always = [
  'request-invalid',
  'method-not-allowed',
  'request-timeout',
  'media-type-unsupported',
  'headers-too-large',
  'internal'
] as const satisfies ErrorCode[]
/** The same for the methods that may have a body. */
const withBody = ['body-invalid', 'body-too-large'] as const satisfies ErrorCode[]
const reading = ['get', 'head']

/** Sets of problems that at least this many operations share are named by their status. */
const minSharing = 5

const header = (name: string): Header => ({ $ref: `#/components/headers/${pascal(name)}` })

/** Headers of refusals, and of every answer, by their names. */
export const documentedHeaders: Readonly<Record<string, Header>> = {
  'x-request-id': {
    description: 'Id of the request in the logs and in the audit: that of the request, if it had one.',
    required: true,
    schema: { type: 'string' }
  },
  'retry-after': {
    description: 'Seconds after which the same request may succeed (RFC 9110, section 10.2.3).',
    required: true,
    schema: { type: 'string' }
  },
  'www-authenticate': {
    description: 'How to authenticate (RFC 6750): `Bearer`, and what was wrong with the key that was sent.',
    required: true,
    schema: { type: 'string' }
  },
  allow: {
    description: 'The methods that the address supports.',
    required: true,
    schema: { type: 'string' }
  }
}

const headersOf: Readonly<Record<string, Readonly<Record<string, Header>>>> = {
  401: { 'www-authenticate': header('www-authenticate') },
  403: {
    'www-authenticate': {
      description: 'With `scope-missing`: the scope that the operation needs (RFC 6750).',
      schema: { type: 'string' }
    }
  },
  405: { allow: header('allow') },
  412: { etag: { description: 'The present one of the resource.', schema: { type: 'string' } } },
  415: {
    'accept-encoding': {
      description: '`identity`, when the body had a content coding (RFC 9110, section 15.5.16).',
      schema: { type: 'string' }
    }
  },
  429: { 'retry-after': header('retry-after') },
  503: { 'retry-after': header('retry-after') }
}

/** The problems that a description of a response names, see `problems` in `schemas/problem.ts`. */
export const codesIn = (description: string): ErrorCode[] =>
  [...description.matchAll(/`([a-z-]+)`/g)].map(([, code]) => code as ErrorCode).filter(code => code in catalogue)

/** The codes of an operation's problems, by status: those that it states, and those that any may have. */
function codesOf (method: string, { responses }: Operation): Record<string, ErrorCode[]> {
  const stated = Object.entries(responses).filter(([status]) => Number(status) >= 400).flatMap((
    [, { description = '' }]
  ) => codesIn(description))
  const codes = [...new Set([...stated, ...always, ...reading.includes(method) ? [] : withBody])]
  const statuses = [...new Set(codes.map(code => catalogue[code].status))].sort()
  return Object.fromEntries(
    statuses.map(status => [status, codes.filter(code => catalogue[code].status === status)])
  )
}

const schemaName = (code: ErrorCode): string => `${pascal(code)}Problem`

/** Names the problems of a document, types them by their codes, and has what operations share once. */
export function createRefusals (names: Names, operations: readonly { method: string, operation: Operation }[]) {
  const shared = sharedSets(operations.map(({ method, operation }) => codesOf(method, operation)))
  const responses = new Map<string, Response>()

  /** The refusals of an operation, by status. */
  function refusalsOf (method: string, operation: Operation): Record<string, Response> {
    return mapValues(codesOf(method, operation), (codes, status) => {
      const isPage = operation.responses['200']?.content?.['text/html'] !== undefined
      const name = isPage ? undefined : sharedName(codes, status)
      if (name === undefined) return responseOf(codes, status, operation.operationId, isPage)
      if (!responses.has(name)) responses.set(name, responseOf(codes, status, operation.operationId, false))
      return { $ref: `#/components/responses/${name}` }
    })
  }

  /** Of a response that several operations have in common; undefined when this one may be alone. */
  function sharedName (codes: readonly ErrorCode[], status: string): string | undefined {
    if (codes.length === 1) return pascal(codes[0]!)
    return shared.has(codes.join()) ? pascal(STATUS_CODES[status]!) : undefined
  }

  function responseOf (codes: readonly ErrorCode[], status: string, operationId: string, isPage: boolean): Response {
    return {
      description: refusals(codes),
      headers: { 'x-request-id': header('x-request-id'), ...headersOf[status] },
      content: {
        'application/problem+json': {
          schema: unionOf(codes, status, operationId),
          examples: Object.fromEntries(codes.map(code => [code, { $ref: `#/components/examples/${code}` }]))
        },
        // Browsers get a page that says the same.
        ...isPage ? { 'text/html': { schema: named('HtmlPage') } } : {}
      }
    }
  }

  function unionOf (codes: readonly ErrorCode[], status: string, operationId: string): Schema {
    const each = codes.map(problemSchema)
    if (each.length === 1) return each[0]!
    const common = sharedName(codes, status)
    const name = common === undefined ? `${pascal(operationId)}${pascal(STATUS_CODES[status]!)}` : `${common}Problem`
    if (names.has(name)) return named(name)
    return names.add(name, {
      oneOf: each,
      discriminator: {
        propertyName: 'code',
        mapping: Object.fromEntries(codes.map((code, i) => [code, each[i]!.$ref]))
      }
    })
  }

  function problemSchema (code: ErrorCode): Schema {
    const name = schemaName(code)
    if (names.has(name)) return named(name)
    const { status, title } = catalogue[code]
    return names.define(name, {
      description: `${title}.`,
      allOf: [named('Problem'), {
        type: 'object',
        required: ['code', 'status'],
        properties: {
          code: { type: 'string', const: code },
          status: { type: 'integer', const: status },
          ...problemMembers[code]
        }
      }]
    })
  }

  return { refusalsOf, responses: (): Record<string, Response> => Object.fromEntries(responses) }
}

/** The most frequent set of several problems of each status, if many operations have it. */
function sharedSets (sets: readonly Record<string, readonly ErrorCode[]>[]): Set<string> {
  const uses = new Map<string, { status: string, count: number }>()
  for (const [status, codes] of sets.flatMap(set => Object.entries(set))) {
    const key = codes.join()
    uses.set(key, { status, count: (uses.get(key)?.count ?? 0) + 1 })
  }
  const best = new Map<string, string>()
  for (const [key, { status, count }] of uses) {
    if (count >= minSharing && count > (uses.get(best.get(status) ?? '')?.count ?? 0)) best.set(status, key)
  }
  return new Set(best.values())
}
