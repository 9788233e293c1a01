import type { FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import type { Registry } from 'prom-client'
import { Problem } from '../../../errors.js'
import { createMemoryBudget } from '../memory-budget.js'
import { contentType } from '../media-types.js'
import { gauge } from '../../measures.js'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Media types of bodies that the handler reads while they arrive. */
    streamedTypes?: readonly string[]
    /** Media types of bodies that the handler buffers and counts with `keep`; forms are always read this way. */
    keptTypes?: readonly string[]
  }
  interface FastifyRequest {
    /**
     * Counts bytes of the body that are buffered until the request is done.
     * @throws Problem `overloaded` when all requests together would buffer too much
     */
    keep(bytes: number): void
  }
}

/** Minimum bytes that a streamed body must move, in or out, in each interval of the timeout. */
const minMoved = 2 ** 16

interface TransferLimits {
  /**
   * milliseconds in which a buffered body must arrive, and in which streamed bodies and responses must make progress
   */
  readonly timeout: number
  /** bytes of all bodies buffered at once */
  readonly memory: number
}

/**
 * Limits transfers: bodies must arrive, responses must be read, and buffered bodies must fit into memory. A buffered
 * body must arrive in time. A streamed one may take hours, but must make progress. This also applies to the bodies of
 * rejected requests: nothing of them is buffered, but they would hold their connections.
 */
export default fp(async (app, { timeout, memory, registry }: TransferLimits & { registry: Registry }) => {
  const budget = createMemoryBudget(memory)
  gauge(registry, 'request_body_bytes', 'Bytes of request bodies held in memory.', budget.taken)

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
    // A response that waited for its turn inherits the connection's timeout from the one before it.
    if (reply.raw.socket === null) reply.raw.once('socket', socket => socket.setTimeout(0))
    done()
  })

  // A data listener makes the stream flow: the data that the handler reads itself would be lost.
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
    }, timeout).unref()
    return () => clearTimeout(timer)
  }

  function requireMovement ({ raw, socket, exchange }: FastifyRequest): () => void {
    const moved = () => socket.bytesRead + socket.bytesWritten
    let before = moved()
    let timer = setInterval(() => {
      if (moved() - before < minMoved) socket.destroy()
      before = moved()
    }, timeout)
    exchange.onEnd(() => {
      clearInterval(timer)
      // Nobody reads the rest of the body. Node does not say after a response that its connection closed, so the timer
      // must not keep a process alive that is done.
      if (!raw.complete && !raw.destroyed) timer = setTimeout(() => raw.destroy(), timeout).unref()
    })
    return () => clearInterval(timer)
  }
}, { name: 'transfers', fastify: '5.x', dependencies: ['exchange'] })

const hasBody = ({ headers }: FastifyRequest): boolean =>
  (headers['content-length'] ?? headers['transfer-encoding']) !== undefined

const isOf = (request: FastifyRequest, types: 'streamedTypes' | 'keptTypes'): boolean =>
  request.routeOptions.config[types]?.includes(contentType(request)) === true

/** Rejects the request without waiting for the rest of its body. */
function refuse (reply: FastifyReply, problem: Problem): void {
  if (!reply.sent) reply.header('connection', 'close').send(problem)
}
