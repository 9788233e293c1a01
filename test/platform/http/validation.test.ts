import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import Fastify, { type FastifyError } from 'fastify'
import { buildValidator } from '../../../src/platform/http/validation.js'

describe('long lists of a body', () => {
  const app = Fastify({ schemaController: { compilersFactory: { buildValidator } } })
  app.setErrorHandler((error: FastifyError, _request, reply) =>
    reply.code(400).send(error.validation!.map(({ instancePath, keyword }) => `${instancePath} ${keyword}`))
  )
  const item = { type: 'object', required: ['a'], additionalProperties: false, properties: { a: { type: 'number' } } }
  const schema = {
    body: {
      type: 'object',
      properties: {
        items: { type: 'array', minItems: 1, maxItems: 1000, items: item },
        others: { type: 'array', items: item },
        unique: { type: 'array', maxItems: 1000, uniqueItems: true, items: item }
      }
    }
  }
  app.post<{ Body: Record<string, unknown[]> }>(
    '/',
    { schema },
    async ({ body }) => Object.entries(body).map(([name, list]) => `${name} ${list.length}`)
  )
  after(() => app.close())
  const list = (length: number) => Array.from({ length }, (_, i): unknown => ({ a: i }))
  const send = async (body: object) => (await app.inject({ method: 'POST', url: '/', payload: body })).json() as unknown

  test('are valid with every item, and arrive whole', async () => {
    assert.deepEqual(await send({ items: list(1000), others: list(130), unique: list(200) }), [
      'items 1000',
      'others 130',
      'unique 200'
    ])
  })

  test('are refused for an item wherever it stands, by its own index', async () => {
    for (const at of [0, 63, 64, 150, 199]) {
      for (const name of ['items', 'others', 'unique']) {
        const items = list(200)
        items[at] = { a: 'b' }
        assert.deepEqual(await send({ items: list(70), [name]: items }), [`/${name}/${at}/a type`])
      }
    }
  })

  test('are refused for too many items, and for repeated ones far apart', async () => {
    assert.deepEqual(await send({ items: list(1001) }), ['/items maxItems'])
    assert.deepEqual(await send({ unique: [...list(199), { a: 0 }] }), ['/unique uniqueItems'])
  })

  test('are each judged by themselves when several are checked at once', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => {
      const items = list(1000)
      if (i % 2 === 1) items[900] = {}
      return send({ items })
    }))
    answers.forEach((answer, i) => assert.deepEqual(answer, i % 2 === 1 ? ['/items/900 required'] : ['items 1000']))
  })
})
