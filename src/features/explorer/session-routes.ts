import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply } from 'fastify'
import { Type } from 'typebox'
import { wholeBody } from '../../platform/http/bodies/whole-body.js'
import { closed } from '../../platform/http/schemas/component.js'
import { signInPath } from '../../platform/pages/document.js'
import { fromOwnPage, sessionToken, setSession } from '../access/index.js'
import { renderSignInPage, type SignInRefusal } from './sign-in-page.js'

const form = 'application/x-www-form-urlencoded'
/** More than the longest key and address. */
const bodyLimit = 8192

/** Signing in with an API key, by a form that works without scripts, and signing out. */
const routes: FastifyPluginAsyncTypebox = async app => {
  const { access } = app.service
  app.addContentTypeParser(
    form,
    { bodyLimit },
    wholeBody(body => Object.fromEntries(new URLSearchParams(body.toString())))
  )

  app.get(signInPath, {
    config: { access: 'public' },
    schema: {
      hide: true,
      querystring: Type.Object({ next: Type.Optional(Type.String({ maxLength: 2000 })) }, closed)
    }
  }, async (request, reply) => await sendPage(reply, 200, request.query.next))

  app.post(signInPath, {
    bodyLimit,
    config: { access: 'public', audit: 'decision' },
    schema: {
      hide: true,
      operationId: 'signIn',
      querystring: Type.Object({}, closed),
      body: {
        content: {
          [form]: {
            schema: Type.Object({
              key: Type.String({ maxLength: 200 }),
              next: Type.Optional(Type.String({ maxLength: 2000 }))
            }, closed)
          }
        }
      }
    }
  }, async (request, reply) => {
    const { key, next } = request.body as { key: string, next?: string }
    const caller = fromOwnPage(request) ? await access.authenticate(key.trim()) : 'foreign'
    if (typeof caller === 'string') {
      // Whoever has no key of this service writes nothing into its audit.
      request.audited = null
      return await sendPage(reply, caller === 'foreign' ? 403 : 401, next, caller)
    }
    request.caller = caller
    await endSession(request)
    setSession(request, reply, await access.sessions.open(caller))
    return await reply.redirect(localPath(next), 303)
  })

  app.post('/explorer/sign-out', {
    bodyLimit,
    config: { access: 'public', audit: 'decision' },
    schema: { hide: true, operationId: 'signOut', querystring: Type.Object({}, closed) }
  }, async (request, reply) => {
    request.audited = null
    if (!fromOwnPage(request)) return await sendPage(reply, 403, '/', 'foreign')
    await endSession(request)
    setSession(request, reply, undefined)
    return await reply.redirect(signInPath, 303)
  })

  /** Ends the session that the browser had: nobody goes on with a token that was known before. */
  async function endSession (request: Parameters<typeof sessionToken>[0]): Promise<void> {
    const token = sessionToken(request)
    if (token !== undefined) await access.sessions.end(token)
  }
}

const sendPage = (reply: FastifyReply, status: number, next: string | undefined, refusal?: SignInRefusal) =>
  reply.code(status).type('text/html; charset=utf-8').send(renderSignInPage(localPath(next), refusal))

/** A path of this service: an address that a stranger made up must not lead to theirs. */
const localPath = (next: string | undefined): string =>
  next !== undefined && /^\/(?![/\\])[\x21-\x7e]*$/.test(next) ? next : '/'

export default routes
