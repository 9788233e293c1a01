import fp from 'fastify-plugin'

declare module 'fastify' {
  interface FastifyInstance {
    /**
     * Says that the service is about to end: it is not ready any more, every answer closes its connection, and streams
     * that would go on for long end. A proxy turns elsewhere without meeting a connection that is closed under it. What
     * arrives all the same is served.
     */
    drain(): void
    readonly draining: () => boolean
    /** Aborted when the service is about to end. */
    readonly ending: AbortSignal
  }
}

/** The time between the signal to end and the end. */
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
