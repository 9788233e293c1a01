import type { FastifyError, FastifyReply, FastifyRequest, FastifySchemaValidationError } from 'fastify'
import fp from 'fastify-plugin'
import { catalogue, Problem, type ErrorCode } from '../../errors.js'
import { problemJson } from '../media-types.js'

/** What Fastify and its plugins throw, in the words of our catalogue. */
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
  app.setErrorHandler(answerError)
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?')[0]
    const problem = new Problem('route-unknown', `expected a route of /openapi.json, received ${request.method} ${path}`)
    return sendProblem(problem, problem, request, reply)
  })
}, { name: 'problems', fastify: '5.x' })

/** For what fails before a route is found too, such as an address that cannot be decoded. */
export function answerError (error: FastifyError, request: FastifyRequest, reply: FastifyReply) {
  return sendProblem(asProblem(error, request), error, request, reply)
}

function asProblem (error: FastifyError, request: FastifyRequest): Problem {
  if (error instanceof Problem) return error
  if (error.validation !== undefined) {
    return new Problem('request-invalid', error.validation.map(failure => sentence(failure, error.validationContext ?? 'body')).join('; '))
  }
  const code = codeOf[error.code]
  if (code === 'media-type-unsupported') {
    return new Problem(code, `expected a media type that /openapi.json names for the route, received ${JSON.stringify(request.headers['content-type'] ?? 'none')}`)
  }
  if (code === 'body-too-large') {
    return new Problem(code, `expected at most ${request.routeOptions.bodyLimit} bytes, received ${request.headers['content-length'] ?? 'more'}`)
  }
  if (code !== undefined) return new Problem(code, error.message)
  // What else the framework refuses carries a status of its own: a parser of bodies 400, the router 414 or 404.
  if (error.statusCode === 400) return new Problem('body-invalid', error.message)
  if (error.statusCode !== undefined && error.statusCode > 400 && error.statusCode < 500) return new Problem('request-invalid', error.message)
  return new Problem('internal', 'The failure is recorded under the request id.')
}

function sendProblem (problem: Problem, cause: Error, request: FastifyRequest, reply: FastifyReply) {
  const { status, title } = catalogue[problem.code]
  if (status >= 500) request.log.error({ err: cause }, problem.code)
  // The detail is for the caller: it may repeat a name or a line of the body.
  else request.log.info({ code: problem.code }, 'refused')
  if (status === 503) reply.header('retry-after', '1')
  if (problem.code === 'budget-exhausted') reply.header('retry-after', String((problem.extensions.budget as { resetsIn: number }).resetsIn))
  return reply.code(status).type(problemJson).serializer(JSON.stringify).send({
    type: `/problems/${problem.code}`,
    title,
    status,
    code: problem.code,
    detail: problem.detail,
    requestId: request.id,
    ...problem.extensions
  })
}

/** `templates[3].model: expected string, received 5`. */
function sentence (failure: FastifySchemaValidationError & { data?: unknown }, part: string): string {
  const path = failure.instancePath.split('/').slice(1).map(name => /^\d+$/.test(name) ? `[${name}]` : `.${name}`).join('').replace(/^\./, '')
  const where = path === '' ? part : `${part}: ${path}`
  const { params } = failure
  switch (failure.keyword) {
    case 'additionalProperties': return `${where}: expected only known members, received "${String(params.additionalProperty)}"`
    case 'required': return `${where}: expected member "${String(params.missingProperty)}", received none`
    case 'type': return `${where}: expected ${String(params.type)}, received ${received(failure.data)}`
    case 'enum': return `${where}: expected one of ${(params.allowedValues as unknown[]).map(value => JSON.stringify(value)).join(', ')}, received ${received(failure.data)}`
    case 'const': return `${where}: expected ${JSON.stringify(params.allowedValue)}, received ${received(failure.data)}`
    default: return `${where}: ${(failure.message ?? failure.keyword).replace(/^must/, 'expected it to')}, received ${received(failure.data)}`
  }
}

function received (value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return `an array of ${value.length}`
  if (typeof value === 'object') return 'an object'
  if (typeof value === 'string') return value.length > 60 ? `a string of ${value.length} characters` : JSON.stringify(value)
  return String(value)
}
