import { ModelId } from '../../science/template/space.js'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { exampleCorpusId } from '../../platform/http/documented-examples.js'
import { Accepted, jobProblems, PreferHeader, prefersJob, respondAsync } from '../jobs/index.js'
import { closed, component, input } from '../../platform/http/schemas/component.js'
import { problems } from '../../platform/http/schemas/problem.js'
import { Fingerprint, Label } from '../../platform/http/schemas/template.js'

const HubRequest = input({
  id: Type.Unsafe<string>({ ...ModelId, description: 'Id of the model that the hub becomes.' }),
  title: Label('A name for people.'),
  models: Type.Array(ModelId, { minItems: 2, maxItems: 16, description: 'The models that it is for.' }),
  corpus: Type.String({
    maxLength: 64,
    description: 'Id of a corpus: every sample with a template under all of the models counts.'
  }),
  dimension: Type.Integer({
    minimum: 2,
    maximum: 1024,
    default: 256,
    description: 'Dimensions of the hub at most; it has fewer where the models agree in fewer directions.'
  }),
  seed: Type.Integer({
    minimum: 0,
    maximum: 0xffffffff,
    default: 42,
    description: 'Of the split by identity. Fit the maps of the hub with the same.'
  }),
  heldOutFraction: Type.Number({
    minimum: 0.1,
    maximum: 0.5,
    default: 0.3,
    description:
      'Share of the identities that fit nothing. Fit the maps of the hub with the same: cross-fitting would evaluate them on people who made the hub.'
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
    samples: Type.Integer({ description: 'Samples of the corpus that have a template in the hub now.' }),
    agreement: Type.Array(Type.Number(), {
      description:
        'How far the models agree in each of its directions: about the mean of their correlations over the training identities.'
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
      summary: 'Make one space for several models',
      description:
        `Fits a space on the training identities, by generalised canonical correlation analysis, registers it as a model of
which only templates exist, and adds its templates to the corpus. Maps from each model to it and back are then fitted with
\`POST /v1/maps\` on that corpus, and composed with method \`composition\` through it: 2 N fits serve N (N - 1) pairs, and each
composition's card says what it loses against a direct map. Repeating the call changes nothing. With \`Prefer: respond-async\` the answer
is a job, at once.`,
      headers: Type.Object({
        'idempotency-key': Type.Optional(
          Type.String({
            minLength: 1,
            maxLength: 255,
            description:
              "With `Prefer: respond-async`: any text of the caller's that is new for each job. A repetition with the same key and body returns the first one."
          })
        ),
        ...PreferHeader
      }),
      body: HubRequest,
      response: {
        ...Accepted,
        200: { ...Hub, description: 'It was made before, of the same data.' },
        201: { ...Hub, description: 'It is made.' },
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
