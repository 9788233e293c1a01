import fp from 'fastify-plugin'
import { collectDefaultMetrics, Histogram, type Registry } from 'prom-client'

/** `GET /metrics`: the process, the event loop, and every route by method, pattern and status; and what other plugins register. */
export default fp(async (app, { registry }: { registry: Registry }) => {
  collectDefaultMetrics({ register: registry })
  const duration = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Time from the arrival of a request to the end of its answer.',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    registers: [registry]
  })

  app.addHook('onResponse', (request, reply, done) => {
    // The pattern of the route, not the address: identifiers would make a series each.
    const route = request.routeOptions.url ?? 'unknown'
    duration.observe({ method: request.method, route, status: reply.statusCode }, reply.elapsedTime / 1000)
    done()
  })

  app.get('/metrics', {
    // Whoever watches must be told most when there is too much to do.
    config: { access: 'any-key', admission: 'elsewhere' },
    schema: {
      operationId: 'getMetrics',
      tags: ['operations'],
      summary: 'Metrics for Prometheus',
      response: { 200: { description: 'Text exposition format.', content: { 'text/plain': { schema: { type: 'string' } } } } }
    }
  }, async (_request, reply) => reply.type(registry.contentType).send(await registry.metrics()))
}, { name: 'metrics', fastify: '5.x' })
