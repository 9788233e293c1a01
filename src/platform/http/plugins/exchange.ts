import type { Socket } from 'node:net'
import type { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest, RouteHandlerMethod } from 'fastify'
import fp from 'fastify-plugin'
import type { Registry } from 'prom-client'
import { catalogue, Problem } from '../../../errors.js'
import { gauge } from './metrics.js'

declare module 'fastify' {
  interface FastifyRequest {
    /** What is held for the time of a request hangs on it. */
    exchange: Exchange
  }
}

/** How an exchange ended. */
interface ExchangeEnd {
  /** of the answer; 499, as nginx writes it, when the caller left before all of it was sent */
  readonly status: number
  /** whether all of the answer was handed to the system */
  readonly complete: boolean
}

/** A request with its answer, from its headers to the last byte of the answer or to the end of the connection. */
export interface Exchange {
  /** undefined while it goes on */
  readonly ended: ExchangeEnd | undefined
  /** Aborted when nobody waits for the answer any more, with the Problem that says why. */
  readonly signal: AbortSignal
  /** Called once, when the caller has the answer or has left; at once when that was before. */
  onEnd(listener: (end: ExchangeEnd) => void): void
  /** Called once, when the exchange has ended and its handler has too: then nothing is done for it any more. */
  onRelease(listener: (end: ExchangeEnd) => void): void
  /** Breaks it off: a body that streams is not read on, and an answer that streams ends before its end. */
  cancel(reason: Problem): void
}

/** The exchanges of each connection that have not ended: pipelined requests are several. */
const connections = new WeakMap<Socket, Set<OpenExchange>>()

/** Whether bytes of an answer are on the connection, so that nothing else may be written between them. */
export const isAnswering = (socket: Socket): boolean =>
  [...connections.get(socket) ?? []].some(({ headersSent }) => headersSent())

const left = () => new Problem('caller-left', 'the connection was closed before the end of the answer')

/**
 * Knows when an exchange is over, whichever way it ends. Fastify's `onResponse` tells of answers that were sent and no
 * other; a request that was pipelined behind another, and that is closed before its turn, emits nothing on its
 * response, and nothing on itself either once its body is read. So it is the response or the connection, whichever
 * closes first.
 */
export default fp(async (app, { registry }: { registry: Registry }) => {
  let open = 0
  gauge(
    registry,
    'http_requests_in_flight',
    'Requests that are not answered yet, or are still worked on though their callers have left.',
    () => open
  )

  app.decorateRequest('exchange')

  app.addHook('onRequest', (request, reply, done) => {
    open++
    request.exchange = createExchange(reply, request)
    request.exchange.onRelease(() => {
      open--
    })
    request.exchange.onEnd(({ complete }) => {
      // Fastify logs those that were answered.
      if (!complete) {
        request.log.info({ responseTime: reply.elapsedTime }, 'the connection was closed before the end of the answer')
      }
    })
    done()
  })

  // A body whose end was missed is waited for in vain.
  app.addHook('preParsing', (request, _reply, payload, done) => {
    if (request.exchange.ended === undefined) done(null, payload)
    else done(left())
  })

  app.addHook('onRoute', route => {
    const { handler } = route
    route.handler = function (request, reply) {
      // What has not begun when nobody waits for it does not begin.
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
    payload.once('error', exchange.fail)
    const { signal } = exchange
    signal.addEventListener(
      'abort',
      () => payload.destroy(exchange.ended === undefined ? signal.reason as Problem : undefined)
    )
    if (!signal.aborted) return done(null, payload)
    // Nothing would ever take it, nor end it.
    payload.destroy()
    done(null, null)
  })
}, { name: 'exchange', fastify: '5.x' })

interface OpenExchange extends Exchange {
  /** Puts the release off until the work has ended. */
  begin(work: Promise<unknown>): void
  /**
   * There is an answer. A handler that waits until it is sent may wait for ever, as behind a response that is never
   * finished.
   */
  readonly done: () => void
  /** The answer cannot be finished, which is not its caller's doing. */
  readonly fail: () => void
  /** Its connection is closed. */
  readonly close: () => void
  readonly headersSent: () => boolean
}

function createExchange ({ raw }: FastifyReply, { socket }: FastifyRequest): OpenExchange {
  const ending: Listener[] = []
  const releasing: Listener[] = []
  let [working, failed] = [false, false]
  let ended: ExchangeEnd | undefined
  let reason: Problem | undefined
  // Few ask for the signal.
  let aborting: AbortController | undefined

  function abort (why: Problem): void {
    reason ??= why
    aborting?.abort(reason)
  }

  function end (complete: boolean): void {
    if (ended !== undefined) return
    ended = { complete, status: complete || failed ? raw.statusCode : catalogue['caller-left'].status }
    connections.get(socket)?.delete(exchange)
    if (!complete) abort(left())
    tell(ending, ended)
    release()
  }

  function release (): void {
    if (ended !== undefined && !working) tell(releasing, ended)
  }

  const exchange: OpenExchange = {
    get ended () {
      return ended
    },
    get signal () {
      aborting ??= new AbortController()
      if (reason !== undefined) aborting.abort(reason)
      return aborting.signal
    },
    onEnd (listener) {
      if (ended === undefined) ending.push(listener)
      else listener(ended)
    },
    onRelease (listener) {
      releasing.push(listener)
      release()
    },
    cancel: abort,
    begin (work) {
      working = true
      work.then(exchange.done, exchange.done)
    },
    done () {
      working = false
      release()
    },
    fail () {
      failed = true
    },
    close () {
      end(false)
    },
    headersSent: () => raw.headersSent
  }
  // Node says so of an answer too whose writing failed, of which its caller may have had a part.
  raw.once('finish', () => end(!socket.destroyed && socket.errored === null))
  raw.once('close', exchange.close)
  if (socket.destroyed) exchange.close()
  else exchangesOf(socket).add(exchange)
  return exchange
}

function exchangesOf (socket: Socket): Set<OpenExchange> {
  const known = connections.get(socket)
  if (known !== undefined) return known
  const exchanges = new Set<OpenExchange>()
  connections.set(socket, exchanges)
  socket.once('close', () => {
    for (const { close } of [...exchanges]) close()
  })
  return exchanges
}

type Listener = (end: ExchangeEnd) => void

function tell (listeners: Listener[], end: ExchangeEnd): void {
  for (const listener of listeners.splice(0)) listener(end)
}

const isStream = (payload: unknown): payload is Readable =>
  typeof (payload as { pipe?: unknown } | null)?.pipe === 'function'
