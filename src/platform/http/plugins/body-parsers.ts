import accepts from '@fastify/accepts'
import multipart from '@fastify/multipart'
import type { onRequestHookHandler } from 'fastify'
import fp from 'fastify-plugin'
import { Problem } from '../../../errors.js'
import { parseJsonBody } from '../bodies/json-body.js'
import { maxAtOnce, parseLongJson } from '../bodies/long-json.js'
import { wholeBody } from '../bodies/whole-body.js'
import * as media from '../media-types.js'

/**
 * Which bodies are read, and how: JSON by `parseJsonBody`, or by `parseLongJson` when it is long; files of a form as a
 * stream; all binary types as one buffer. A route takes only the media types that its schema names, and text only as
 * UTF-8.
 */
export default fp(async (app, { limit }: { limit: number }) => {
  await app.register(accepts)
  await app.register(multipart, {
    limits: { files: 2, fields: 10, fieldSize: 10_000, headerPairs: 100, fileSize: limit }
  })
  app.removeContentTypeParser(media.json)
  // Many clients declare JSON as the type of an absent body; a route that requires a body says so in its schema.
  app.addContentTypeParser(
    media.json,
    wholeBody((body, request) =>
      body.length === 0 && request.routeOptions.schema?.body === undefined ? undefined : parseJson(body)
    )
  )
  // `base64+json` is an output format, but a client that sends back what it received should not be rejected.
  app.addContentTypeParser([media.base64Json, media.mergePatch], wholeBody(parseJson))
  app.addContentTypeParser(
    [media.npy, media.rawFloat32, media.ndjson, media.bundle, ...media.imageTypes, ...media.imageAliases.keys()],
    wholeBody(body => body)
  )

  // No content coding is supported: compressed bytes would be misread.
  app.addHook('onRequest', (request, reply, done) => {
    const { 'content-encoding': coding = 'identity' } = request.headers
    if (/^(\s*|identity)$/i.test(coding.trim())) {
      done()
      return
    }
    reply.header('accept-encoding', 'identity')
    throw new Problem(
      'media-type-unsupported',
      `Content-Encoding: expected identity or none, received ${JSON.stringify(coding)}`
    )
  })

  app.addHook('onRoute', route => {
    const body = route.schema?.body as { content?: Record<string, unknown> } | undefined
    if (body === undefined) return
    const types = Object.keys(body.content ?? { [media.json]: body })
    const refuseOthers: onRequestHookHandler = (request, _reply, done) => {
      const charset = media.foreignCharset(request)
      if (charset !== undefined) {
        throw new Problem(
          'media-type-unsupported',
          `Content-Type: expected charset UTF-8 or none, received ${JSON.stringify(charset)}`
        )
      }
      if (types.includes(media.contentType(request))) {
        done()
        return
      }
      throw new Problem(
        'media-type-unsupported',
        `Content-Type: expected ${types.join(', ')}, received ${
          JSON.stringify(request.headers['content-type'] ?? 'none')
        }`
      )
    }
    route.onRequest = [refuseOthers, ...[route.onRequest ?? []].flat()]
  })
}, { name: 'body-parsers', fastify: '5.x' })

const parseJson = (body: Buffer): unknown => body.length <= maxAtOnce ? parseJsonBody(body) : parseLongJson(body)
