import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply } from 'fastify'
import { Type, type Static } from 'typebox'
import { Problem } from '../../errors.js'
import { Recalibration } from '../../science/cards/recalibration.js'
import { readVector } from '../../science/template/document.js'
import { ModelId } from '../../science/template/space.js'
import { describeToAudit } from '../audit/index.js'
import {
  CalibrationDocument,
  CalibrationId,
  MapId,
  MetricsDocument,
  type StoredCalibration,
  type StoredMap
} from '../catalogue/index.js'
import { BatchGuard } from '../guard/index.js'
import {
  disposableCalibrationId,
  exampleCalibrationId,
  exampleCorpusId,
  exampleMapId
} from '../../platform/http/documented-examples.js'
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
import { either } from '../../platform/http/schemas/either.js'
import { Next, PageQuery } from '../../platform/http/schemas/page.js'
import { problems } from '../../platform/http/schemas/problem.js'
import { closedVector, Fingerprint, Label, VectorForms } from '../../platform/http/schemas/template.js'
import { createTurns } from '../../platform/turns.js'
import type { OwnTemplate } from './calibrations.js'

const OrderDocument = input({
  corpus: Type.Optional(
    Type.String({
      maxLength: 64,
      description: 'Id of a corpus: all of its templates under either model of the map, paired or not.'
    })
  ),
  templates: Type.Optional(Type.Array(
    Type.Object({
      sample: Type.Optional(
        Label('Name of the image: templates of both models with one name are of the same image, and not compared.')
      ),
      identity: Type.Optional(Label('The person. A template without one counts as a person of its own.')),
      model: Type.Unsafe<string>({ ...ModelId, description: 'The source or the target of the map.' }),
      fingerprint: Type.Optional(Fingerprint),
      ...VectorForms
    }, closedVector),
    { minItems: 1, maxItems: 100_000, description: 'Inline templates; they are not stored.' }
  )),
  means: Enumeration(['own', 'kept'], {
    default: 'own',
    description:
      '`own` centres the comparison space of the map on these templates, since cameras and people differ; `kept` leaves it as it is.'
  }),
  seed: Type.Integer({
    minimum: 0,
    maximum: 0xffffffff,
    default: 42,
    description: 'Seed of the bootstrap, and of the sample when there are many templates.'
  })
}, {
  ...either({ needs: ['corpus'] }, { needs: ['templates'] }),
  description: 'Exactly one of `corpus` and `templates`.',
  examples: [{ corpus: exampleCorpusId, means: 'own' }]
})
type OrderDocument = Static<typeof OrderDocument>

const Summary = {
  id: CalibrationId,
  map: MapId,
  version: Type.Integer({ description: 'Number of the calibration within its map, from 1.' }),
  state: Enumeration(['stored', 'active', 'retired'], {
    description:
      'At most one calibration of a map is active and takes the place of that of its card; a retired one never serves again.'
  }),
  corpusId: Type.Union([Type.String(), Type.Null()], {
    description: 'The corpus that it was made from, if it is still stored.'
  }),
  createdAt: Type.String({ format: 'date-time' }),
  activatedAt: Type.Union([Type.String({ format: 'date-time' }), Type.Null()]),
  retiredAt: Type.Union([Type.String({ format: 'date-time' }), Type.Null()])
}

const orNull = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) => Type.Union([schema, Type.Null()])
const { calibration, evaluation } = Recalibration.properties
const ResultDocument = component(
  'Recalibration',
  Type.Unsafe<Recalibration>({
    ...Recalibration,
    properties: {
      ...Recalibration.properties,
      calibration: {
        ...calibration,
        properties: {
          comparison: orNull(CalibrationDocument),
          crossModel: CalibrationDocument,
          source: CalibrationDocument,
          target: CalibrationDocument
        }
      },
      evaluation: {
        ...evaluation,
        properties: {
          comparison: orNull(MetricsDocument),
          crossModel: MetricsDocument,
          sourceAlone: MetricsDocument,
          targetAlone: MetricsDocument
        }
      }
    }
  })
)
const MapCalibration = component(
  'MapCalibration',
  Type.Object({ ...Summary, result: ResultDocument }, {
    ...closed,
    description: 'A calibration of a map from the templates of another domain. Only its state can change.'
  })
)

