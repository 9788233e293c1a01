import accepts from '@fastify/accepts'
import multipart from '@fastify/multipart'
import type { FastifyRequest, onRequestHookHandler } from 'fastify'
import fp from 'fastify-plugin'
import { Problem } from '../../../errors.js'
import { parsePlainJson } from '../bodies/json-body.js'
import * as media from '../media-types.js'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Media types of bodies that the handler of the route reads while they arrive. */
    streamedTypes?: readonly string[]
  }
}

/**
 * Which bodies are read, and how: JSON by Fastify, files of a form as they stream in, everything binary as one buffer.
 * A route takes the media types that its schema names, and no other.
 */
export default fp(async (app, { limit, timeout }: { limit: number, timeout: number }) => {
  await app.register(accepts)
  await app.register(multipart, {
    limits: { files: 2, fields: 10, fieldSize: 10_000, headerPairs: 100, fileSize: limit }
  })
  // Many clients name JSON as the type of a body that is not there; a route that wants one says so by its schema.
  const parseCarefully = app.getDefaultJsonParser('error', 'error')
  const parseJson = (request: FastifyRequest, body: Buffer, done: (error: Error | null, body?: unknown) => void) => {
    const plain = parsePlainJson(body)
    if (plain === undefined) parseCarefully(request, body.toString(), done)
    else done(null, plain)
  }
  app.removeContentTypeParser(media.json)
  app.addContentTypeParser<Buffer>(media.json, { parseAs: 'buffer' }, (request, body, done) => {
    if (body.length === 0 && request.routeOptions.schema?.body === undefined) done(null, undefined)
    else parseJson(request, body, done)
  })
  // `base64+json` is only ever produced, but a client that repeats what it was sent should not be refused.
  app.addContentTypeParser<Buffer>([media.base64Json, media.mergePatch], { parseAs: 'buffer' }, parseJson)
  app.addContentTypeParser([media.npy, media.rawFloat32, media.ndjson, media.bundle, ...media.imageTypes], { parseAs: 'buffer' },
    async (_request: unknown, body: Buffer) => body)

  // A body that is kept has to arrive in time. One that streams through may take hours, but has to move, out as well as in.
  app.addHook('preParsing', (request, reply, payload, done) => {
    done(null, payload)
    const { raw, routeOptions: { config } } = request
    if (config.streamedTypes?.includes(media.contentType(request)) === true) {
      raw.setTimeout(timeout, () => raw.destroy())
    } else if (!raw.readableEnded && (raw.headers['content-length'] ?? raw.headers['transfer-encoding']) !== undefined) {
      const timer = setTimeout(() => {
        reply.header('connection', 'close').send(new Problem('request-timeout', `body: expected all of it within ${timeout} ms, received a part`))
      }, timeout)
      // A request that is refused may never end: then it is the answer that tells.
      raw.once('end', () => clearTimeout(timer))
      reply.raw.once('close', () => clearTimeout(timer))
    }
  })

  app.addHook('onRoute', route => {
    const body = route.schema?.body as { content?: Record<string, unknown> } | undefined
    if (body === undefined) return
    const types = Object.keys(body.content ?? { [media.json]: body })
    const refuseOthers: onRequestHookHandler = (request, _reply, done) => {
      if (types.includes(media.contentType(request))) { done(); return }
      throw new Problem('media-type-unsupported',
        `Content-Type: expected ${types.join(', ')}, received ${JSON.stringify(request.headers['content-type'] ?? 'none')}`)
    }
    route.onRequest = [refuseOthers, ...[route.onRequest ?? []].flat()]
  })
}, { name: 'body-parsers', fastify: '5.x' })
