import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { disposableGalleryId, exampleGalleryId } from '../../../platform/http/documented-examples.js'
import {
  ChangeConditions,
  CreatedHeaders,
  NotModified,
  preconditionsOf,
  ReadConditions,
  sendTagged,
  TagHeader
} from '../../../platform/http/conditions.js'
import { IdempotencyHeaders, idempotentRequest } from '../../../platform/http/idempotency.js'
import { describeToAudit } from '../../audit/index.js'
import { closed, input } from '../../../platform/http/schemas/component.js'
import { Gallery, GalleryId, GalleryList } from '../schemas/gallery.js'
import { Next, PageQuery } from '../../../platform/http/schemas/page.js'
import { problems } from '../../../platform/http/schemas/problem.js'
import { Label } from '../../../platform/http/schemas/template.js'
import { maxShards } from '../store/shards.js'

const paramsOf = (example: string) => Type.Object({ id: { ...GalleryId, examples: [example] } }, closed)

const routes: FastifyPluginAsyncTypebox = async app => {
  const { galleries } = app.service

  app.post('/galleries', {
    config: { access: 'enrol', audit: 'change' },
    schema: {
      operationId: 'createGallery',
      tags: ['galleries'],
      summary: 'Create a gallery',
      headers: IdempotencyHeaders,
      body: Type.Object({
        name: Label('A human-readable name.'),
        shards: Type.Optional(
          Type.Integer({
            minimum: 1,
            maximum: maxShards,
            description:
              'How many parts its subjects are divided into, for good; when absent, as many as the operator has set, usually 1. One gallery of a cluster of databases spreads over the nodes by them.'
          })
        )
      }, {
        ...closed,
        examples: [{ name: 'members, main entrance' }]
      }),
      response: {
        200: {
          ...Gallery,
          headers: CreatedHeaders,
          description: 'The gallery that the first call with this idempotency key created.'
        },
        201: { ...Gallery, headers: CreatedHeaders, description: 'The empty gallery.' },
        ...problems(
          'request-invalid',
          'body-invalid',
          'idempotency-conflict',
          'body-too-large',
          'media-type-unsupported'
        )
      }
    }
  }, async (request, reply) => {
    const { gallery, created } = await galleries.create({
      ...request.body,
      ...await idempotentRequest(request)
    })
    const { etag, ...document } = await galleries.get(gallery.id)
    return reply.code(created ? 201 : 200).header('location', `/v1/galleries/${gallery.id}`).header('etag', etag).send(
      document
    )
  })

  app.get('/galleries', {
    config: { access: 'identify' },
    schema: {
      operationId: 'listGalleries',
      tags: ['galleries'],
      summary: 'List the galleries',
      querystring: input(PageQuery),
      response: {
        200: Type.Object({ galleries: GalleryList, next: Next }, { ...closed, description: 'Oldest first.' }),
        ...problems('request-invalid')
      }
    }
  }, async request => {
    const { items, next } = await galleries.list(request.query)
    return { galleries: items, next }
  })

  app.get('/galleries/:id', {
    config: { access: 'identify' },
    schema: {
      operationId: 'getGallery',
      tags: ['galleries'],
      summary: 'Read a gallery',
      params: paramsOf(exampleGalleryId),
      headers: Type.Object(ReadConditions),
      response: {
        200: { ...Gallery, headers: TagHeader, description: 'The gallery.' },
        ...NotModified,
        ...problems('request-invalid', 'gallery-unknown', 'precondition-failed')
      }
    }
  }, async (request, reply) => {
    const { etag, ...document } = await galleries.get(request.params.id)
    return await sendTagged(request, reply, etag, document)
  })

  app.delete('/galleries/:id', {
    config: { access: 'enrol', audit: 'change' },
    schema: {
      operationId: 'deleteGallery',
      tags: ['galleries'],
      summary: 'Delete a gallery with its subjects and templates',
      description: 'It is gone for every caller at once. The audit records how much it held.',
      params: paramsOf(disposableGalleryId),
      headers: Type.Object(ChangeConditions),
      response: {
        204: { type: 'null', description: 'The gallery is deleted.' },
        ...problems('request-invalid', 'gallery-unknown', 'precondition-failed')
      }
    }
  }, async (request, reply) => {
    describeToAudit(request, { deleted: await galleries.remove(request.params.id, preconditionsOf(request)) })
    return reply.code(204).send(null)
  })
}

export default routes
