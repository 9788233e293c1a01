import { ModelId } from '../../../science/template/space.js'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { migratingGalleryId } from '../../gallery-examples.js'
import { closed, input } from '../../../platform/http/schemas/component.js'
import { GalleryId } from '../schemas/gallery.js'
import { problems } from '../../../platform/http/schemas/problem.js'

const routes: FastifyPluginAsyncTypebox = async app => {
  const { catalogue, reenrolments } = app.service

  app.get('/galleries/:id/reenrolments', {
    config: { access: 'enrol' },
    schema: {
      operationId: 'listReenrolments',
      tags: ['galleries'],
      summary: 'List whom to enrol anew first',
      description:
        `Subjects of whom a model has translated templates only, the most uncertain first: enrol them anew when they come by. It is there once a migration has translated,
also before it is committed. A subject is off the list once it has a template of the model's own.`,
      params: Type.Object({ id: { ...GalleryId, examples: [migratingGalleryId] } }, closed),
      querystring: input({
        model: Type.Unsafe<string>({
          ...ModelId,
          description: 'The model that templates were translated to.',
          examples: ['example-b']
        }),
        limit: Type.Integer({ minimum: 1, maximum: 10_000, default: 100, description: 'How many to return at most.' })
      }),
      response: {
        200: Type.Object({
          total: Type.Integer({ description: 'Subjects with translated templates of the model only.' }),
          subjects: Type.Array(Type.Object({
            subject: Type.String(),
            attributes: Type.Record(Type.String(), Type.Union([Type.String(), Type.Number(), Type.Boolean()])),
            uncertainty: Type.Union([Type.Number(), Type.Null()], {
              description: 'Of its least uncertain template, from 0 to 1; null where it is not known.'
            })
          }, closed)),
          curve: Type.Array(
            Type.Object({
              share: Type.Number({ description: 'Of the subjects, the most uncertain.' }),
              uncertainty: Type.Number({
                description: 'Their part of the sum of all uncertainties. In random order it would be their share.'
              })
            }, closed),
            {
              description:
                'How much of what is uncertain enrolling the first ones anew removes; empty where nothing is known.'
            }
          )
        }, { ...closed, description: 'The most uncertain first.' }),
        ...problems('request-invalid', 'gallery-unknown', 'model-unknown')
      }
    }
  }, async request => {
    const { model, limit } = request.query
    const { total, subjects, shares } = await reenrolments.list(
      request.params.id,
      catalogue.space(model).fingerprint,
      limit
    )
    return {
      total,
      subjects: [...subjects],
      curve: shares.map((uncertainty, k) => ({ share: (k + 1) / shares.length, uncertainty }))
    }
  })
}

export default routes
