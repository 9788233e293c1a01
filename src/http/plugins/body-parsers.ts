import accepts from '@fastify/accepts'
import multipart from '@fastify/multipart'
import type { onRequestHookHandler } from 'fastify'
import fp from 'fastify-plugin'
import { Problem } from '../../errors.js'
import * as media from '../media-types.js'

/**
 * Which bodies are read, and how: JSON by Fastify, files of a form as they stream in, everything binary as one buffer.
 * A route takes the media types that its schema names, and no other.
 */
export default fp(async (app, { limit }: { limit: number }) => {
  await app.register(accepts)
  await app.register(multipart, {
    limits: { files: 2, fields: 10, fieldSize: 10_000, headerPairs: 100, fileSize: limit }
  })
  // Many clients name JSON as the type of a body that is not there; a route that wants one says so by its schema.
  const parseJson = app.getDefaultJsonParser('error', 'error')
  app.removeContentTypeParser(media.json)
  app.addContentTypeParser(media.json, { parseAs: 'string' }, (request, body, done) => {
    if (body === '' && request.routeOptions.schema?.body === undefined) done(null, undefined)
    else parseJson(request, body as string, done)
  })
  // `base64+json` is only ever produced, but a client that repeats what it was sent should not be refused.
  app.addContentTypeParser(media.base64Json, { parseAs: 'string' }, parseJson)
  app.addContentTypeParser([media.npy, media.rawFloat32, media.ndjson, ...media.imageTypes], { parseAs: 'buffer' },
    async (_request: unknown, body: Buffer) => body)

  app.addHook('onRoute', route => {
    const body = route.schema?.body as { content?: Record<string, unknown> } | undefined
    if (body === undefined) return
    const types = Object.keys(body.content ?? { [media.json]: body })
    const refuseOthers: onRequestHookHandler = async request => {
      if (types.includes(media.contentType(request))) return
      throw new Problem('media-type-unsupported',
        `Content-Type: expected ${types.join(', ')}, received ${JSON.stringify(request.headers['content-type'] ?? 'none')}`)
    }
    route.onRequest = [refuseOthers, ...[route.onRequest ?? []].flat()]
  })
}, { name: 'body-parsers', fastify: '5.x' })
