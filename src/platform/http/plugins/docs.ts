import swagger, { type FastifyDynamicSwaggerOptions } from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import fp from 'fastify-plugin'
import { version } from '../../../config.js'
import { closed } from '../schemas/component.js'

const description = `Translates face templates between recognition models.

A biometric system that enrolled its people with one model can verify and migrate with another, without the photographs
and without re-enrolment. An affine map between the two embedding spaces, fitted on paired templates of the same images,
aligns them (Rubab, Tong and Ross, arXiv 2604.07282). Every map carries its evaluation on identities that it was not fitted on.`

/** Swagger UI uses style attributes and draws with `data:` images; it runs its own scripts and calls this service. */
const contentSecurityPolicy =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; object-src 'none'; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

type SecuritySchemes = NonNullable<
  NonNullable<NonNullable<FastifyDynamicSwaggerOptions['openapi']>['components']>['securitySchemes']
>

/**
 * Serves the OpenAPI document, generated from the routes, at /openapi.json, and Swagger UI at /docs.
 * @param securitySchemes how callers authenticate
 */
export default fp(async (app, { securitySchemes }: { securitySchemes: SecuritySchemes }) => {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Crosswalk',
        version,
        description,
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' }
      },
      components: { securitySchemes },
      servers: [{ url: '/', description: 'This service' }],
      tags: [
        { name: 'models', description: 'Recognition models and the spaces of their templates.' },
        { name: 'embeddings', description: 'Templates of the faces in an image.' },
        { name: 'translations', description: 'Templates from one space into another.' },
        { name: 'verifications', description: 'Whether a probe and a reference belong to the same person.' },
        { name: 'maps', description: 'Affine maps between spaces: fit, evaluate, activate, retire.' },
        { name: 'evaluations', description: 'How well templates of several models translate into one another.' },
        { name: 'jobs', description: 'Long-running work, done in the background.' },
        { name: 'corpora', description: 'Templates of the same images under several models, to fit maps on.' },
        {
          name: 'galleries',
          description: 'Subjects and their templates: searched with probes of any model, migrated to other models.'
        },
        { name: 'access', description: 'API keys: who may call, and what they may do.' },
        { name: 'operations', description: 'Health and metrics.' }
      ]
    },
    // A named schema keeps its name.
    refResolver: {
      buildLocalReference: (json, _base, _fragment, index) => typeof json.$id === 'string' ? json.$id : `schema${index}`
    }
  })
  // Public: the document is in the repository anyway, and Swagger UI must load before the user can enter a key.
  await app.register(async scope => {
    scope.addHook('onRoute', route => {
      route.config = Object.assign(route.config ?? {}, { access: 'public' as const })
    })
    await scope.register(swaggerUi, {
      routePrefix: '/docs',
      uiConfig: { tryItOutEnabled: true, displayRequestDuration: true, deepLinking: true, defaultModelsExpandDepth: 0 },
      staticCSP: contentSecurityPolicy
    })
  })
  const schema = { hide: true, querystring: { type: 'object', ...closed } }
  app.get('/openapi.json', { config: { access: 'public' }, schema }, async () => app.swagger())
}, { name: 'docs', fastify: '5.x' })
