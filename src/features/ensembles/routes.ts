import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply } from 'fastify'
import { Type } from 'typebox'
import { EnsembleCard } from '../../science/cards/ensemble-card.js'
import { ModelId } from '../../science/template/space.js'
import { describeToAudit } from '../audit/index.js'
import { CalibrationDocument, MetricsDocument } from '../catalogue/index.js'
import { disposableEnsembleId, exampleCorpusId, exampleEnsembleId } from '../../platform/http/documented-examples.js'
import {
  ChangeConditions,
  CreatedHeaders,
  NotModified,
  preconditionsOf,
  ReadConditions,
  sendTagged,
  TagHeader
} from '../../platform/http/conditions.js'
import { IdempotencyHeaders, idempotentRequest } from '../../platform/http/idempotency.js'
import { closed, component, Enumeration, input } from '../../platform/http/schemas/component.js'
import { Next, PageQuery } from '../../platform/http/schemas/page.js'
import { problems } from '../../platform/http/schemas/problem.js'
import { modelsOf as modelsOfCard } from '../verifications/index.js'
import type { Ensemble } from './ensembles.js'

const OrderDocument = input({
  corpus: Type.String({
    maxLength: 64,
    description:
      'Id of a corpus: its samples with a template under every one of the models. Ten identities or more have several of them.'
  }),
  models: Type.Array(Type.Unsafe<string>(ModelId), {
    minItems: 2,
    maxItems: 3,
    uniqueItems: true,
    description: 'The models of the templates. Every two of them need an active map, in either direction.'
  }),
  seed: Type.Integer({
    minimum: 0,
    maximum: 0xffffffff,
    default: 42,
    description: 'Seed of the folds and of every other random draw.'
  })
}, {
  examples: [{ corpus: exampleCorpusId, models: ['example-a', 'example-b'] }]
})

const EnsembleId = Type.String({ pattern: '^[0-9a-fA-F-]{36}$', description: 'Id of an ensemble.' })
const paramsWith = (example: string) =>
  Type.Object({ id: Type.Unsafe<string>({ ...EnsembleId, examples: [example] }) }, closed)
const Params = paramsWith(exampleEnsembleId)

const Moment = Type.String({ format: 'date-time' })
const Summary = {
  id: EnsembleId,
  version: Type.Integer({ description: 'Number of the ensemble among those of its models, from 1.' }),
  models: Type.Array(Type.String(), { description: 'Its models, by name.' }),
  state: Enumeration(['fitted', 'active', 'retired'], {
    description: 'At most one ensemble of the same models is active; a retired one never serves again.'
  }),
  serving: Type.Boolean({
    description:
      'Whether it is active and all of its maps are: what was weighed and calibrated with one map does not hold with another.'
  }),
  corpusId: Type.Union([Type.String(), Type.Null()], {
    description: 'The corpus that it was fitted on, if it is still stored.'
  }),
  createdAt: Moment,
  activatedAt: Type.Union([Moment, Type.Null()]),
  retiredAt: Type.Union([Moment, Type.Null()])
}

const { combinations } = EnsembleCard.properties
// Named, so that the OpenAPI document states each of them once.
const CardDocument = component(
  'EnsembleCard',
  Type.Unsafe<EnsembleCard>({
    ...EnsembleCard,
    properties: {
      ...EnsembleCard.properties,
      combinations: {
        ...combinations,
        items: {
          ...combinations.items,
          properties: {
            ...combinations.items.properties,
            evaluation: MetricsDocument,
            calibration: CalibrationDocument
          }
        }
      }
    }
  })
)
const EnsembleDocument = component(
  'Ensemble',
  Type.Object({ ...Summary, card: CardDocument }, {
    ...closed,
    description: 'How templates of several models are compared together. Only its state can change.'
  })
)

