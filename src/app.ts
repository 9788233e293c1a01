import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import Fastify from 'fastify'
import type { Logger } from 'pino'
import { Registry } from 'prom-client'
import type { Config } from './config.js'
import access from './http/plugins/access.js'
import audit from './http/plugins/audit.js'
import bodyParsers from './http/plugins/body-parsers.js'
import docs from './http/plugins/docs.js'
import draining from './http/plugins/draining.js'
import metrics from './http/plugins/metrics.js'
import origins from './http/plugins/origins.js'
import overload from './http/plugins/overload.js'
import problems, { answerConnection, answerError } from './http/plugins/problems.js'
import rateLimit from './http/plugins/rate-limit.js'
import securityHeaders from './http/plugins/security-headers.js'
import apiKeys from './http/routes/api-keys.js'
import auditRecords from './http/routes/audit.js'
import bundles from './http/routes/bundles.js'
import corpora from './http/routes/corpora.js'
import embeddings from './http/routes/embeddings.js'
import evaluations from './http/routes/evaluations.js'
import galleries from './http/routes/galleries.js'
import galleryIndexes from './http/routes/gallery-indexes.js'
import galleryMigrations from './http/routes/gallery-migrations.js'
import galleryReenrolments from './http/routes/gallery-reenrolments.js'
import gallerySubjects from './http/routes/gallery-subjects.js'
import health from './http/routes/health.js'
import hubs from './http/routes/hubs.js'
import identifications from './http/routes/identifications.js'
import jobs from './http/routes/jobs.js'
import maps from './http/routes/maps.js'
import models from './http/routes/models.js'
import translations from './http/routes/translations.js'
import verifications from './http/routes/verifications.js'
import { components } from './http/schemas/component.js'
import { buildValidator } from './http/validation.js'
import type { Service } from './service.js'

declare module 'fastify' {
  interface FastifyInstance { service: Service }
}

/** The root plugin: what is registered, and in which order. */
export async function buildApp (service: Service, config: Config, log: Logger) {
  const app = Fastify({
    loggerInstance: log,
    bodyLimit: config.bodyLimit,
    // Node's own deadline knows no difference between a body that is kept and one that streams: see the parsers of bodies.
    requestTimeout: 0,
    // Names of 200 characters stand in addresses, each as up to 12 of theirs.
    routerOptions: { maxParamLength: 2400 },
    // Connections that wait for another request are closed at shutdown; those with one are served first.
    forceCloseConnections: 'idle',
    // What arrives on a connection that is still open is served too.
    return503OnClosing: false,
    genReqId: () => crypto.randomUUID(),
    frameworkErrors: answerError,
    clientErrorHandler: answerConnection,
    schemaController: { compilersFactory: { buildValidator } }
  }).withTypeProvider<TypeBoxTypeProvider>()
  app.decorate('service', service)
  for (const schema of components) app.addSchema(schema)

  const registry = new Registry()
  await app.register(problems)
  await app.register(draining)
  await app.register(securityHeaders)
  await app.register(origins, { allowed: config.corsOrigins, keysRequired: config.apiKeysRequired })
  await app.register(access, { required: config.apiKeysRequired })
  await app.register(rateLimit, { perMinute: config.requestsPerMinute })
  // Before the audit: what is turned away here decided nothing.
  await app.register(overload, { maxWait: config.maxWait, registry })
  await app.register(audit)
  await app.register(bodyParsers, { limit: config.bodyLimit, timeout: 120_000 })
  // Before any route: it collects those that are registered after it.
  await app.register(docs)
  await app.register(metrics, { registry })

  await app.register(health)
  const limits = { bodyLimit: config.bodyLimit, streamLimit: config.streamLimit }
  for (const routes of [embeddings, translations, verifications, maps, bundles, evaluations, models, hubs, jobs, corpora, galleries, gallerySubjects, identifications, galleryMigrations, galleryIndexes, galleryReenrolments, apiKeys, auditRecords]) await app.register(routes, { prefix: '/v1', ...limits })
  return app
}
