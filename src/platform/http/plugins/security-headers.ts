import fp from 'fastify-plugin'

/**
 * Headers that tell a browser to do nothing with an answer but show it (OWASP REST security cheat sheet). Routes that answer
 * with pages set a policy of their own over this one. `Strict-Transport-Security` belongs to the proxy that ends TLS.
 */
const headers = {
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  // For browsers that do not know frame-ancestors.
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin'
}

export default fp(async app => {
  app.addHook('onRequest', (_request, reply, done) => {
    reply.headers(headers)
    done()
  })
}, { name: 'security-headers', fastify: '5.x' })
