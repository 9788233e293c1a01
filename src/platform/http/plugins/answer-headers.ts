import type { FastifyReply } from 'fastify'
import fp from 'fastify-plugin'
import { requestIdHeader } from '../request-id.js'

declare module 'fastify' {
  interface FastifyContextConfig {
    /**
     * Whether the media type of the responses depends on `Accept`; then that of error responses does too. Set for
     * operations that document several.
     */
    negotiated?: boolean
  }
}

/**
 * Headers of every response, including errors. Most tell a browser to do nothing with a response but show it (OWASP
 * REST security cheat sheet); pages set a policy of their own over this one. Templates are personal data, so caches
 * store nothing unless a route says otherwise. `Strict-Transport-Security` belongs to the proxy that terminates TLS.
 */
const headers = {
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  // For browsers that do not support frame-ancestors.
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store'
}

/** @param requestId identifies the request in the log, in the audit and in a problem */
export const answerHeaders = (requestId: string): Record<string, string> => ({
  ...headers,
  [requestIdHeader]: requestId
})

const withoutContent = [204, 304]

export default fp(async app => {
  app.addHook('onRequest', (request, reply, done) => {
    reply.headers(answerHeaders(request.id))
    done()
  })

  app.addHook('onRoute', route => {
    const { response } = (route.schema ?? {}) as { response?: Record<string, { content?: object }> }
    if (Object.keys(response?.['200']?.content ?? {}).length > 1) {
      route.config = Object.assign(route.config ?? {}, { negotiated: true })
    }
  })

  app.addHook('onSend', (request, reply, payload, done) => {
    if (request.routeOptions.config.negotiated === true) addVary(reply, 'Accept')
    // A browser replaces the type of its stored page by that of the 304.
    if (withoutContent.includes(reply.statusCode)) reply.removeHeader('content-type')
    done(null, payload)
  })
}, { name: 'answer-headers', fastify: '5.x' })

function addVary (reply: FastifyReply, field: string): void {
  const before = reply.getHeader('vary')
  reply.header('vary', before === undefined ? field : `${String(before)}, ${field}`)
}
