import { ModelId } from '../../science/template/space.js'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type, type Static } from 'typebox'
import { minLambda } from '../../science/alignment/ridge.js'
import { spreads } from '../../science/alignment/spread.js'
import { Problem } from '../../errors.js'
import { type KnownSpace, MapDocument, MapId, MapSummary, type StoredMap } from '../catalogue/index.js'
import { requireFurtherScope } from '../access/index.js'
import type { Activation } from './activation.js'
import { readFitOrder } from './fit-order.js'
import type { FitPairs } from './maps.js'
import { disposableMapId, exampleCorpusId, exampleMapId, examples } from '../../platform/http/documented-examples.js'
import { renderCardPage } from './card-page.js'
import { placesOf } from '../../platform/pages/document.js'
import { createPageCache } from '../../platform/pages/page-cache.js'
import { sendPage } from '../../platform/pages/send-page.js'
import { readVector } from '../../science/template/document.js'
import {
  ChangeConditions,
  CreatedHeaders,
  NotModified,
  preconditionsOf,
  ReadConditions,
  sendTagged
} from '../../platform/http/conditions.js'
import { IdempotencyHeaders, idempotentRequest } from '../../platform/http/idempotency.js'
import { Accepted, jobProblems, PreferHeader, prefersJob, respondAsync } from '../jobs/index.js'
import { mapInTurns } from '../../platform/turns.js'
import { closed, Enumeration, input } from '../../platform/http/schemas/component.js'
import { either, onlyWith } from '../../platform/http/schemas/either.js'
import { Next, PageQuery } from '../../platform/http/schemas/page.js'
import { problems } from '../../platform/http/schemas/problem.js'
import { closedVector, Label, VectorForms } from '../../platform/http/schemas/template.js'

const FitRequestDocument = input({
  source: Type.Unsafe<string>({ ...ModelId, description: 'The model whose templates are translated.' }),
  target: Type.Unsafe<string>({ ...ModelId, description: 'The model into whose space they are translated.' }),
  method: Enumeration(['auto', 'dual', 'procrustes', 'linear', 'ridge', 'low-rank-ridge', 'composition'], {
    default: 'auto',
    description:
      'The estimator; `auto` chooses by cross-validation over identities. `composition` fits nothing: it composes two active maps into one, and evaluates and calibrates that on these pairs.'
  }),
  lambda: Type.Optional(
    Type.Number({
      minimum: minLambda,
      maximum: 1e6,
      description:
        "For `ridge` and `low-rank-ridge`: the penalty relative to the mean eigenvalue of the source's Gram matrix. Cross-validated when absent."
    })
  ),
  rank: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 4096,
      description:
        'For `low-rank-ridge`: the rank of the weights, no more than the smaller dimension. Cross-validated when absent.'
    })
  ),
  spread: Type.Optional(
    Enumeration(spreads, {
      description:
        'For a named estimator: `restored` scales the weights so that translated templates spread about the target mean as widely as native ones; `fitted`, the default, leaves them as they are. `auto` chooses.'
    })
  ),
  via: Type.Optional(
    Type.Unsafe<string>({
      ...ModelId,
      description:
        'For `composition`: the model between the two maps. When absent, every model with active maps from the source and to the target is tried, and the best on the training identities is taken.'
    })
  ),
  seed: Type.Integer({
    minimum: 0,
    maximum: 0xffffffff,
    default: 42,
    description: 'Seed of the split by identity and of every other random draw.'
  }),
  heldOutFraction: Type.Optional(
    Type.Number({
      minimum: 0.1,
      maximum: 0.5,
      description:
        'Share of the identities held out of the fit, to evaluate and calibrate the map. Default: everybody fits the map, and its card comes from cross-fitting: five folds of identities, each scored by the same kind of map fitted on the other four.'
    })
  ),
  activate: Type.Boolean({
    default: false,
    description:
      'Whether to activate the map at once, as `activateMap` does; this also requires the scope `admin`. A map whose card says `unfit` stays `fitted`, and the answer is 409 `map-not-activated`.'
  }),
  activateUnfit: Type.Boolean({
    default: false,
    description: 'With `activate`: whether to activate the map even if its card says `unfit`.'
  }),
  corpus: Type.Optional(
    Type.String({
      maxLength: 64,
      description: 'Id of a corpus: every sample with a template under both models is a pair.'
    })
  ),
  pairs: Type.Optional(Type.Array(
    Type.Object({
      sample: Type.Optional(Label('Name of the image.')),
      identity: Type.Optional(Label('The person: images of one person stay on one side of every split.')),
      group: Type.Optional(
        Label('The group of the image, such as a demographic group or a site: the card reports figures for each group.')
      ),
      source: Type.Optional(Type.Object(VectorForms, closedVector)),
      target: Type.Optional(Type.Object(VectorForms, closedVector))
    }, closed),
    { minItems: 1, maxItems: 100_000, description: 'Inline pairs: templates of the same image under both models.' }
  ))
}, {
  ...either({ needs: ['corpus'] }, { needs: ['pairs'] }),
  ...onlyWith({
    lambda: { method: ['ridge', 'low-rank-ridge'] },
    rank: { method: ['low-rank-ridge'] },
    spread: { method: ['dual', 'procrustes', 'linear', 'ridge', 'low-rank-ridge'] },
    via: { method: ['composition'] }
  }),
  examples: [{ source: 'example-a', target: 'example-b', method: 'auto', pairs: examples.pairs }]
})

