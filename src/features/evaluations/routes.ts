import { ModelId } from '../../science/template/space.js'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { analysisNames, defaultAnalyses } from '../../science/cards/model-analyses.js'
import { evaluationMethods } from '../../science/cards/model-evaluation.js'
import { exampleCorpusId, exampleEvaluationId } from '../../platform/http/documented-examples.js'
import { placesOf } from '../../platform/pages/document.js'
import { createPageCache } from '../../platform/pages/page-cache.js'
import { renderStoredEvaluation } from './evaluation-page.js'
import { sendPage } from '../../platform/pages/send-page.js'
import { entityTag } from '../../platform/preconditions.js'
import type { StoredEvaluation } from './evaluations-repository.js'
import { LocationHeader, NotModified, ReadConditions, sendTagged, TagHeader } from '../../platform/http/conditions.js'
import { IdempotencyHeaders, idempotentRequest } from '../../platform/http/idempotency.js'
import { Accepted, jobProblems, PreferHeader, prefersJob, respondAsync } from '../jobs/index.js'
import { closed, Enumeration, input } from '../../platform/http/schemas/component.js'
import { EvaluationDocument, EvaluationId, EvaluationSummary } from './evaluation-schema.js'
import { Next, PageQuery } from '../../platform/http/schemas/page.js'
import { problems } from '../../platform/http/schemas/problem.js'

/** Maximum number of models: every ordered pair of them is fitted and tested. */
const maxModels = 20

const EvaluationRequestDocument = input({
  corpus: Type.String({
    maxLength: 64,
    description:
      'Id of a corpus. Samples with a template under every model are used: those of the training identities fit the maps, the rest test them.'
  }),
  models: Type.Optional(
    Type.Array(Type.Unsafe<string>(ModelId), {
      minItems: 2,
      maxItems: maxModels,
      uniqueItems: true,
      description: 'When absent, all models with templates in the corpora.'
    })
  ),
  testCorpus: Type.Optional(
    Type.String({
      maxLength: 64,
      description: 'Id of another corpus to test the same maps on: how well they generalise to other data.'
    })
  ),
  method: Enumeration(evaluationMethods, {
    default: 'ridge',
    description:
      'The estimator of every map; `ridge` has the relative penalty 0.1. `auto` chooses for each pair by cross-validation, which takes many times longer.'
  }),
  fmr: Type.Number({
    minimum: 1e-6,
    maximum: 1e-1,
    default: 1e-3,
    description: 'False match rate at which true match rates are given.'
  }),
  seed: Type.Integer({
    minimum: 0,
    maximum: 0xffffffff,
    default: 42,
    description: 'Seed of the split by identity and of every other random draw.'
  }),
  heldOutFraction: Type.Number({
    minimum: 0.1,
    maximum: 0.5,
    default: 0.3,
    description: 'Share of the identities of the corpus held out of the fits.'
  }),
  analyses: Type.Array(Enumeration(analysisNames), {
    uniqueItems: true,
    maxItems: analysisNames.length,
    default: [...defaultAnalyses],
    description:
      `What to measure beside the matrix, each with its interval. \`similarity\`: RSA and debiased linear CKA of every two
models. \`families\`: clusters of models, and how stable they are. \`dataEfficiency\`: true match rate by number of fitting
identities. \`ridgeSensitivity\`: true match rate by penalty. \`quadratic\`: whether a quadratic map does better than a linear
one. The first two take seconds; the others take longer than everything else together, \`quadratic\` longest.`
  })
}, {
  examples: [{ corpus: exampleCorpusId, models: ['example-a', 'example-b'], fmr: 0.1 }]
})

const Params = Type.Object({ id: Type.Unsafe<string>({ ...EvaluationId, examples: [exampleEvaluationId] }) }, closed)

