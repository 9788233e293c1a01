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
      summary: 'List whom to re-enrol first',
      description:
        `Subjects that have only translated templates of a model, the most uncertain first: re-enrol them when they next come by.
The list exists once a migration has translated, even before it is committed. A subject leaves it with its first native
template of the model.`,
      params: Type.Object({ id: { ...GalleryId, examples: [migratingGalleryId] } }, closed),
      querystring: input({
        model: Type.Unsafe<string>({
          ...ModelId,
          description: 'The model that templates were translated to.',
          examples: ['example-b']
        }),
        limit: Type.Integer({
          minimum: 1,
          maximum: 10_000,
          default: 100,
          description: 'Maximum number of subjects to return.'
        })
      }),
      response: {
        200: Type.Object({
          total: Type.Integer({ description: 'Number of subjects that have only translated templates of the model.' }),
          subjects: Type.Array(Type.Object({
            subject: Type.String(),
            attributes: Type.Record(Type.String(), Type.Union([Type.String(), Type.Number(), Type.Boolean()])),
            uncertainty: Type.Union([Type.Number(), Type.Null()], {
              description: 'Uncertainty of its least uncertain template, from 0 to 1; null when unknown.'
            })
          }, closed)),
          curve: Type.Array(
            Type.Object({
              share: Type.Number({ description: 'Share of the subjects, the most uncertain first.' }),
              uncertainty: Type.Number({
                description: 'Their part of the sum of all uncertainties. In random order it would equal `share`.'
              })
            }, closed),
            {
              description:
                'How much of the uncertainty re-enrolling the first subjects removes; empty when no uncertainty is known.'
            }
          )
        }, { ...closed, description: 'Most uncertain first.' }),
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