const MapParams = Type.Object({ id: Type.Unsafe<string>({ ...MapId, examples: [exampleMapId] }) }, closed)
const paramsWith = (example: string) =>
  Type.Object({
    id: Type.Unsafe<string>({ ...MapId, examples: [exampleMapId] }),
    calibration: Type.Unsafe<string>({ ...CalibrationId, examples: [example] })
  }, closed)
const Params = paramsWith(exampleCalibrationId)

/** Calibrations of maps from the caller's own templates: make, read, activate, retire. */
const routes: FastifyPluginAsyncTypebox = async app => {
  const { calibrations, maps, catalogue } = app.service

  app.post('/maps/:id/calibrations', {
    config: { access: 'fit', audit: 'change', admission: 'elsewhere' },
    schema: {
      operationId: 'calibrateMap',
      tags: ['maps'],
      summary: "Calibrate a map from the caller's own templates",
      description:
        `Fits nothing: the map stays as it is. Thresholds come from the comparisons of different people among these templates, which
take no labels; likelihood ratios from people with several images, where there are such, and else from the card. It takes
templates of 20 people under either model, not necessarily the same. Nothing decides by the calibration until it is
activated. The templates are not stored.`,
      params: MapParams,
      headers: IdempotencyHeaders,
      body: OrderDocument,
      response: {
        200: {
          ...Type.Object({ ...Summary, result: ResultDocument, guard: BatchGuard }, closed),
          headers: CreatedHeaders,
          description: 'The calibration that the first call with this idempotency key made.'
        },
        201: {
          ...Type.Object({ ...Summary, result: ResultDocument, guard: BatchGuard }, closed),
          headers: CreatedHeaders,
          description: 'The calibration, with what the guard found among the templates of the request.'
        },
        ...problems(
          'request-invalid',
          'body-invalid',
          'map-unknown',
          'corpus-unknown',
          'model-unknown',
          'integrity-failed',
          'fingerprint-mismatch',
          'map-retired',
          'idempotency-conflict',
          'body-too-large',
          'media-type-unsupported',
          'template-invalid',
          'template-foreign',
          'pairs-insufficient',
          'unavailable',
          'overloaded'
        )
      }
    }
  }, async (request, reply) => {
    const { corpus, templates: given, means, seed } = request.body
    const map = await maps.get(request.params.id)
    const inline = given === undefined ? undefined : await readTemplates(given, map)
    if ((corpus === undefined) === (inline === undefined)) {
      throw new Problem(
        'request-invalid',
        `body: expected exactly one of "corpus" and "templates", received ${corpus === undefined ? 'neither' : 'both'}`
      )
    }
    const { calibration, created, guard } = await calibrations.create(
      { map: map.id, templates: corpus === undefined ? { inline: inline! } : { corpus }, options: { means, seed } },
      await idempotentRequest(request),
      request.exchange.signal
    )
    describeToAudit(request, {
      maps: [map.id],
      models: [map.source.model, map.target.model],
      templates: calibration.result.source.templates + calibration.result.target.templates
    })
    reply.code(created ? 201 : 200).header('location', `/v1/maps/${map.id}/calibrations/${calibration.id}`)
    reply.header('etag', calibration.etag)
    return { ...calibration, guard }
  })

  app.get('/maps/:id/calibrations', {
    config: { access: 'any-key' },
    schema: {
      operationId: 'listMapCalibrations',
      tags: ['maps'],
      summary: 'List the calibrations of a map',
      params: MapParams,
      querystring: input(PageQuery),
      response: {
        200: Type.Object({ calibrations: Type.Array(Type.Object(Summary, closed)), next: Next }, {
          ...closed,
          description: 'Oldest first, without their results.'
        }),
        ...problems('request-invalid', 'map-unknown')
      }
    }
  }, async request => {
    const { items, next } = await calibrations.list(request.params.id, request.query)
    return { calibrations: items, next }
  })

  app.get('/maps/:id/calibrations/:calibration', {
    config: { access: 'any-key' },
    schema: {
      operationId: 'getMapCalibration',
      tags: ['maps'],
      summary: 'Read a calibration of a map',
      params: Params,
      headers: Type.Object(ReadConditions),
      response: {
        200: { ...MapCalibration, headers: TagHeader, description: 'The calibration.' },
        ...NotModified,
        ...problems('request-invalid', 'calibration-unknown', 'precondition-failed')
      }
    }
  }, async (request, reply) => {
    const calibration = await calibrations.get(request.params.id, request.params.calibration)
    return await sendTagged(request, reply, calibration.etag, calibration)
  })

  app.post('/maps/:id/calibrations/:calibration/activate', {
    config: { access: 'admin', audit: 'change' },
    schema: {
      operationId: 'activateMapCalibration',
      tags: ['maps'],
      summary: 'Activate a calibration of a map',
      description:
        'Verifications, comparisons and identifications by this map decide by it from the answer on, on every replica. The previous one becomes `stored` again, and can be reactivated.',
      params: Params,
      headers: Type.Object(ChangeConditions),
      response: {
        200: { ...MapCalibration, headers: TagHeader, description: 'The active calibration.' },
        ...problems(
          'request-invalid',
          'calibration-unknown',
          'calibration-retired',
          'map-retired',
          'precondition-failed'
        )
      }
    }
  }, async (request, reply) =>
    send(
      reply,
      await calibrations.activate(request.params.id, request.params.calibration, preconditionsOf(request))
    ))

  app.delete(
    '/maps/:id/calibrations/:calibration',
    {
      config: { access: 'admin', audit: 'change' },
      schema: {
        operationId: 'retireMapCalibration',
        tags: ['maps'],
        summary: 'Retire a calibration of a map',
        description: 'It never serves again; the calibration of the card holds, until another one is activated.',
        params: paramsWith(disposableCalibrationId),
        headers: Type.Object(ChangeConditions),
        response: {
          200: { ...MapCalibration, headers: TagHeader, description: 'The retired calibration.' },
          ...problems('request-invalid', 'calibration-unknown', 'precondition-failed')
        }
      }
    },
    async (request, reply) =>
      send(reply, await calibrations.retire(request.params.id, request.params.calibration, preconditionsOf(request)))
  )

  function send (reply: FastifyReply, calibration: StoredCalibration) {
    return reply.header('etag', calibration.etag).send(calibration)
  }

  async function readTemplates (
    given: NonNullable<OrderDocument['templates']>,
    map: StoredMap
  ): Promise<OwnTemplate[]> {
    const turns = createTurns()
    const people = new Map<string, string | null>()
    const seen = new Set<string>()
    const templates: OwnTemplate[] = []
    for (const [i, { sample = `template ${i}`, identity = null, model, fingerprint, ...form }] of given.entries()) {
      const where = `templates[${i}]`
      const side = (['source', 'target'] as const).find(name => map[name].model === model)
      if (side === undefined) {
        throw new Problem(
          'request-invalid',
          `${where}.model: expected "${map.source.model}" or "${map.target.model}", the models of the map, received ` +
            `"${model}"`
        )
      }
      catalogue.checkFingerprint(fingerprint, map[side], where)
      const name = `${side} ${sample}`
      if (seen.has(name)) {
        throw new Problem(
          'request-invalid',
          `${where}.sample: expected one template of model "${model}" of each image, received another of ` +
            JSON.stringify(sample)
        )
      }
      seen.add(name)
      if (
        (people.get(sample) ?? identity) !== identity || (people.has(sample) && people.get(sample) === null &&
          identity !== null)
      ) {
        throw new Problem(
          'request-invalid',
          `${where}.identity: expected ${JSON.stringify(people.get(sample))}, as the other template of image ` +
            `${JSON.stringify(sample)} has it, received ${JSON.stringify(identity)}`
        )
      }
      people.set(sample, identity)
      templates.push({ side, sample, identity, vector: readVector(form, map[side], where) })
      if (turns.over()) await turns.next()
    }
    return templates
  }
}

export default routes
