import type { Socket } from 'node:net'
import type { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest, RouteHandlerMethod } from 'fastify'
import fp from 'fastify-plugin'
import type { Registry } from 'prom-client'
import { catalogue, Problem } from '../../../errors.js'
import { gauge } from '../../measures.js'

declare module 'fastify' {
  interface FastifyRequest {
    /** The exchange of the request, which owns everything held for its duration. */
    exchange: Exchange
  }
}

/** How an exchange ended. */
interface ExchangeEnd {
  /** of the response; 499, as in nginx, when the client left before all of it was sent */
  readonly status: number
  /** whether the whole response was handed to the operating system */
  readonly complete: boolean
}

/**
 * A request with its response, from the headers of the request to the last byte of the response or the end of the
 * connection.
 */
export interface Exchange {
  /** undefined while the exchange is in progress */
  readonly ended: ExchangeEnd | undefined
  /** Aborted when no client waits for the response any more, with the Problem that says why. */
  readonly signal: AbortSignal
  /** Called once, when the client has the response or has left; at once if that has already happened. */
  onEnd(listener: (end: ExchangeEnd) => void): void
  /** Called once, when both the exchange and its handler have ended: no work is done for it any more. */
  onRelease(listener: (end: ExchangeEnd) => void): void
  /** Cancels the exchange: a streamed body is not read further, and a streamed response is cut off. */
  cancel(reason: Problem): void
}

/** The open exchanges of each connection; with pipelining there are several. */
const connections = new WeakMap<Socket, Set<OpenExchange>>()

/** Whether part of a response is on the connection, so that nothing else may be written there. */
export const isAnswering = (socket: Socket): boolean =>
  [...connections.get(socket) ?? []].some(exchange => exchange.headersSent())

const left = () => new Problem('caller-left', 'the connection was closed before the end of the answer')

/**
 * Detects the end of an exchange, whichever way it ends. Fastify's `onResponse` covers only responses that were sent. A
 * request pipelined behind another and closed before its turn emits nothing on its response, and nothing on itself
 * either once its body is read. So the end is that of the response or of the connection, whichever closes first.
 */
export default fp(async (app, { registry }: { registry: Registry }) => {
  let open = 0
  gauge(
    registry,
    'http_requests_in_flight',
    'Requests in progress, including those whose callers have left.',
    () => open
  )

  app.decorateRequest('exchange')

  app.addHook('onRequest', (request, reply, done) => {
    open++
    request.exchange = new OpenExchange(reply, request)
    request.exchange.onRelease(() => {
      open--
    })
    request.exchange.onEnd(({ complete }) => {
      // Fastify itself logs answered requests.
      if (!complete) {
        request.log.info({ responseTime: reply.elapsedTime }, 'the connection was closed before the end of the answer')
      }
    })
    done()
  })

  // A body whose end was missed would be waited for in vain.
  app.addHook('preParsing', (request, _reply, payload, done) => {
    if (request.exchange.ended === undefined) done(null, payload)
    else done(left())
  })

  app.addHook('onRoute', route => {
    const { handler } = route
    route.handler = function (request, reply) {
      // Work that has not begun when the client leaves does not begin.
      if (request.exchange.ended !== undefined) throw left()
      const work: unknown = handler.call(this, request, reply)
      if (work instanceof Promise) (request.exchange as OpenExchange).begin(work)
      return work
    } satisfies RouteHandlerMethod
  })

  app.addHook('onSend', (request, _reply, payload, done) => {
    const exchange = request.exchange as OpenExchange
    exchange.done()
    if (!isStream(payload)) return done(null, payload)
    payload.once('error', () => exchange.fail())
    const { signal } = exchange
    signal.addEventListener(
      'abort',
      () => payload.destroy(exchange.ended === undefined ? signal.reason as Problem : undefined)
    )
    if (!signal.aborted) return done(null, payload)
    // Nothing would ever read or end the stream.
    payload.destroy()
    done(null, null)
  })
}, { name: 'exchange', fastify: '5.x' })

/**
 * A class, since V8 puts the accessors of an object literal into the old generation: they kept the exchange, and with
 * it all of the request, until the whole heap was collected. The collector of new objects then took 9 to 19 ms each
 * time under requests to `/health/live`, where it takes 1.5.
 */
class OpenExchange implements Exchange {
  readonly #raw: FastifyReply['raw']
  readonly #socket: Socket
  readonly #ending: Listener[] = []
  readonly #releasing: Listener[] = []
  #working = false
  #failed = false
  #ended: ExchangeEnd | undefined
  #reason: Problem | undefined
  /** Created lazily, since few handlers use the signal. */
  #aborting: AbortController | undefined

  constructor ({ raw }: FastifyReply, { socket }: FastifyRequest) {
    this.#raw = raw
    this.#socket = socket
    // Node also emits `finish` for a response whose writing failed, of which the client may have received a part.
    raw.once('finish', () => this.#end(!socket.destroyed && socket.errored === null))
    raw.once('close', () => this.close())
    if (socket.destroyed) this.close()
    else exchangesOf(socket).add(this)
  }

  get ended (): ExchangeEnd | undefined {
    return this.#ended
  }

  get signal (): AbortSignal {
    this.#aborting ??= new AbortController()
    if (this.#reason !== undefined) this.#aborting.abort(this.#reason)
    return this.#aborting.signal
  }

  onEnd (listener: Listener): void {
    if (this.#ended === undefined) this.#ending.push(listener)
    else listener(this.#ended)
  }

  onRelease (listener: Listener): void {
    this.#releasing.push(listener)
    this.#release()
  }

  cancel (reason: Problem): void {
    this.#reason ??= reason
    this.#aborting?.abort(this.#reason)
  }

  /** Defers the release until the work has ended. */
  begin (work: Promise<unknown>): void {
    this.#working = true
    const done = () => this.done()
    work.then(done, done)
  }

  /**
   * The response exists. A handler that waits until it is sent may wait for ever, for instance behind a response that
   * never finishes.
   */
  done (): void {
    this.#working = false
    this.#release()
  }

  /** The response cannot be finished, and the client is not to blame. */
  fail (): void {
    this.#failed = true
  }

  /** The connection is closed. */
  close (): void {
    this.#end(false)
  }

  headersSent (): boolean {
    return this.#raw.headersSent
  }

  #end (complete: boolean): void {
    if (this.#ended !== undefined) return
    const succeeded = complete || this.#failed
    this.#ended = { complete, status: succeeded ? this.#raw.statusCode : catalogue['caller-left'].status }
    connections.get(this.#socket)?.delete(this)
    if (!complete) this.cancel(left())
    tell(this.#ending, this.#ended)
    this.#release()
  }

  #release (): void {
    if (this.#ended !== undefined && !this.#working) tell(this.#releasing, this.#ended)
  }
}

function exchangesOf (socket: Socket): Set<OpenExchange> {
  const known = connections.get(socket)
  if (known !== undefined) return known
  const exchanges = new Set<OpenExchange>()
  connections.set(socket, exchanges)
  socket.once('close', () => {
    for (const exchange of [...exchanges]) exchange.close()
  })
  return exchanges
}

type Listener = (end: ExchangeEnd) => void

function tell (listeners: Listener[], end: ExchangeEnd): void {
  for (const listener of listeners.splice(0)) listener(end)
}

const isStream = (payload: unknown): payload is Readable =>
  typeof (payload as { pipe?: unknown } | null)?.pipe === 'function'
