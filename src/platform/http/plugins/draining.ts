import fp from 'fastify-plugin'

declare module 'fastify' {
  interface FastifyInstance {
    /**
     * Starts draining: the service is no longer ready, every response closes its connection, and long streams end. A
     * proxy then turns elsewhere without hitting a connection that is closed under it. Requests that still arrive are
     * served.
     */
    drain(): void
    readonly draining: () => boolean
    /** Aborted when draining starts. */
    readonly ending: AbortSignal
  }
}

/** Drains the service between the shutdown signal and the closing of the port. */
export default fp(async app => {
  const ending = new AbortController()
  const drain = () => ending.abort()
  app.decorate('drain', drain)
  app.decorate('draining', () => ending.signal.aborted)
  app.decorate('ending', ending.signal)
  app.addHook('preClose', async () => drain())
  app.addHook('onSend', (_request, reply, payload, done) => {
    if (ending.signal.aborted) reply.header('connection', 'close')
    done(null, payload)
  })
}, { name: 'draining', fastify: '5.x' })
