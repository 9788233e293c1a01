import type { FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import { collectDefaultMetrics, Histogram, type Registry } from 'prom-client'
import { scoreMetric } from '../../measures.js'

/**
 * The registry behind `GET /metrics`: metrics of the process, of the event loop, and of every route by method, pattern
 * and status; other plugins register theirs.
 */
export default fp(async (app, { registry }: { registry: Registry }) => {
  collectDefaultMetrics({ register: registry })
  const duration = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Time from the arrival of a request to the end of its answer, or until its caller closed the connection ' +
      '(status 499).',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    registers: [registry]
  })

  app.addHook('onRequest', (request, reply, done) => {
    request.exchange.onEnd(({ status }) => {
      // The pattern of the route, not the URL: every identifier would create a series.
      const route = request.routeOptions.url ?? 'unknown'
      duration.observe({ method: request.method, route, status }, reply.elapsedTime / 1000)
    })
    done()
  })
}, { name: 'metrics', fastify: '5.x', dependencies: ['exchange'] })

/** An ordinary route, registered after the plugins that check keys and document routes. */
export const metricsRoute: FastifyPluginAsync<{ registry: Registry }> = async (app, { registry }) => {
  app.get('/metrics', {
    // Never shed: monitoring matters most under overload.
    config: { access: 'any-key', admission: 'elsewhere' },
    schema: {
      operationId: 'getMetrics',
      tags: ['operations'],
      summary: 'Metrics for Prometheus',
      description:
        'Callers who may not know exact scores do not see the histogram of scores, nor how much they have drifted.',
      response: {
        200: { description: 'Text exposition format.', content: { 'text/plain': { schema: { type: 'string' } } } }
      }
    }
  }, async ({ caller }, reply) => {
    const shown = registry.getMetricsAsArray().map(({ name }) => name)
      .filter(name => !name.startsWith(scoreMetric) || (caller?.scores ?? 'exact') === 'exact')
    const texts = await Promise.all(shown.map(name => registry.getSingleMetricAsString(name)))
    return reply.type(registry.contentType).send(`${texts.join('\n\n')}\n`)
  })
}
