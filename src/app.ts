import { join } from 'node:path'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import Fastify from 'fastify'
import type { Logger } from 'pino'
import type { Config } from './config.js'
import access, { securitySchemes } from './features/access/plugin.js'
import { registerUnopened } from './platform/encryption/metrics.js'
import audit from './features/audit/plugin.js'
import addresses from './platform/http/plugins/addresses.js'
import answerHeaders from './platform/http/plugins/answer-headers.js'
import bodyParsers from './platform/http/plugins/body-parsers.js'
import docs from './platform/http/plugins/docs.js'
import draining from './platform/http/plugins/draining.js'
import localCallers from './platform/http/plugins/local-callers.js'
import exchange from './platform/http/plugins/exchange.js'
import metrics, { metricsRoute } from './platform/http/plugins/metrics.js'
import origins from './platform/http/plugins/origins.js'
import overload from './platform/http/plugins/overload.js'
import problems, { answerConnection, answerError } from './platform/http/plugins/problems.js'
import strictRequests from './platform/http/plugins/strict-requests.js'
import { requestIdOf } from './platform/http/request-id.js'
import { traceOf } from './platform/http/trace-context.js'
import rateLimit from './features/access/rate-limit.js'
import tracing from './platform/http/plugins/tracing.js'
import transfers from './platform/http/plugins/transfers.js'
import apiKeys from './features/access/routes.js'
import auditRecords from './features/audit/routes.js'
import bundles from './features/bundles/routes.js'
import comparisons from './features/comparisons/routes.js'
import corpora from './features/corpora/routes.js'
import embeddings from './features/embeddings/routes.js'
import selfTests from './features/embeddings/self-test-routes.js'
import ensembles from './features/ensembles/routes.js'
import evaluations from './features/evaluations/routes.js'
import explorer from './features/explorer/routes.js'
import galleries from './features/galleries/routes/galleries.js'
import galleryIndexes from './features/galleries/routes/gallery-indexes.js'
import galleryMigrations from './features/galleries/routes/gallery-migrations.js'
import galleryReenrolments from './features/galleries/routes/gallery-reenrolments.js'
import gallerySubjectChanges from './features/galleries/routes/gallery-subject-changes.js'
import gallerySubjects from './features/galleries/routes/gallery-subjects.js'
import health from './platform/http/health.js'
import mapCalibrations from './features/maps/calibrations-routes.js'
import hubs from './features/maps/hubs-routes.js'
import identifications from './features/galleries/routes/identifications.js'
import jobs from './features/jobs/routes.js'
import maps from './features/maps/routes.js'
import models from './features/catalogue/models-routes.js'
import translations from './features/translations/routes.js'
import verifications from './features/verifications/routes.js'
import problemPages from './platform/http/problem-pages.js'
import { components } from './platform/http/schemas/component.js'
import { buildSerializer } from './platform/http/serialisation.js'
import { buildValidator } from './platform/http/validation.js'
import type { Service } from './service.js'

declare module 'fastify' {
  interface FastifyInstance {
    service: Service
  }
}

/**
 * Milliseconds a client has to send the headers of a request, and to send its body or make progress reading the answer.
 */
const timeouts = { headers: 30_000, body: 120_000 }

/** The routes under /v1, in the order of the documentation. */
const groups = [
  embeddings,
  translations,
  verifications,
  comparisons,
  maps,
  bundles,
  evaluations,
  ensembles,
  models,
  selfTests,
  hubs,
  mapCalibrations,
  corpora,
  galleries,
  gallerySubjects,
  gallerySubjectChanges,
  identifications,
  galleryMigrations,
  galleryIndexes,
  galleryReenrolments,
  apiKeys,
  auditRecords
]

/** The root plugin: registers every plugin and route, in this order. */
export async function buildApp (service: Service, config: Config, log: Logger, { headers, body } = timeouts) {
  const app = Fastify({
    loggerInstance: log,
    bodyLimit: config.bodyLimit,
    // Node's own timeout does not distinguish buffered bodies from streamed ones: see `transfers`.
    requestTimeout: 0,
    // A missing Host header is answered like any other error, see `strictRequests`.
    http: { headersTimeout: headers, connectionsCheckingInterval: Math.ceil(headers / 6), requireHostHeader: false },
    // Names of 200 characters appear in paths, each encoded as up to 12 characters.
    routerOptions: { maxParamLength: 2400 },
    // Idle keep-alive connections are closed at shutdown; those with a request in flight are served first.
    forceCloseConnections: 'idle',
    // Requests that arrive on a connection that is still open are served too.
    return503OnClosing: false,
    genReqId: requestIdOf,
    childLoggerFactory: (logger, bindings, options, request) =>
      logger.child({ ...bindings, ...traceOf(request) }, options),
    frameworkErrors: answerError,
    clientErrorHandler: answerConnection,
    schemaController: { compilersFactory: { buildValidator, buildSerializer } }
  }).withTypeProvider<TypeBoxTypeProvider>()
  app.decorate('service', service)
  for (const schema of components) app.addSchema(schema)

  const { registry } = service.measures
  await app.register(problems)
  // Before every plugin that rejects requests: rejected requests are exchanges too, and are counted.
  await app.register(exchange, { registry })
  if (service.spans !== undefined) await app.register(tracing, { emit: service.spans.add })
  await app.register(metrics, { registry })
  await app.register(transfers, { timeout: body, memory: config.bodyMemory, registry })
  await app.register(draining)
  await app.register(answerHeaders)
  await app.register(strictRequests)
  await app.register(origins, { allowed: config.corsOrigins })
  await app.register(addresses)
  await app.register(localCallers, { allowed: config.corsOrigins, keysRequired: config.apiKeysRequired })
  await app.register(access, {
    required: config.apiKeysRequired,
    sessions: config.apiKeysRequired && config.explorer
  })
  await app.register(rateLimit, { perMinute: config.requestsPerMinute })
  // Before the audit: a request rejected here decided nothing.
  await app.register(overload, { admissions: service.admissions, registry })
  await app.register(audit)
  await app.register(bodyParsers, { limit: config.bodyLimit })
  // Before any route: it collects the routes that are registered after it.
  await app.register(docs, { securitySchemes })
  registerUnopened(registry, service.unopened)

  await app.register(metricsRoute, { registry })
  await app.register(health)
  await app.register(problemPages)
  await app.register(jobs, { prefix: '/v1', registry })
  const limits = { bodyLimit: config.bodyLimit, streamLimit: config.streamLimit }
  for (const routes of groups) await app.register(routes, { prefix: '/v1', ...limits })
  if (config.explorer) await app.register(explorer, explorerOptions(config))
  return app
}

const explorerOptions = ({ apiKeysRequired, modelCacheDir, defaultModel }: Config) => ({
  keysRequired: apiKeysRequired,
  samples: join(modelCacheDir, 'samples'),
  defaultModel
})