/** Ensembles of models: fit, read, activate, retire. */
const routes: FastifyPluginAsyncTypebox = async app => {
  const { ensembles } = app.service

  app.post('/ensembles', {
    config: { access: 'fit', audit: 'change', admission: 'elsewhere' },
    schema: {
      operationId: 'fitEnsemble',
      tags: ['ensembles'],
      summary: 'Fit an ensemble of models',
      description:
        `A probe and a reference may each have templates of several models. Every template of one is compared with every template of
the other, those of one model by their cosine, those of two in the comparison space of the active map between them, and the
score is a weighted sum. Fits the weights, thresholds and likelihood ratios for every choice of templates on either side, so
that some may be missing, by cross-fitting over identities. The answer comes when the fit is done: after seconds for two models,
a minute or two for three. It serves once it is activated, and only as long as its maps do.`,
      headers: IdempotencyHeaders,
      body: OrderDocument,
      response: {
        200: {
          ...EnsembleDocument,
          headers: CreatedHeaders,
          description: 'The ensemble that the first call with this idempotency key fitted.'
        },
        201: { ...EnsembleDocument, headers: CreatedHeaders, description: 'The ensemble.' },
        ...problems(
          'request-invalid',
          'body-invalid',
          'model-unknown',
          'corpus-unknown',
          'integrity-failed',
          'map-missing',
          'map-retired',
          'idempotency-conflict',
          'body-too-large',
          'media-type-unsupported',
          'pairs-insufficient',
          'template-invalid',
          'unavailable',
          'overloaded'
        )
      }
    }
  }, async (request, reply) => {
    const { ensemble, created } = await ensembles.create(
      request.body,
      await idempotentRequest(request),
      request.exchange.signal
    )
    describeToAudit(request, {
      maps: ensemble.card.spaces.map(({ map }) => map),
      models: modelsOf(ensemble),
      templates: ensemble.card.samples * modelsOf(ensemble).length
    })
    reply.code(created ? 201 : 200).header('location', `/v1/ensembles/${ensemble.id}`)
    return send(reply, ensemble)
  })

  app.get('/ensembles', {
    config: { access: 'any-key' },
    schema: {
      operationId: 'listEnsembles',
      tags: ['ensembles'],
      summary: 'List the ensembles',
      querystring: input(PageQuery),
      response: {
        200: Type.Object({ ensembles: Type.Array(Type.Object(Summary, closed)), next: Next }, {
          ...closed,
          description: 'Oldest first, without their cards.'
        }),
        ...problems('request-invalid')
      }
    }
  }, async request => {
    const { items, next } = await ensembles.list(request.query)
    return { ensembles: items.map(ensemble => ({ ...ensemble, models: modelsOf(ensemble) })), next }
  })

  app.get('/ensembles/:id', {
    config: { access: 'any-key' },
    schema: {
      operationId: 'getEnsemble',
      tags: ['ensembles'],
      summary: 'Read an ensemble',
      params: Params,
      headers: Type.Object(ReadConditions),
      response: {
        200: { ...EnsembleDocument, headers: TagHeader, description: 'The ensemble.' },
        ...NotModified,
        ...problems('request-invalid', 'ensemble-unknown', 'precondition-failed')
      }
    }
  }, async (request, reply) => {
    const ensemble = await ensembles.get(request.params.id)
    return await sendTagged(request, reply, ensemble.etag, { ...ensemble, models: modelsOf(ensemble) })
  })

  app.post('/ensembles/:id/activate', {
    config: { access: 'admin', audit: 'change' },
    schema: {
      operationId: 'activateEnsemble',
      tags: ['ensembles'],
      summary: 'Activate an ensemble',
      description:
        'Several templates a side are compared by it from the answer on, on every replica. The previous ensemble of the same models becomes `fitted` again, and can be reactivated.',
      params: Params,
      headers: Type.Object(ChangeConditions),
      response: {
        200: { ...EnsembleDocument, headers: TagHeader, description: 'The active ensemble.' },
        ...problems('request-invalid', 'ensemble-unknown', 'ensemble-retired', 'map-missing', 'precondition-failed')
      }
    }
  }, async (request, reply) => send(reply, await ensembles.activate(request.params.id, preconditionsOf(request))))

  app.delete('/ensembles/:id', {
    config: { access: 'admin', audit: 'change' },
    schema: {
      operationId: 'retireEnsemble',
      tags: ['ensembles'],
      summary: 'Retire an ensemble',
      description: 'It never serves again. One template a side is compared as before.',
      params: paramsWith(disposableEnsembleId),
      headers: Type.Object(ChangeConditions),
      response: {
        200: { ...EnsembleDocument, headers: TagHeader, description: 'The retired ensemble.' },
        ...problems('request-invalid', 'ensemble-unknown', 'precondition-failed')
      }
    }
  }, async (request, reply) => send(reply, await ensembles.retire(request.params.id, preconditionsOf(request))))

  function send (reply: FastifyReply, ensemble: Ensemble) {
    return reply.header('etag', ensemble.etag).send({ ...ensemble, models: modelsOf(ensemble) })
  }
}

const modelsOf = ({ card }: Ensemble) => modelsOfCard(card)

export default routes