/** The cross-model matrix of several models. */
const routes: FastifyPluginAsyncTypebox = async app => {
  const { evaluations } = app.service

  app.post('/evaluations', {
    config: { access: 'fit', audit: 'change', admission: 'elsewhere' },
    schema: {
      operationId: 'evaluateModels',
      tags: ['evaluations'],
      summary: 'Evaluate several models on a corpus',
      description:
        `Fits a map for every ordered pair of models on the training identities and measures all of them on the held-out ones:
the cross-model matrix before and after alignment, on different images and, as in the paper, on the same image too; a
dendrogram of the models; which of them are sources and which sinks; and how the figures change on another corpus.
\`analyses\` adds whether the models encode identity alike. The maps are not kept. The answer comes when that is done, about a minute for five models and 10,000 samples. With an
\`Idempotency-Key\` the call can be repeated after a lost connection. With \`Prefer: respond-async\` the answer comes at once, and
is a job. \`/v1/evaluations/{id}/page\` has the evaluation as a page.`,
      headers: Type.Object({ ...IdempotencyHeaders.properties, ...PreferHeader }),
      body: EvaluationRequestDocument,
      response: {
        ...Accepted,
        200: {
          ...EvaluationDocument,
          headers: LocationHeader,
          description: 'The evaluation that the first call with this idempotency key created.'
        },
        201: { ...EvaluationDocument, headers: LocationHeader, description: 'The evaluation.' },
        ...problems(
          'request-invalid',
          'body-invalid',
          'model-unknown',
          'corpus-unknown',
          'integrity-failed',
          ...jobProblems,
          'body-too-large',
          'media-type-unsupported',
          'pairs-insufficient',
          'pairs-rank-deficient',
          'unavailable'
        )
      }
    }
  }, async (request, reply) => {
    if (prefersJob(request)) {
      await evaluations.check(request.body)
      return await respondAsync(request, reply, 'evaluation', request.body)
    }
    const { evaluation, created } = await evaluations.create(request.body, await idempotentRequest(request))
    return await reply.code(created ? 201 : 200).header('location', `/v1/evaluations/${evaluation.id}`).send(evaluation)
  })

  app.get('/evaluations', {
    config: { access: 'any-key' },
    schema: {
      operationId: 'listEvaluations',
      tags: ['evaluations'],
      summary: 'List the evaluations',
      querystring: input(PageQuery),
      response: {
        200: Type.Object({ evaluations: Type.Array(EvaluationSummary), next: Next }, {
          ...closed,
          description: 'Oldest first, without their figures.'
        }),
        ...problems('request-invalid')
      }
    }
  }, async request => {
    const { items, next } = await evaluations.list(request.query)
    return { evaluations: items, next }
  })

  app.get('/evaluations/:id', {
    config: { access: 'any-key' },
    schema: {
      operationId: 'getEvaluation',
      tags: ['evaluations'],
      summary: 'Read an evaluation',
      params: Params,
      headers: Type.Object(ReadConditions),
      response: {
        200: { ...EvaluationDocument, headers: TagHeader, description: 'The evaluation.' },
        ...NotModified,
        ...problems('request-invalid', 'evaluation-unknown', 'precondition-failed')
      }
    }
  }, async (request, reply) => {
    const evaluation = await evaluations.get(request.params.id)
    return await sendTagged(request, reply, entityTag(evaluation), evaluation)
  })

  const evaluationPage = createPageCache(({ evaluation }: { evaluation: StoredEvaluation, etag: string }) =>
    renderStoredEvaluation(evaluation, placesOf(app))
  )
  app.get('/evaluations/:id/page', {
    config: { access: 'any-key', page: true },
    schema: {
      operationId: 'getEvaluationPage',
      tags: ['evaluations'],
      summary: 'Read an evaluation as a page',
      description:
        `Heat maps before and after alignment, the dendrogram, sources and sinks, the analyses, and tables. A self-contained document without
scripts, for light and dark screens and for print.`,
      params: Params,
      headers: Type.Object(ReadConditions),
      response: {
        200: {
          description: 'The page.',
          headers: { etag: { type: 'string', description: 'Changes with the content of the page.' } },
          content: { 'text/html': { schema: { type: 'string' } } }
        },
        ...NotModified,
        ...problems('request-invalid', 'evaluation-unknown', 'precondition-failed')
      }
    }
  }, async (request, reply) => {
    const evaluation = await evaluations.get(request.params.id)
    const page = await evaluationPage({
      evaluation,
      etag: [evaluation.id, evaluation.corpusId, evaluation.testCorpusId].join()
    })
    return await sendPage(request, reply, page)
  })
}

export default routes
