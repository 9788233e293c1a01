import type { onRequestHookHandler, preValidationHookHandler, RouteOptions } from 'fastify'
import fp from 'fastify-plugin'
import { Problem } from '../../../errors.js'
import { closed } from '../schemas/component.js'

const reading = ['GET', 'HEAD', 'OPTIONS', 'TRACE']
const preconditions = ['if-match', 'if-none-match'] as const

interface RequestSchema {
  body?: object
  querystring?: { additionalProperties?: boolean }
  headers?: { properties?: Record<string, unknown> }
}

/**
 * Rejects what an operation would otherwise ignore although the client relies on it: unknown query parameters,
 * preconditions that it does not evaluate, and a body where it reads none.
 */
export default fp(async app => {
  app.addHook('onRoute', route => {
    // Routes outside the document, such as the files of Swagger UI, are not ours.
    if (route.schema === undefined || route.schema.hide === true) return
    closeQuery(route)
    if ([route.method].flat().every(name => reading.includes(name))) return
    refusePreconditions(route)
    if ((route.schema as RequestSchema).body === undefined) refuseBody(route)
  })

  // Fastify reads no body of them.
  app.addHook('onRequest', ({ method, headers }, reply, done) => {
    const hasBody = Number(headers['content-length'] ?? 0) > 0 || headers['transfer-encoding'] !== undefined
    if (!hasBody || !reading.includes(method)) {
      done()
      return
    }
    reply.header('connection', 'close')
    throw new Problem('request-invalid', `body: expected none with ${method}, received one`)
  })
  // Node would answer without a body and without our headers.
  app.addHook('onRequest', (request, reply, done) => {
    if (request.headers.host !== undefined || request.raw.httpVersion === '1.0') {
      done()
      return
    }
    reply.header('connection', 'close')
    throw new Problem('request-invalid', 'Host: expected one, received none')
  })
  // Node would answer 417 itself. An unknown expectation may be ignored (RFC 9110, section 10.1.1).
  app.server.on('checkExpectation', (request, response) => app.routing(request, response))
}, { name: 'strict-requests', dependencies: ['answer-headers'], fastify: '5.x' })

function closeQuery (route: RouteOptions): void {
  const schema = route.schema as RequestSchema
  if (schema.querystring === undefined) {
    schema.querystring = { type: 'object', properties: {}, ...closed } as RequestSchema['querystring'] & object
  } else if (schema.querystring.additionalProperties !== false) {
    throw new Error(`expected a closed querystring of ${String(route.method)} ${route.url}`)
  }
}

function refusePreconditions (route: RouteOptions): void {
  const evaluated = (route.schema as RequestSchema).headers?.properties ?? {}
  const refused = preconditions.filter(name => !(name in evaluated))
  if (refused.length === 0) return
  const refuse: onRequestHookHandler = (request, _reply, done) => {
    const given = refused.find(name => request.headers[name] !== undefined)
    if (given === undefined) {
      done()
      return
    }
    throw new Problem(
      'request-invalid',
      `${given}: expected none, since this operation does not evaluate it, received ${
        JSON.stringify(request.headers[given])
      }`
    )
  }
  route.onRequest = [refuse, ...[route.onRequest ?? []].flat()]
}

function refuseBody (route: RouteOptions): void {
  const refuse: preValidationHookHandler = (request, _reply, done) => {
    // Many clients send an empty object when there is nothing to say.
    if (
      request.body === undefined || request.body === null ||
      (typeof request.body === 'object' && Object.keys(request.body).length === 0)
    ) {
      done()
      return
    }
    throw new Problem('request-invalid', 'body: expected none, since this operation reads none, received one')
  }
  route.preValidation = [refuse, ...[route.preValidation ?? []].flat()]
}
