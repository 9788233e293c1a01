import { ModelId } from '../../science/template/space.js'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { exampleCorpusId } from '../../platform/http/documented-examples.js'
import { LocationHeader } from '../../platform/http/conditions.js'
import { Accepted, jobProblems, PreferHeader, prefersJob, respondAsync } from '../jobs/index.js'
import { closed, component, input } from '../../platform/http/schemas/component.js'
import { problems } from '../../platform/http/schemas/problem.js'
import { Fingerprint, Label } from '../../platform/http/schemas/template.js'

const HubRequest = input({
  id: Type.Unsafe<string>({ ...ModelId, description: 'Id of the hub as a model.' }),
  title: Label('A human-readable name.'),
  models: Type.Array(ModelId, { minItems: 2, maxItems: 16, description: 'The models that it connects.' }),
  corpus: Type.String({
    maxLength: 64,
    description: 'Id of a corpus: every sample with a template under all of the models is used.'
  }),
  dimension: Type.Integer({
    minimum: 2,
    maximum: 1024,
    default: 256,
    description: 'Maximum dimension of the hub; it is lower if the models agree in fewer directions.'
  }),
  seed: Type.Integer({
    minimum: 0,
    maximum: 0xffffffff,
    default: 42,
    description: 'Seed of the split by identity. Fit the maps of the hub with the same one.'
  }),
  heldOutFraction: Type.Number({
    minimum: 0.1,
    maximum: 0.5,
    default: 0.3,
    description:
      'Share of the identities held out of the fit. Fit the maps of the hub with the same one: cross-fitting would evaluate them on people who made the hub.'
  })
}, {
  examples: [{
    id: 'example-hub',
    title: 'Hub of the example spaces',
    models: ['example-a', 'example-b'],
    corpus: exampleCorpusId
  }]
})

const Hub = component(
  'Hub',
  Type.Object({
    model: ModelId,
    fingerprint: Fingerprint,
    dimension: Type.Integer(),
    samples: Type.Integer({ description: 'Number of samples of the corpus that now have a template in the hub.' }),
    agreement: Type.Array(Type.Number(), {
      description:
        'Agreement of the models in each direction: approximately their mean correlation over the training identities.'
    })
  }, { ...closed, description: 'One space for several models.' })
)

const routes: FastifyPluginAsyncTypebox = async app => {
  const { hubs, catalogue, corpora } = app.service

  app.post('/hubs', {
    config: { access: 'fit', audit: 'change', admission: 'elsewhere' },
    schema: {
      operationId: 'createHub',
      tags: ['models'],
      summary: 'Create one space for several models',
      description:
        `Fits a space on the training identities by generalised canonical correlation analysis, registers it as a template-only
model, and adds its templates to the corpus. Then fit maps from each model to the hub and back with \`POST /v1/maps\` on that
corpus, and compose them with the method \`composition\`: 2 N fits serve N (N - 1) pairs, and the card of each composition
says what it loses against a direct map. Repeating the call changes nothing. With \`Prefer: respond-async\` the answer comes
at once, and is a job.`,
      headers: Type.Object({
        'idempotency-key': Type.Optional(
          Type.String({
            minLength: 1,
            maxLength: 255,
            description:
              'With `Prefer: respond-async`: a text that the caller chooses, unique per job. A repetition with the same key and body returns the first job.'
          })
        ),
        ...PreferHeader
      }),
      body: HubRequest,
      response: {
        ...Accepted,
        200: {
          ...Hub,
          headers: LocationHeader,
          description: 'The hub, which an earlier call made from the same data.'
        },
        201: { ...Hub, headers: LocationHeader, description: 'The new hub.' },
        ...problems(
          'request-invalid',
          'body-invalid',
          'model-unknown',
          'corpus-unknown',
          'integrity-failed',
          'model-exists',
          ...jobProblems,
          'body-too-large',
          'media-type-unsupported',
          'pairs-insufficient',
          'pairs-rank-deficient'
        )
      }
    }
  }, async (request, reply) => {
    const { models, dimension: most, ...rest } = request.body
    const spaces = models.map(id => catalogue.space(id))
    if (prefersJob(request)) {
      await corpora.get(rest.corpus)
      return await respondAsync(request, reply, 'hub', { ...rest, most, models })
    }
    const { hub: { space, samples, agreement }, created } = await hubs.create({ ...rest, most, models: spaces })
    return reply.code(created ? 201 : 200).header('location', `/v1/models/${space.model}`)
      .send({
        model: space.model,
        fingerprint: space.fingerprint,
        dimension: space.dimension,
        samples,
        agreement: [...agreement]
      })
  })
}

export default routes
