import { readFileSync } from 'node:fs'
import Fastify from 'fastify'

/**
 * What HTTP and JSON cost by themselves: a Fastify route that parses the body and sends an answer by its schema. The
 * answer is one that the service gave to the same body, and its schema the one that the service documents; every
 * request has it serialised anew. Raw bytes are sent back as they are, at `/raw` below the path. The only argument is a
 * file with a `BareRoute` in JSON.
 */
export interface BareRoute {
  readonly path: string
  /** JSON schema of the answer, with everything that it refers to inside */
  readonly schema: object
  readonly answer: unknown
}

const { path, schema, answer } = JSON.parse(readFileSync(process.argv[2]!, 'utf8')) as BareRoute
const app = Fastify({ bodyLimit: 64 * 2 ** 20 })
app.post(path, { schema: { response: { 200: schema } } }, async request => {
  // Looked at, so that nothing can leave the parsing out.
  if (typeof request.body !== 'object' || request.body === null) throw new TypeError('expected an object')
  return answer
})
app.addContentTypeParser(
  'application/octet-stream',
  { parseAs: 'buffer' },
  async (_request: unknown, body: Buffer) => body
)
app.post(`${path}/raw`, async (request, reply) => reply.type('application/octet-stream').send(request.body))
process.on('SIGTERM', () => {
  app.close().then(() => process.exit(0), () => process.exit(1))
})
console.log(await app.listen({ host: '127.0.0.1', port: 0 }))
