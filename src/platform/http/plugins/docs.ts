import swagger, { type FastifyDynamicSwaggerOptions } from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import fp from 'fastify-plugin'
import { version } from '../../../config.js'
import { mark } from '../../pages/mark.js'
import { completeDocument } from '../document/complete.js'
import { closed } from '../schemas/component.js'

const description = `Translates face templates between recognition models.

A biometric system that enrolled its people with one model can verify and migrate with another, without the photographs
and without re-enrolment. An affine map between the two embedding spaces, fitted on paired templates of the same images,
aligns them (Rubab, Tong and Ross, arXiv 2604.07282). Every map carries its evaluation on identities that it was not fitted on.`

/** Swagger UI uses style attributes and draws with `data:` images; it runs its own scripts and calls this service. */
const contentSecurityPolicy =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; object-src 'none'; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

/**
 * The look of Swagger UI: each problem of an operation is a line that links to its page. Its example and its schema
 * would be the same for every status.
 */
const look = `
.swagger-ui .topbar { background: #fff; border-bottom: 1px solid #dfe3e8; padding: 6px 0; }
.swagger-ui .topbar a { max-width: 12rem; }
.swagger-ui .topbar .download-url-wrapper, .swagger-ui .response-col_links { display: none; }
.swagger-ui tr.response[data-code^="4"] :is(.response-controls, .model-example),
.swagger-ui tr.response[data-code^="5"] :is(.response-controls, .model-example) { display: none; }
.swagger-ui tr.response[data-code^="4"] td, .swagger-ui tr.response[data-code^="5"] td { padding: 2px 0; }
.swagger-ui tr.response .renderedMarkdown p { margin: 0; }
`
const logo = Buffer.from(
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 190 40" width="190" height="40">' +
    `<g transform="translate(2 4)">${mark}</g>` +
    '<text x="44" y="27" font-family="system-ui, sans-serif" font-size="21" font-weight="600" fill="#1c2127">Crosswalk</text></svg>'
)

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
        { name: 'ensembles', description: 'Templates of several models compared together.' },
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
    transformObject: document => 'openapiObject' in document ? completeDocument(document.openapiObject) : {},
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
      uiConfig: {
        tryItOutEnabled: true,
        displayRequestDuration: true,
        deepLinking: true,
        defaultModelsExpandDepth: 0,
        filter: true
      },
      logo: { type: 'image/svg+xml', content: logo, href: '/', target: '_self' },
      theme: {
        title: 'Crosswalk',
        css: [{ filename: 'look.css', content: look }],
        favicon: [{ filename: 'mark.svg', rel: 'icon', type: 'image/svg+xml', sizes: 'any', content: mark }]
      },
      staticCSP: contentSecurityPolicy
    })
  })
  const schema = { hide: true, querystring: { type: 'object', ...closed } }
  app.get('/openapi.json', { config: { access: 'public' }, schema }, async () => app.swagger())
}, { name: 'docs', fastify: '5.x' })
