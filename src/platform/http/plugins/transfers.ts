import type { FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import type { Registry } from 'prom-client'
import { Problem } from '../../../errors.js'
import { createMemoryBudget } from '../memory-budget.js'
import { contentType } from '../media-types.js'
import { gauge } from './metrics.js'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Media types of bodies that the handler of the route reads while they arrive. */
    streamedTypes?: readonly string[]
    /** Media types of bodies that the handler reads and keeps, and counts with `keep`; forms are always read so. */
    keptTypes?: readonly string[]
  }
  interface FastifyRequest {
    /**
     * Counts bytes of its body that are kept until it is done.
     * @throws Problem `overloaded` when those of all requests would be too many
     */
    keep(bytes: number): void
  }
}

/** Bytes that a body that streams has to move, in or out, in each stretch of the time limit. */
const leastMoved = 2 ** 16

interface TransferLimits {
  /** milliseconds in which a body that is kept has to arrive, and in which others and answers have to move */
  readonly timeout: number
  /** bytes of all the bodies that are kept at once */
  readonly memory: number
}

/**
 * Bodies have to arrive, answers have to be taken, and what is kept of bodies has to fit. A body that is kept has to be
 * there in time. One that streams through may take hours, but has to move. This goes for the bodies of requests that
 * were refused, too, of which nothing is kept: their connections would be.
 */
export default fp(async (app, { timeout, memory, registry }: TransferLimits & { registry: Registry }) => {
  const budget = createMemoryBudget(memory)
  gauge(registry, 'request_body_bytes', 'Bytes of request bodies that are kept in memory.', budget.taken)

  app.decorateRequest('keep')

  app.addHook('onRequest', (request, reply, done) => {
    const { raw, exchange } = request
    const account = budget.open()
    exchange.onRelease(account.close)
    request.keep = account.take
    if (hasBody(request) && !raw.readableEnded) {
      const stop = isOf(request, 'streamedTypes') ? requireMovement(request) : limitTime(request, reply)
      for (const event of ['end', 'close']) raw.once(event, stop)
    }
    // A response that had to wait for its turn finds the time limit of the one before it on the connection.
    if (reply.raw.socket === null) reply.raw.once('socket', socket => socket.setTimeout(0))
    done()
  })

  // To listen is to let them flow: what the handler reads itself would be gone.
  app.addHook('preParsing', (request, reply, payload, done) => {
    done(null, payload)
    if (!hasBody(request) || request.isMultipart() || isOf(request, 'streamedTypes') || isOf(request, 'keptTypes')) {
      return
    }
    payload.on('data', (piece: Buffer) => {
      if (request.exchange.ended !== undefined) return
      try {
        request.keep(piece.length)
      } catch (error) {
        refuse(reply, error as Problem)
      }
    })
  })

  app.addHook('onSend', (request, reply, payload, done) => {
    reply.raw.setTimeout(timeout, () => request.socket.destroy())
    done(null, payload)
  })

  function limitTime ({ raw }: FastifyRequest, reply: FastifyReply): () => void {
    const timer = setTimeout(() => {
      const late = new Problem('request-timeout', `body: expected all of it within ${timeout} ms, received a part`)
      if (reply.raw.headersSent) raw.destroy()
      else refuse(reply, late)
    }, timeout)
    return () => clearTimeout(timer)
  }

  function requireMovement ({ raw, socket, exchange }: FastifyRequest): () => void {
    const moved = () => socket.bytesRead + socket.bytesWritten
    let before = moved()
    let timer = setInterval(() => {
      if (moved() - before < leastMoved) socket.destroy()
      before = moved()
    }, timeout)
    exchange.onEnd(() => {
      clearInterval(timer)
      // What is left of it is for nobody.
      if (!raw.complete && !raw.destroyed) timer = setTimeout(() => raw.destroy(), timeout)
    })
    return () => clearInterval(timer)
  }
}, { name: 'transfers', fastify: '5.x', dependencies: ['exchange'] })

const hasBody = ({ headers }: FastifyRequest): boolean =>
  (headers['content-length'] ?? headers['transfer-encoding']) !== undefined

const isOf = (request: FastifyRequest, types: 'streamedTypes' | 'keptTypes'): boolean =>
  request.routeOptions.config[types]?.includes(contentType(request)) === true

/** What is still to come of the body is not waited for. */
function refuse (reply: FastifyReply, problem: Problem): void {
  if (!reply.sent) reply.header('connection', 'close').send(problem)
}
