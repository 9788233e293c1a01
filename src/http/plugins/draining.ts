import fp from 'fastify-plugin'

declare module 'fastify' {
  interface FastifyInstance {
    /**
     * Says that the service is about to end: it is not ready any more, and every answer closes its connection. A proxy
     * turns elsewhere without meeting a connection that is closed under it. What arrives all the same is served.
     */
    drain (): void
    readonly draining: () => boolean
  }
}

/** The time between the signal to end and the end. */
export default fp(async app => {
  let draining = false
  app.decorate('drain', () => { draining = true })
  app.decorate('draining', () => draining)
  app.addHook('onSend', (_request, reply, payload, done) => {
    if (draining) reply.header('connection', 'close')
    done(null, payload)
  })
}, { name: 'draining', fastify: '5.x' })