const Params = Type.Object({ id: Type.Unsafe<string>({ ...MapId, examples: [exampleMapId] }) }, closed)
const Conditions = Type.Object(ChangeConditions)
const CreatedMap = { headers: CreatedHeaders }
const ETag = { headers: { etag: { type: 'string', description: 'Changes with the state of the map.' } } }
const PageETag = { headers: { etag: { type: 'string', description: 'Changes with the content of the page.' } } }
const IfNoneMatch = Type.Object(ReadConditions)

/** Maps and their cards: fit, read, activate, retire. */
const routes: FastifyPluginAsyncTypebox = async app => {
  const { maps, catalogue, corpora } = app.service

  app.post('/maps', {
    config: { access: 'fit', audit: 'change', admission: 'elsewhere' },
    schema: {
      operationId: 'fitMap',
      tags: ['maps'],
      summary: 'Fit a map',
      description:
        `Fits a map, evaluates and calibrates it by cross-fitting over identities, or on a held-out share, and stores it with its card as
\`fitted\`. It serves once it is activated. The answer comes when the fit is done: after seconds, or minutes for large corpora.
With an \`Idempotency-Key\` the call can be repeated after a lost connection. With \`Prefer: respond-async\` the answer comes at
once, and is a job; this requires a corpus. With \`activate\` the map serves as soon as it is stored, or when the job ends,
unless its card says \`unfit\` or the API key has been revoked by then.`,
      headers: Type.Object({ ...IdempotencyHeaders.properties, ...PreferHeader }),
      body: FitRequestDocument,
      response: {
        ...Accepted,
        200: {
          ...MapDocument,
          ...CreatedMap,
          description: 'The map that the first call with this idempotency key fitted.'
        },
        201: { ...MapDocument, ...CreatedMap, description: 'The map with its card.' },
        ...problems(
          'request-invalid',
          'body-invalid',
          'model-unknown',
          'corpus-unknown',
          'integrity-failed',
          ...jobProblems,
          'body-too-large',
          'media-type-unsupported',
          'template-invalid',
          'pairs-insufficient',
          'pairs-one-sided',
          'pairs-rank-deficient',
          'map-missing',
          'map-retired',
          'map-not-activated',
          'unavailable'
        )
      }
    }
  }, async (request, reply) => {
    const { pairs, corpus, activate, activateUnfit, ...order } = request.body
    const activation = readActivation(request, reply)
    const fit = readFitOrder(catalogue, order)
    const given = await readPairs(request.body, fit)
    if (prefersJob(request)) {
      // A queued request is stored, and templates of a request never are.
      if (!('corpus' in given)) {
        throw new Problem(
          'request-invalid',
          'pairs: expected the id of a corpus, with Prefer: respond-async, received pairs, which are never stored'
        )
      }
      await corpora.get(given.corpus)
      return await respondAsync(request, reply, 'fit', { ...order, ...given, activate, activateUnfit })
    }
    const { map, created } = await maps.fit({ ...fit, pairs: given, activation }, await idempotentRequest(request))
    reply.code(created ? 201 : 200).header('location', `/v1/maps/${map.id}`)
    return send(reply, map)
  })

  app.get('/maps', {
    config: { access: 'any-key' },
    schema: {
      operationId: 'listMaps',
      tags: ['maps'],
      summary: 'List the maps',
      querystring: input({
        source: Type.Optional(ModelId),
        target: Type.Optional(ModelId),
        state: Type.Optional(Enumeration(['fitted', 'active', 'retired'])),
        ...PageQuery
      }),
      response: {
        200: Type.Object({ maps: Type.Array(MapSummary), next: Next }, {
          ...closed,
          description: 'Oldest first, without their cards.'
        }),
        ...problems('request-invalid')
      }
    }
  }, async request => {
    const { items, next } = await maps.list(request.query)
    return { maps: items, next }
  })

  app.get('/maps/:id', {
    config: { access: 'any-key' },
    schema: {
      operationId: 'getMap',
      tags: ['maps'],
      summary: 'Read a map with its card',
      description: '`/v1/maps/{id}/card` has the card as a page with plots.',
      params: Params,
      headers: IfNoneMatch,
      response: {
        200: { ...MapDocument, ...ETag, description: 'The map with its card.' },
        ...NotModified,
        ...problems('request-invalid', 'map-unknown', 'precondition-failed')
      }
    }
  }, async (request, reply) => {
    const map = await maps.get(request.params.id)
    return await sendTagged(request, reply, map.etag, map)
  })

  const cardPage = createPageCache((map: StoredMap) => renderCardPage(map, placesOf(app)))
  app.get('/maps/:id/card', {
    config: { access: 'any-key', page: true },
    schema: {
      operationId: 'getMapCard',
      tags: ['maps'],
      summary: 'Read the card of a map as a page',
      description:
        `The verdict and its evidence: tables, and plots of the detection error trade-off, the scores, the cumulative match
characteristic and the learning curve. A self-contained document without scripts, for light and dark screens and for print.
Programs use \`/v1/maps/{id}\`.`,
      params: Params,
      headers: IfNoneMatch,
      response: {
        200: { description: 'The card.', ...PageETag, content: { 'text/html': { schema: { type: 'string' } } } },
        ...NotModified,
        ...problems('request-invalid', 'map-unknown', 'precondition-failed')
      }
    }
  }, async (request, reply) => await sendPage(request, reply, await cardPage(await maps.get(request.params.id))))

  app.get('/maps/:id/refit', {
    config: { access: 'fit' },
    schema: {
      operationId: 'adviseRefit',
      tags: ['maps'],
      summary: 'Ask whether to fit a map again',
      description:
        `For a corpus that grows while the map serves: compares the people that it has pairs of with those that the map was fitted on,
and extrapolates the learning curve of the card. Nothing is fitted. When it is suggested, \`POST /v1/maps\` with the corpus fits
a map, whose card has the active one beside it, measured on the same people (\`shadow\`); nothing serves until somebody
activates it.`,
      params: Params,
      querystring: Type.Object({
        corpus: Type.String({ maxLength: 64, description: 'Id of the corpus.', examples: [exampleCorpusId] })
      }, closed),
      response: {
        200: Type.Object({
          suggested: Type.Boolean({ description: 'Whether a fit is expected to pay.' }),
          reason: Type.String({ description: 'Why, in a sentence.' }),
          before: Type.Integer({ description: 'People that the map was fitted on.' }),
          now: Type.Integer({ description: 'People that the corpus has pairs of.' }),
          fmr: Type.Union([Type.Number(), Type.Null()], {
            description: 'The false match rate of the gain; null where the card has none.'
          }),
          expectedGain: Type.Union([Type.Number(), Type.Null()], {
            description: 'Of the TMR at `fmr`; null where the card does not tell, or there are hardly more people.'
          })
        }, { ...closed, description: 'Whether to fit again.' }),
        ...problems('request-invalid', 'map-unknown', 'corpus-unknown')
      }
    }
  }, async request => await maps.adviseRefit(request.params.id, request.query.corpus))

  app.post('/maps/:id/activate', {
    config: { access: 'admin', audit: 'change' },
    schema: {
      operationId: 'activateMap',
      tags: ['maps'],
      summary: 'Activate a map',
      description:
        'It becomes the active map of its directed pair. The previous one becomes `fitted` again, and can be reactivated.',
      params: Params,
      headers: Conditions,
      response: {
        200: { ...MapDocument, ...ETag, description: 'The active map.' },
        ...problems('request-invalid', 'map-unknown', 'map-retired', 'precondition-failed')
      }
    }
  }, async (request, reply) => send(reply, await maps.activate(request.params.id, preconditionsOf(request))))

  app.delete('/maps/:id', {
    config: { access: 'admin', audit: 'change' },
    schema: {
      operationId: 'retireMap',
      tags: ['maps'],
      summary: 'Retire a map',
      description: 'It never serves again. Its card stays readable.',
      params: Type.Object({ id: Type.Unsafe<string>({ ...MapId, examples: [disposableMapId] }) }, closed),
      headers: Conditions,
      response: {
        200: { ...MapDocument, ...ETag, description: 'The retired map.' },
        ...problems('request-invalid', 'map-unknown', 'precondition-failed')
      }
    }
  }, async (request, reply) => send(reply, await maps.retire(request.params.id, preconditionsOf(request))))

  function send (reply: FastifyReply, map: StoredMap) {
    return reply.header('etag', map.etag).send(map)
  }

  function readActivation (
    request: FastifyRequest<{ Body: Static<typeof FitRequestDocument> }>,
    reply: FastifyReply
  ): Activation | undefined {
    const { caller, id, body: { activate, activateUnfit: evenUnfit } } = request
    if (!activate) {
      if (evenUnfit) {
        throw new Problem('request-invalid', 'activateUnfit: expected only with "activate": true, received without')
      }
      return undefined
    }
    requireFurtherScope(request, reply, 'admin')
    return {
      evenUnfit,
      origin: { request: id, key: caller === null ? null : { id: caller.id, prefix: caller.prefix } }
    }
  }

  async function readPairs (
    { corpus, pairs }: Static<typeof FitRequestDocument>,
    { source, target }: { source: KnownSpace, target: KnownSpace }
  ): Promise<FitPairs> {
    if ((corpus === undefined) === (pairs === undefined)) {
      throw new Problem(
        'request-invalid',
        `body: expected exactly one of "corpus" and "pairs", received ${corpus === undefined ? 'neither' : 'both'}`
      )
    }
    if (corpus !== undefined) return { corpus }
    return {
      inline: await mapInTurns(pairs!, (pair, i) => {
        if (pair.source === undefined || pair.target === undefined) {
          throw new Problem(
            'pairs-one-sided',
            `pairs[${i}]: expected a template under "${source.model}" and under "${target.model}", received ` +
              (pair.source === undefined
                ? pair.target === undefined ? 'neither' : 'none under the source'
                : 'none under the target')
          )
        }
        return {
          sample: pair.sample ?? `pair ${i}`,
          identity: pair.identity ?? null,
          group: pair.group ?? null,
          source: readVector(pair.source, source, `pairs[${i}].source`),
          target: readVector(pair.target, target, `pairs[${i}].target`)
        }
      })
    }
  }
}

export default routes
