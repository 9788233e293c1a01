import type { FastifyPluginCallback } from 'fastify'
import fp from 'fastify-plugin'
import { clock, newSpanId, newTraceId, within, type OpenSpan, type Span } from '../../tracing/spans.js'
import { callerOf } from '../trace-context.js'

declare module 'fastify' {
  interface FastifyRequest {
    /** Only of requests that are traced. */
    span: OpenSpan | null
  }
}

interface TracingOptions {
  readonly emit: (span: Span) => void
}

/**
 * A span for each request, below that of its caller where `traceparent` names one. A caller who does not sample its
 * trace has none of ours either.
 */
const tracing: FastifyPluginCallback<TracingOptions> = (app, { emit }, done) => {
  app.decorateRequest('span', null)
  app.addHook('onRequest', (request, _reply, next) => {
    const caller = callerOf(request)
    if (caller?.sampled === false) return next()
    const traceId = caller?.traceId ?? newTraceId()
    const span = { traceId, spanId: newSpanId(), emit }
    const start = clock()
    request.span = span
    request.exchange.onEnd(({ status }) => {
      const route = request.routeOptions.url ?? 'unknown'
      emit({
        traceId,
        spanId: span.spanId,
        ...caller === undefined ? {} : { parentId: caller.parentId },
        name: `${request.method} ${route}`,
        kind: 'server',
        start,
        end: clock(),
        attributes: {
          'http.request.method': request.method,
          'http.route': route,
          'http.response.status_code': status,
          'crosswalk.request_id': request.id
        },
        failed: status >= 500
      })
    })
    within(span, next)
  })
  // A body arrives in turns of the event loop that belong to its connection.
  app.addHook('preHandler', (request, _reply, next) => {
    if (request.span === null) next()
    else within(request.span, next)
  })
  done()
}

export default fp(tracing, { name: 'tracing', fastify: '5.x', dependencies: ['exchange'] })
