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

/**
 * Without API keys, only the address keeps callers out, and a page in a browser on the same machine is inside it. The
 * page can send forms across origins without asking, and can also read the responses under a name of its own that
 * resolves to 127.0.0.1 (DNS rebinding). So the host must be a loopback one, and an origin the service's own.
 */
export default fp(async (app, { allowed, keysRequired }: Options) => {
  app.addHook('onRequest', (request, _reply, done) => {
    // Public routes expose no data, and health checks may use any host name.
    if (keysRequired || request.is404 || request.routeOptions.config.access === 'public') {
      done()
      return
    }
    const { host, origin } = request.headers
    if (!isLoopback(hostName(request))) {
      throw new Problem(
        'origin-refused',
        `Host: expected a loopback address, since this service asks for no keys, received ${JSON.stringify(host)}. ` +
          'To serve under a name, set API_KEYS_REQUIRED=on'
      )
    }
    if (origin !== undefined && !allowed.includes(origin) && origin !== `http://${host}`) {
      throw new Problem(
        'origin-refused',
        `Origin: expected the service's own, since it asks for no keys, received ${JSON.stringify(origin)}`
      )
    }
    done()
  })
}, { name: 'local-callers', fastify: '5.x' })

const hostName = (request: FastifyRequest) => (request.headers.host ?? '').replace(/:\d+$/, '')
