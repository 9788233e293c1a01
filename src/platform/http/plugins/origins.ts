import type { FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { Problem } from '../../../errors.js'
import { isLoopback } from '../../loopback.js'

interface Options {
  /** Origins whose pages may call the service; none when empty. */
  allowed: readonly string[]
  /** Whether a caller needs a key. */
  keysRequired: boolean
}

const preflightAge = 600
const exposed = 'ETag, Location, Retry-After, Crosswalk-Map, Crosswalk-Guard, WWW-Authenticate'

/**
 * What pages of other origins may do: nothing, unless their origin is configured (CORS, Fetch Standard, section 3.2).
 *
 * Where no key is required the address is the only thing that keeps callers out, and a page in a browser on the same
 * machine is inside it. It can send forms across origins without asking, and read the answers too under a name of its own that
 * resolves to 127.0.0.1 (DNS rebinding). So there the host has to be a loopback one, and an origin the service's own.
 */
export default fp(async (app, { allowed, keysRequired }: Options) => {
  app.addHook('onRequest', (request, reply, done) => {
    const { origin } = request.headers
    if (allowed.length > 0) reply.header('vary', 'Origin')
    const permitted = origin !== undefined && allowed.includes(origin)
    if (permitted) {
      reply.header('access-control-allow-origin', origin)
      reply.header('access-control-expose-headers', exposed)
      if (request.method === 'OPTIONS' && request.headers['access-control-request-method'] !== undefined) {
        reply.code(204).headers({
          'access-control-allow-methods': 'GET, HEAD, POST, PUT, PATCH, DELETE',
          'access-control-allow-headers': 'Authorization, Content-Type, Accept, Idempotency-Key, If-Match, If-None-Match',
          'access-control-max-age': preflightAge
        }).send()
        return
      }
    }
    // Behind public routes there are no data, and whoever asks for health may do it by any name.
    if (keysRequired || request.is404 || request.routeOptions.config.access === 'public') { done(); return }
    if (!isLoopback(hostName(request))) {
      throw new Problem('origin-refused', `Host: expected a loopback address, since this service asks for no keys, received ${JSON.stringify(request.headers.host)}. ` +
        'To serve under a name, set API_KEYS_REQUIRED=on')
    }
    if (origin !== undefined && !permitted && origin !== `http://${request.headers.host}`) {
      throw new Problem('origin-refused', `Origin: expected the service's own, since it asks for no keys, received ${JSON.stringify(origin)}`)
    }
    done()
  })
}, { name: 'origins', fastify: '5.x' })

const hostName = (request: FastifyRequest) => (request.headers.host ?? '').replace(/:\d+$/, '')
