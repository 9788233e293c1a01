import fp from 'fastify-plugin'
import { Problem } from '../../errors.js'
import { createRateMeter } from './rate-meter.js'

/**
 * Limits the requests of each key per minute, on this replica, so that one caller cannot take all of it. Public routes
 * are not counted.
 *
 * @param perMinute for keys without a limit of their own; null for none
 */
export default fp(async (app, { perMinute }: { perMinute: number | null }) => {
  const meter = createRateMeter()

  app.addHook('onRequest', (request, reply, done) => {
    const { caller } = request
    const limit = caller?.requestsPerMinute ?? perMinute
    const wait = caller === null || limit === null ? 0 : meter.take(caller.id, limit)
    if (wait === 0) {
      done()
      return
    }
    reply.header('retry-after', String(wait))
    throw new Problem(
      'rate-limited',
      `expected at most ${limit} requests per minute from this key, received more; the next is admitted in ${wait} s`
    )
  })
}, { name: 'rate-limit', dependencies: ['access'], fastify: '5.x' })
