import cors from '@fastify/cors'
import fp from 'fastify-plugin'

/** Seconds that a browser remembers what it was told. */
const preflightAge = 600

/** What a page may send beside what it may send anyway: all that the API documents. */
const requestHeaders = [
  'Authorization',
  'Content-Type',
  'Accept',
  'Idempotency-Key',
  'If-Match',
  'If-None-Match',
  'Last-Event-ID',
  'Prefer',
  'X-Request-Id'
]

/** What a page may read beside what it may read anyway: all that the service answers. */
const responseHeaders = [
  'Accept-Encoding',
  'Allow',
  'Crosswalk-Guard',
  'Crosswalk-Map',
  'ETag',
  'Location',
  'Preference-Applied',
  'Retry-After',
  'WWW-Authenticate',
  'X-Request-Id'
]

/**
 * What pages of other origins may do: nothing, unless their origin is configured (CORS, Fetch Standard, section 3.2).
 */
export default fp(async (app, { allowed }: { allowed: readonly string[] }) => {
  if (allowed.length === 0) return
  // The route that the plugin adds answers preflights, and what is none is told that there is no such method.
  app.addHook('onRoute', route => {
    if (route.method === 'OPTIONS') route.config = { ...route.config, access: 'public' }
  })
  await app.register(cors, {
    delegator: (request, callback) => {
      const { origin, 'access-control-request-method': method } = request.headers
      callback(null, {
        origin: origin !== undefined && allowed.includes(origin) ? origin : false,
        methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
        allowedHeaders: requestHeaders,
        exposedHeaders: responseHeaders,
        maxAge: preflightAge,
        preflight: method !== undefined
      })
    }
  })
}, { name: 'origins', fastify: '5.x' })
