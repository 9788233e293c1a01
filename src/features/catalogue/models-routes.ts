import { ModelId } from '../../science/template/space.js'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type, type Static } from 'typebox'
import type { KnownModel } from './models.js'
import {
  ChangeConditions,
  CreatedHeaders,
  NotModified,
  preconditionsOf,
  ReadConditions,
  sendTagged,
  TagHeader
} from '../../platform/http/conditions.js'
import { closed, component, Enumeration, input } from '../../platform/http/schemas/component.js'
import { Next, WholePageQuery } from '../../platform/http/schemas/page.js'
import { problems } from '../../platform/http/schemas/problem.js'
import { Fingerprint, Label } from '../../platform/http/schemas/template.js'

const Model = component(
  'Model',
  Type.Object({
    id: ModelId,
    fingerprint: Fingerprint,
    dimension: Type.Integer({ description: 'How many numbers a template has.' }),
    kind: Enumeration(['recogniser', 'template-only'], {
      description:
        '`recogniser`: the service has its graph and can embed images. `template-only`: only its templates are known.'
    }),
    canEmbed: Type.Boolean(),
    selfTest: Type.Union([Enumeration(['untested', 'passed', 'recorded', 'changed']), Type.Null()], {
      description:
        'Whether this replica makes the templates that the model made before: the last outcome of `GET /v1/models/{id}/self-test` ' +
        'since the start. `changed`: what it embeds now fits no map and no threshold. Null for models that cannot embed and whose ' +
        'owner has not sent templates to test, see `POST /v1/models/{id}/self-test`.'
    }),
    title: Type.String(),
    licence: Type.String(),
    manifest: Type.Record(Type.String(), Type.Unknown(), {
      description: 'For a recogniser, how its graph is fed and read; otherwise the registered properties.'
    }),
    createdAt: Type.String({ format: 'date-time' })
  }, { ...closed, description: 'A recognition model and the space of its templates.' })
)

const Registration = input({
  id: ModelId,
  title: Label('A name for people.'),
  version: Label("The version of the vendor's model. Another version is another space: register it under another id."),
  dimension: Type.Integer({ minimum: 2, maximum: 4096 }),
  licence: Type.String({
    default: 'not stated',
    minLength: 1,
    maxLength: 200,
    description: 'The licence of the model.'
  })
}, {
  examples: [{ id: 'vendor-x', title: 'Vendor X, matcher 7', version: '7.2.1', dimension: 256 }]
})

const routes: FastifyPluginAsyncTypebox = async app => {
  const { models } = app.service

  app.get('/models', {
    config: { access: 'any-key' },
    schema: {
      operationId: 'listModels',
      tags: ['models'],
      summary: 'List the models',
      querystring: input(WholePageQuery),
      response: {
        200: Type.Object({ models: Type.Array(Model), next: Next }, {
          ...closed,
          description: 'The models with their current spaces, ordered by id.'
        }),
        ...problems('request-invalid')
      }
    }
  }, async request => {
    const { items, next } = await models.list(request.query)
    return { models: items.map(document), next }
  })

  app.get('/models/:id', {
    config: { access: 'any-key' },
    schema: {
      operationId: 'getModel',
      tags: ['models'],
      summary: 'Read a model',
      params: Type.Object({ id: Type.Unsafe<string>({ ...ModelId, examples: ['r512'] }) }, closed),
      headers: Type.Object(ReadConditions),
      response: {
        200: { ...Model, headers: TagHeader, description: 'The model.' },
        ...NotModified,
        ...problems('request-invalid', 'model-unknown', 'precondition-failed')
      }
    }
  }, async (request, reply) => {
    const model = await models.get(request.params.id)
    return await sendTagged(request, reply, model.etag, document(model))
  })

  app.post('/models', {
    config: { access: 'fit', audit: 'change' },
    schema: {
      operationId: 'registerModel',
      tags: ['models'],
      summary: 'Register a template-only model',
      description:
        "For a model without a graph, such as a vendor's black box. Repeating a registration changes nothing. " +
        "Models with a graph come from the operator's models folder, never over HTTP. Preconditions apply to the " +
        'model that the body names: with `If-None-Match: *` the call only creates.',
      headers: Type.Object(ChangeConditions),
      body: Registration,
      response: {
        200: {
          ...Model,
          headers: CreatedHeaders,
          description: 'The model was already registered with the same ' +
            'properties.'
        },
        201: { ...Model, headers: CreatedHeaders, description: 'The model is registered.' },
        ...problems(
          'request-invalid',
          'body-invalid',
          'model-exists',
          'precondition-failed',
          'body-too-large',
          'media-type-unsupported'
        )
      }
    }
  }, async (request, reply) => {
    const { outcome, model } = await models.register(request.body, preconditionsOf(request))
    return reply.code(outcome === 'created' ? 201 : 200).header('location', `/v1/models/${model.id}`).header(
      'etag',
      model.etag
    ).send(document(model))
  })
}

export default routes

function document (model: KnownModel): Static<typeof Model> {
  const { id, fingerprint, dimension, kind, canEmbed, selfTest, title, licence, manifest, createdAt } = model
  return { id, fingerprint, dimension, kind, canEmbed, selfTest, title, licence, manifest, createdAt }
}
