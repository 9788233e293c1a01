import cors from '@fastify/cors'
import fp from 'fastify-plugin'

/** Seconds that a browser may cache a preflight response. */
const preflightAge = 600

/** Headers that a page may send beyond the safelisted ones: all that the API documents. */
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

/** Headers that a page may read beyond the safelisted ones: all that the service sends. */
const responseHeaders = [
  'Accept-Encoding',
  'Allow',
  'Content-Disposition',
  'Crosswalk-Guard',
  'Crosswalk-Map',
  'Crosswalk-Threshold',
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
  // The route that the plugin adds answers preflights; any other OPTIONS request is told that the method does not
  // exist.
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
