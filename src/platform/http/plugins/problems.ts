import { maxHeaderSize, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { ConnectionError, FastifyError, FastifyReply, FastifyRequest, FastifySchemaValidationError } from 'fastify'
import fp from 'fastify-plugin'
import { catalogue, Problem, type ErrorCode } from '../../../errors.js'
import { placesOf } from '../../pages/document.js'
import { contentSecurityPolicy } from '../../pages/style.js'
import { problemJson } from '../media-types.js'
import { problemDocument } from '../problem-document.js'
import { renderRefusal } from '../refusal-page.js'
import { answerHeaders } from './answer-headers.js'
import { isAnswering, type Exchange } from './exchange.js'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** A page for people: problems are pages too, and a browser without a key is sent to sign in where it can. */
    page?: boolean
  }
}

/** Errors of Fastify and its plugins, mapped to our catalogue. */
const codeOf: Readonly<Record<string, ErrorCode>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'media-type-unsupported',
  FST_ERR_CTP_BODY_TOO_LARGE: 'body-too-large',
  FST_REQ_FILE_TOO_LARGE: 'body-too-large',
  FST_FIELDS_LIMIT: 'body-invalid',
  FST_FILES_LIMIT: 'body-invalid',
  FST_PARTS_LIMIT: 'body-invalid',
  FST_INVALID_MULTIPART_CONTENT_TYPE: 'media-type-unsupported',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'body-invalid',
  FST_ERR_CTP_INVALID_JSON_BODY: 'body-invalid',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'body-invalid',
  FST_ERR_CTP_EMPTY_TYPE: 'media-type-unsupported',
  FST_ERR_BAD_URL: 'request-invalid',
  FST_ERR_ASYNC_CONSTRAINT: 'request-invalid',
  ERR_HTTP_REQUEST_TIMEOUT: 'request-timeout'
}

/** Every error leaves the service here, as `application/problem+json` (RFC 9457). */
export default fp(async app => {
  const routes: { methods: string[], segments: string[] }[] = []
  app.addHook('onRoute', ({ method, url }) => {
    routes.push({ methods: [method].flat(), segments: url.split('/') })
  })
  app.setErrorHandler(answerError)
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?')[0]!
    const segments = path.split('/')
    const allowed = new Set(routes.filter(route => matches(route.segments, segments)).flatMap(route => route.methods))
    const problem = allowed.size === 0
      ? new Problem('route-unknown', `expected a route of /openapi.json, received ${request.method} ${path}`)
      : new Problem('method-not-allowed', `expected ${[...allowed].join(', ')} for ${path}, received ${request.method}`)
    if (allowed.size > 0) reply.header('allow', [...allowed].join(', '))
    return sendProblem(problem, problem, request, reply)
  })
}, { name: 'problems', fastify: '5.x' })

/** Whether a path matches that of a route, whatever the method. */
function matches (route: readonly string[], segments: readonly string[]): boolean {
  return route.length === segments.length &&
    route.every((part, index) => part === segments[index] || (part.startsWith(':') && segments[index] !== ''))
}

/** Errors of Node's parser, which occur before there is a request. */
const codeOfParser: Readonly<Record<string, ErrorCode>> = {
  HPE_HEADER_OVERFLOW: 'headers-too-large',
  ERR_HTTP_REQUEST_TIMEOUT: 'request-timeout'
}

/** Milliseconds that a client has to read why its connection is closed. */
const lingerTime = 2000

/**
 * Answers data that are not HTTP, or are late, and closes the connection, since the start of the next request is
 * unknown.
 */
export function answerConnection (error: ConnectionError, socket: Socket): void {
  // A client that reset the connection receives nothing more, and in the middle of a response these bytes would become
  // part of it.
  if (error.code === 'ECONNRESET' || !socket.writable || isAnswering(socket)) {
    socket.destroy()
    return
  }
  const code = codeOfParser[error.code] ?? 'request-invalid'
  const { status } = catalogue[code]
  const expected = code === 'headers-too-large'
    ? `at most ${maxHeaderSize} bytes of address and headers`
    : code === 'request-timeout'
    ? 'the headers in time'
    : 'a request of HTTP/1.1'
  const requestId = crypto.randomUUID()
  const body = JSON.stringify(
    problemDocument(new Problem(code, `expected ${expected}, received something else (${error.code})`), requestId)
  )
  const headers = {
    connection: 'close',
    'content-type': problemJson,
    'content-length': Buffer.byteLength(body),
    ...answerHeaders(requestId)
  }
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${
      Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`).join('')
    }\r\n${body}`
  )
  // A client that does not close the connection would keep it open.
  const timer = setTimeout(() => socket.destroy(), lingerTime)
  socket.once('close', () => clearTimeout(timer))
}

/** Also handles errors before a route is found, such as a URL that cannot be decoded: no hook has set headers then. */
export function answerError (error: FastifyError, request: FastifyRequest, reply: FastifyReply) {
  reply.headers(answerHeaders(request.id))
  return sendProblem(asProblem(error, request), error, request, reply)
}

