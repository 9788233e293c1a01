import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { disposableKeyId } from '../../platform/http/documented-examples.js'
import { LocationHeader } from '../../platform/http/conditions.js'
import { ApiKeyDocument, ApiKeyRequest, IssuedApiKey } from './api-key-schema.js'
import { closed, input } from '../../platform/http/schemas/component.js'
import { Next, PageQuery } from '../../platform/http/schemas/page.js'
import { problems } from '../../platform/http/schemas/problem.js'

/** API keys: issue, list and revoke. */
const routes: FastifyPluginAsyncTypebox = async app => {
  const { access } = app.service

  app.post('/api-keys', {
    config: { access: 'admin', audit: 'change' },
    schema: {
      operationId: 'createApiKey',
      tags: ['access'],
      summary: 'Issue an API key',
      description:
        `The key is shown in this answer only. There is no \`Idempotency-Key\`, because a repetition could not ` +
        `show the key again. If the answer is lost, issue another key and revoke the lost one, which the list ` +
        `shows as never used.`,
      body: ApiKeyRequest,
      response: {
        201: { ...IssuedApiKey, headers: LocationHeader, description: 'The key with its secret.' },
        ...problems('request-invalid', 'body-invalid', 'body-too-large', 'media-type-unsupported')
      }
    }
  }, async (request, reply) => {
    const { key, stored } = await access.issue(request.body)
    return reply.code(201).header('location', '/v1/api-keys').header('cache-control', 'no-store').send({
      key,
      ...stored
    })
  })

  app.get('/api-keys', {
    config: { access: 'admin' },
    schema: {
      operationId: 'listApiKeys',
      tags: ['access'],
      summary: 'List the API keys',
      querystring: input(PageQuery),
      response: {
        200: Type.Object({ apiKeys: Type.Array(ApiKeyDocument), next: Next }, {
          ...closed,
          description: 'Oldest first, expired and revoked keys included.'
        }),
        ...problems('request-invalid')
      }
    }
  }, async request => {
    const { items, next } = await access.list(request.query)
    return { apiKeys: items, next }
  })

  app.delete('/api-keys/:id', {
    config: { access: 'admin', audit: 'change' },
    schema: {
      operationId: 'revokeApiKey',
      tags: ['access'],
      summary: 'Revoke an API key',
      description: 'The key is refused from now on and stays in the list. Repeating the call changes nothing.',
      params: Type.Object({
        id: Type.String({ maxLength: 64, description: 'Id or prefix of a key.', examples: [disposableKeyId] })
      }, closed),
      response: {
        200: { ...ApiKeyDocument, description: 'The revoked key.' },
        ...problems('request-invalid', 'api-key-unknown')
      }
    }
  }, async request => await access.revoke(request.params.id))
}

export default routes
