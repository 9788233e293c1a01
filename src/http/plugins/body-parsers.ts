import accepts from '@fastify/accepts'
import multipart from '@fastify/multipart'
import fp from 'fastify-plugin'
import * as media from '../media-types.js'

/** Which bodies are read, and how: JSON by Fastify, files of a form as they stream in, everything binary as one buffer. */
export default fp(async (app, { limit }: { limit: number }) => {
  await app.register(accepts)
  await app.register(multipart, {
    limits: { files: 2, fields: 10, fieldSize: 10_000, headerPairs: 100, fileSize: limit }
  })
  // `base64+json` is only ever produced, but a client that repeats what it was sent should not be refused.
  app.addContentTypeParser(media.base64Json, { parseAs: 'string' }, app.getDefaultJsonParser('error', 'error'))
  app.addContentTypeParser([media.npy, media.rawFloat32, media.ndjson, ...media.imageTypes], { parseAs: 'buffer' },
    async (_request: unknown, body: Buffer) => body)
}, { name: 'body-parsers', fastify: '5.x' })