function asProblem (error: FastifyError, request: FastifyRequest): Problem {
  if (error instanceof Problem) return error
  // A truncated body says nothing about what the client meant. There is no exchange before a route is found.
  if ((request.exchange as Exchange | undefined)?.ended !== undefined) {
    return new Problem('caller-left', 'the connection was closed before the end of the request', {}, { cause: error })
  }
  if (error.validation !== undefined) {
    return new Problem(
      'request-invalid',
      error.validation.map(failure => sentence(failure, error.validationContext ?? 'body')).join('; ')
    )
  }
  const code = codeOf[error.code]
  if (code === 'media-type-unsupported') {
    return new Problem(
      code,
      `expected a media type that /openapi.json names for the route, received ${
        JSON.stringify(request.headers['content-type'] ?? 'none')
      }`
    )
  }
  if (code === 'body-too-large') {
    return new Problem(
      code,
      `expected at most ${request.routeOptions.bodyLimit} bytes, received ${
        request.headers['content-length'] ?? 'more'
      }`
    )
  }
  if (code !== undefined) return new Problem(code, error.message)
  // Other errors of the framework carry a status: a body parser 400, the router 414 or 404.
  if (error.statusCode === 400) return new Problem('body-invalid', error.message)
  if (error.statusCode !== undefined && error.statusCode > 400 && error.statusCode < 500) {
    return new Problem('request-invalid', error.message)
  }
  return new Problem('internal', 'The failure is logged under the request id.')
}

function sendProblem (problem: Problem, cause: Error, request: FastifyRequest, reply: FastifyReply) {
  const { status } = catalogue[problem.code]
  // Shedding load is intended behaviour: many such lines tell the operator enough without a stack.
  if (problem.code === 'overloaded') request.log.warn({ code: problem.code }, 'rejected')
  else if (status >= 500) request.log.error({ err: cause }, problem.code)
  // The detail is for the client only: it may repeat a name or a line of the body.
  else request.log.info({ code: problem.code }, 'refused')
  const { operationId = 'unknown' } = (request.routeOptions.schema ?? {}) as { operationId?: string }
  request.server.service.measures.refused(operationId, problem.code)
  const wait = secondsToWait(problem)
  if (wait !== undefined) reply.header('retry-after', String(wait))
  if (isForReader(request)) {
    return reply.code(status).type('text/html; charset=utf-8').header('content-security-policy', contentSecurityPolicy)
      .header('vary', 'Accept, Cookie').send(renderRefusal(problem, request, placesOf(request.server)))
  }
  return reply.code(status).type(problemJson).serializer(JSON.stringify).send(problemDocument(problem, request.id))
}

/** Whether somebody opened the address of a page, or one that does not exist, with a browser. */
const isForReader = ({ method, headers, is404, routeOptions: { config } }: FastifyRequest): boolean =>
  (config?.page === true || is404) && (method === 'GET' || method === 'HEAD') &&
  /\btext\/html\b/.test(headers.accept ?? '')

/** Seconds until a retry may succeed; undefined when unknown here. */
function secondsToWait ({ code, extensions }: Problem): number | undefined {
  if (code === 'gallery-loading') return (extensions.loading as { retryAfter: number }).retryAfter
  if (catalogue[code].status === 503) return 1
  if (code === 'budget-exhausted') return (extensions.budget as { resetsIn: number }).resetsIn
  if (code === 'jobs-exhausted') return (extensions.jobs as { retryAfter: number }).retryAfter
  return undefined
}

/** What Ajv reports with `verbose`. */
type Failure = FastifySchemaValidationError & {
  data?: unknown
  parentSchema?: { properties?: object, patternProperties?: object }
}

/** Maximum names listed: a client may send as many as it likes. */
const maxNamed = 10

/** `templates[3].model: expected string, received 5`. */
function sentence (failure: Failure, part: string): string {
  const path = failure.instancePath.split('/').slice(1).map(name => /^\d+$/.test(name) ? `[${name}]` : `.${name}`).join(
    ''
  ).replace(/^\./, '')
  const where = path === '' ? part : `${part}: ${path}`
  const { params } = failure
  switch (failure.keyword) {
    case 'additionalProperties':
      return unknownMembers(failure, where, part === 'querystring' ? 'parameter' : 'member')
    case 'required':
      return `${where}: expected member "${String(params.missingProperty)}", received none`
    case 'type':
      return `${where}: expected ${String(params.type)}, received ${received(failure.data)}`
    case 'enum':
      return `${where}: expected one of ${
        (params.allowedValues as unknown[]).map(value => JSON.stringify(value)).join(', ')
      }, received ${received(failure.data)}`
    case 'const':
      return `${where}: expected ${JSON.stringify(params.allowedValue)}, received ${received(failure.data)}`
    default:
      return `${where}: ${(failure.message ?? failure.keyword).replace(/^must/, 'expected it to')}, received ${
        received(failure.data)
      }`
  }
}

/** Names the unknown members, and the known ones. */
function unknownMembers ({ parentSchema, data }: Failure, where: string, what: string): string {
  const known = Object.keys(parentSchema?.properties ?? {})
  const patterns = Object.keys(parentSchema?.patternProperties ?? {})
  const unknown = Object.keys(data as object).filter(name =>
    !known.includes(name) && !patterns.some(pattern => new RegExp(pattern, 'u').test(name))
  )
  const expected = [
    ...known.length === 0 ? [] : [`only the ${what}s ${quoted(known)}`],
    ...patterns.map(pattern => `${what}s whose names match ${pattern}`)
  ].join(' and ') || `no ${what}s`
  return `${where}: expected ${expected}, received ${quoted(unknown.slice(0, maxNamed))}`
}

const quoted = (names: readonly string[]): string => names.map(name => JSON.stringify(name)).join(', ')

/** In characters, as Ajv counts them, of a text of no extraordinary length. */
const lengthOf = (text: string): number => text.length > 10_000 ? text.length : [...text].length

function received (value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return `an array of ${value.length}`
  if (typeof value === 'object') return 'an object'
  if (typeof value === 'string') {
    return value.length > 60
      ? `a string of ${lengthOf(value)} characters`
      : JSON.stringify(value)
  }
  return String(value)
}
