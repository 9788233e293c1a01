import type { FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { catalogue, Problem } from '../../errors.js'
import type { Caller } from './caller.js'
import { scopes, type Scope } from './api-keys-repository.js'
import { createKeyWatch, refusals } from './key-watch.js'
import { fromOwnPage } from './own-page.js'
import { sessionToken } from './session-cookie.js'
import { signInPath } from '../../platform/pages/document.js'
import { keyProblems, problems } from '../../platform/http/schemas/problem.js'

/** Who may call a route: anybody, the bearer of any valid key, or the bearer of a key with this scope. */
export type RouteAccess = 'public' | 'any-key' | Scope

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Required on every route: the service does not start without it. */
    access?: RouteAccess
  }
  interface FastifyRequest {
    /** The key that the request came with; null where none is required and none was given. */
    caller: Caller | null
    /** When the session of the browser ends, ISO 8601; null for callers who sent a key, or none. */
    sessionEnd: string | null
  }
}

const scheme = 'apiKey'

/** How callers authenticate, for the OpenAPI document. */
export const securitySchemes = {
  [scheme]: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'cw_<prefix>_<secret>',
    description:
      `An API key with the scope that the operation names. \`crosswalk keys create\` issues one. A service that is ` +
      `configured without keys listens on loopback addresses only and requires none.`
  }
} as const

/**
 * Authenticates and authorises callers before anything of the request is read (RFC 9110, section 11; RFC 6750).
 *
 * @param required whether a caller needs a key. If not, a key that is given is checked all the same, so that a
 *   deployment can be tried before keys are required.
 * @param sessions whether the session of a browser counts as its key
 */
export default fp(async (app, { required, sessions }: { required: boolean, sessions: boolean }) => {
  const undeclared: string[] = []
  const routes: { name: string, config: { access?: RouteAccess } | undefined }[] = []

  const watch = createKeyWatch(app.service.access)
  const sessionWatch = createKeyWatch(app.service.access.sessions)
  app.addHook('onClose', async () => {
    watch.stop()
    sessionWatch.stop()
  })

  app.decorateRequest('caller', null)
  app.decorateRequest('sessionEnd', null)

  app.addHook('onRoute', route => {
    // Plugins with routes of their own declare access in hooks that run after this one, so it is checked once all are
    // registered.
    routes.push({ name: `${[route.method].flat().join()} ${route.url}`, config: route.config ??= {} })
    const { access } = route.config
    if (access === undefined || route.schema === undefined || route.schema.hide === true) return
    route.schema.security = access === 'public' ? [] : [{ [scheme]: access === 'any-key' ? [] : [access] }]
    if (access === 'public') return
    const { response } = route.schema as { response?: Record<string, unknown> }
    // A route that describes one of these statuses itself takes precedence.
    route.schema.response = { ...problems(...keyProblems), ...response }
  })

  app.addHook('onReady', async () => {
    for (const { name, config } of routes) {
      const access = config?.access
      if (access !== 'public' && access !== 'any-key' && !scopes.includes(access as Scope)) undeclared.push(name)
    }
    if (undeclared.length > 0) {
      throw new Error(`expected config.access on every route, received none for ${undeclared.join(', ')}`)
    }
  })

  app.addHook('onRequest', (request, reply, done) => {
    // An unknown address has nothing to protect, and the routes are no secret.
    if (request.is404 || request.routeOptions.config.access === 'public') {
      done()
      return
    }
    if (!required && !/^bearer +cw_/i.test(request.headers.authorization ?? '')) {
      done()
      return
    }
    requireScope(request, reply).then(() => {
      watch.add(request.exchange, request.caller!.prefix)
      done()
    }, (error: Error) => {
      if (!isWelcome(request, error)) return done(error)
      reply.header('vary', 'Accept, Cookie')
      reply.redirect(`${signInPath}?next=${encodeURIComponent(request.url)}`, 303)
    })
  })

  /** Whether somebody who reads a page with a browser could sign in and read on. */
  function isWelcome ({ method, headers, routeOptions: { config } }: FastifyRequest, error: Error): boolean {
    return sessions && config.page === true && method === 'GET' && headers.authorization === undefined &&
      error instanceof Problem && catalogue[error.code].status === 401 && /\btext\/html\b/.test(headers.accept ?? '')
  }

  async function requireScope (request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const { access } = request.routeOptions.config
    const caller = request.caller = await identify(request, reply)
    if (access === 'any-key' || caller.scopes.includes(access as Scope)) return
    throw scopeMissing(caller, access as Scope, reply)
  }

  async function identify (request: FastifyRequest, reply: FastifyReply): Promise<Caller> {
    const { authorization } = request.headers
    const token = sessions && authorization === undefined ? sessionToken(request) : undefined
    if (token !== undefined && fromOwnPage(request)) return await identifySession(request, reply, token)
    if (authorization === undefined) {
      challenge(reply)
      throw new Problem('key-missing', 'expected Authorization: Bearer cw_<prefix>_<secret>, received no such header')
    }
    const [, text] = /^bearer +(\S+)$/i.exec(authorization) ?? []
    const caller = text === undefined ? 'malformed' : await app.service.access.authenticate(text)
    if (typeof caller !== 'string') return caller
    challenge(reply, 'invalid_token', `, error_description="${caller}"`)
    throw new Problem('key-invalid', refusals[caller])
  }

  async function identifySession (request: FastifyRequest, reply: FastifyReply, token: string): Promise<Caller> {
    const session = await app.service.access.sessions.authenticate(token)
    if (typeof session === 'string') {
      challenge(reply, 'invalid_token', `, error_description="${session}"`)
      throw new Problem('key-invalid', `expected a session that has not ended, received an ended one: sign in again`)
    }
    request.sessionEnd = session.expiresAt
    sessionWatch.add(request.exchange, token.split('_')[1]!)
    return session.caller
  }
}, { name: 'access', fastify: '5.x', dependencies: ['exchange'] })

/** Requires a scope beyond that of the route, for a body that asks for more. @throws Problem `scope-missing` */
export function requireFurtherScope ({ caller }: FastifyRequest, reply: FastifyReply, scope: Scope): void {
  if (caller !== null && !caller.scopes.includes(scope)) throw scopeMissing(caller, scope, reply)
}

function scopeMissing ({ scopes }: Caller, scope: Scope, reply: FastifyReply): Problem {
  challenge(reply, 'insufficient_scope', `, scope="${scope}"`)
  return new Problem(
    'scope-missing',
    `expected an API key with the scope "${scope}", received one with ${scopes.map(name => `"${name}"`).join(', ')}`
  )
}

function challenge (reply: FastifyReply, error?: 'invalid_token' | 'insufficient_scope', more = ''): void {
  reply.header('www-authenticate', `Bearer realm="crosswalk"${error === undefined ? '' : `, error="${error}"${more}`}`)
}
