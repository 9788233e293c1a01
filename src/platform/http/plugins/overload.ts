import type { FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { Counter, type Registry } from 'prom-client'
import type { ErrorCode, Problem } from '../../../errors.js'
import type { Admission, Admissions, Admitted } from '../admission.js'
import { contentType } from '../media-types.js'
import type { Exchange } from './exchange.js'
import { gauge } from '../../measures.js'

declare module 'fastify' {
  interface FastifyContextConfig {
    /**
     * How requests are admitted: `thread` for work on the main thread, one request at a time; `elsewhere` for work with
     * a queue of its own, which reports itself when it is full.
     */
    admission?: 'thread' | 'elsewhere'
  }
  interface FastifyRequest {
    /** null where requests are not counted */
    admitted: Admitted | null
    /**
     * Admits the work of a request whose body is read, where the size of the body does not tell how much work that is.
     * What waits is measured among requests of about the same cost.
     *
     * @param cost in a unit of the route's own
     * @param parallel how many can be worked on at once without any of them waiting
     * @throws Problem `overloaded`
     */
    admitWork(cost: number, parallel: number): void
  }
}

/**
 * Requests of one route that can be worked on at once without any of them waiting, by default: they also take turns
 * with the database.
 */
const defaultParallel = 4

/** Milliseconds after which a body or a response still in transfer no longer blocks other requests. */
const slowTransfer = 1000

/** Powers of eight. */
const magnitudeOf = (amount: number): number => Math.floor(Math.log2(amount + 1) / 3)

function withdrawLater (exchange: Exchange, admitted: Admitted): NodeJS.Timeout {
  const timer = setTimeout(admitted.withdraw, slowTransfer)
  exchange.onEnd(() => clearTimeout(timer))
  return timer
}

/**
 * Sheds load, see `createAdmission`: by route and by the size of the body in powers of eight, since the time for one
 * template says nothing about 10,000; routes whose work the body's size does not tell admit that by its cost, once the
 * body is read. The decision precedes the body, so that a rejection is cheap. Public routes are
 * never shed, nor are streamed bodies, which are read as fast as they are processed.
 */
export default fp(async (app, { admissions, registry }: { admissions: Admissions, registry: Registry }) => {
  const opened = new Map<string, Admission>()
  const shed = new Counter({
    name: 'http_requests_shed_total',
    help: 'Requests rejected because they would have waited too long.',
    labelNames: ['method', 'route'],
    registers: [registry]
  })
  gauge(
    registry,
    'admissions_in_flight',
    'Requests and images in flight that count against admission.',
    admissions.inFlight
  )

  function admissionOf (request: FastifyRequest): Admission | undefined {
    const { is404, headers, routeOptions: { config } } = request
    if (is404 || config.access === 'public' || config.admission === 'elsewhere') return undefined
    if (config.streamedTypes?.includes(contentType(request)) === true) return undefined
    const size = magnitudeOf(Number(headers['content-length'] ?? 0))
    return admissionFor(request, `size ${size}`, config.admission === 'thread' ? 1 : defaultParallel)
  }

  function admissionFor ({ method, routeOptions: { url } }: FastifyRequest, kind: string, parallel: number): Admission {
    const key = `${method} ${url} ${kind}`
    const known = opened.get(key)
    if (known !== undefined) return known
    const fresh = admissions.open({ label: 'requests of this kind', parallel })
    opened.set(key, fresh)
    return fresh
  }

  function enter (request: FastifyRequest, admission: Admission): void {
    const admitted = request.admitted = admission.enter()
    // Work continues after its client has left and is as much of a burden; only complete exchanges measure the service
    // time.
    request.exchange.onRelease(({ complete }) => {
      if (complete) admitted.leave()
      else admitted.withdraw()
    })
  }

  app.decorateRequest('admitted', null)
  app.decorateRequest('admitWork', function (this: FastifyRequest, cost: number, parallel: number): void {
    this.admitted?.leave()
    enter(this, admissionFor(this, `cost ${magnitudeOf(cost)}`, parallel))
  })

  app.addHook('onRequest', (request, _reply, done) => {
    const admission = admissionOf(request)
    if (admission === undefined) {
      done()
      return
    }
    enter(request, admission)
    const { admitted } = request
    if (!request.raw.readableEnded) {
      const timer = withdrawLater(request.exchange, admitted!)
      request.raw.once('end', () => clearTimeout(timer))
    }
    done()
  })
  app.addHook('onSend', ({ admitted, exchange }, _reply, payload, done) => {
    if (admitted !== null) withdrawLater(exchange, admitted)
    done(null, payload)
  })
  app.addHook('onError', async (request, _reply, error) => {
    const { code } = error as Partial<Problem>
    if (code === ('overloaded' satisfies ErrorCode)) {
      shed.inc({ method: request.method, route: request.routeOptions.url ?? 'unknown' })
    }
  })
}, { name: 'overload', dependencies: ['exchange', 'access'], fastify: '5.x' })
