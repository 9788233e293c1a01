import { nullable } from '../../../science/schemas.js'
import { ModelId } from '../../../science/template/space.js'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { exampleGalleryId } from '../../../platform/http/documented-examples.js'
import { IdempotencyHeaders } from '../../../platform/http/idempotency.js'
import { JobDocument, jobProblems, respondAsync } from '../../jobs/index.js'
import { closed, Enumeration } from '../../../platform/http/schemas/component.js'
import { GalleryId } from '../schemas/gallery.js'
import { problems } from '../../../platform/http/schemas/problem.js'
import { Fingerprint } from '../../../platform/http/schemas/template.js'

const Index = Type.Object({
  fingerprint: { ...Fingerprint, description: 'Space of the indexed templates.' },
  migration: nullable(Type.String(), 'Id of the migration that translated them; null for native ones.'),
  map: nullable(
    Type.String(),
    'Id of the map in whose comparison space they are indexed, for probes of its other model; null when indexed in their own space.'
  ),
  dimension: Type.Integer(),
  state: Enumeration(['building', 'ready', 'awaiting', 'outdated'], {
    description:
      '`awaiting`: of what a migration has translated, searched once it is committed. `outdated`: built before a migration was committed, no longer used, and deleted soon.'
  })
}, closed)

/** Indexes of galleries in the database. */
const routes: FastifyPluginAsyncTypebox = async app => {
  const { indexing } = app.service

  app.put('/galleries/:id/indexes/:model', {
    config: { access: 'enrol', audit: 'change' },
    schema: {
      operationId: 'indexGallery',
      tags: ['galleries'],
      summary: 'Index a gallery for probes of a model',
      description:
        `A job builds it with pgvector (HNSW, half precision), or in the Qdrant that the operator has configured; searches add
what is enrolled later. An index is for large galleries: exact searches are fast enough for up to some hundred thousand
templates. Without either, and for galleries whose templates are encrypted, there is no index and searches are exact.`,
      headers: IdempotencyHeaders,
      params: Type.Object({
        id: { ...GalleryId, examples: [exampleGalleryId] },
        model: Type.Unsafe<string>({ ...ModelId, description: 'The model of the probes.', examples: ['example-a'] })
      }, closed),
      response: {
        202: {
          ...JobDocument,
          description: 'The job that builds the index.',
          headers: { location: { type: 'string', description: 'Address of the job.' } }
        },
        ...problems(
          'request-invalid',
          'gallery-unknown',
          'integrity-failed',
          'model-unknown',
          'map-missing',
          'index-unavailable',
          ...jobProblems
        )
      }
    }
  }, async (request, reply) => {
    const { id, model } = request.params
    await indexing.check(id, model)
    return await respondAsync(request, reply, 'index', { gallery: id, model })
  })

  app.get('/galleries/:id/indexes', {
    config: { access: 'identify' },
    schema: {
      operationId: 'listIndexes',
      tags: ['galleries'],
      summary: 'List the indexes of a gallery',
      params: Type.Object({ id: { ...GalleryId, examples: [exampleGalleryId] } }, closed),
      response: {
        200: Type.Object({ indexes: Type.Array(Index) }, {
          ...closed,
          description: 'One for each group of templates and comparison space.'
        }),
        ...problems('request-invalid', 'gallery-unknown')
      }
    }
  }, async request => ({ indexes: await indexing.list(request.params.id) }))

  app.delete('/galleries/:id/indexes', {
    config: { access: 'enrol', audit: 'change' },
    schema: {
      operationId: 'deleteIndexes',
      tags: ['galleries'],
      summary: 'Delete the indexes of a gallery',
      description: 'The templates stay; searches are exact from then on.',
      params: Type.Object({ id: { ...GalleryId, examples: [exampleGalleryId] } }, closed),
      response: {
        204: { type: 'null', description: 'The indexes are deleted.' },
        ...problems('request-invalid', 'gallery-unknown')
      }
    }
  }, async (request, reply) => {
    await indexing.remove(request.params.id)
    return reply.code(204).send(null)
  })
}

export default routes
