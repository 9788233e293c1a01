import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply } from 'fastify'
import { Type } from 'typebox'
import { Problem } from '../../errors.js'
import { documentedComparison } from '../../platform/http/documented-examples.js'
import * as media from '../../platform/http/media-types.js'
import { closed, component, Enumeration, input } from '../../platform/http/schemas/component.js'
import { keyProblems, problems } from '../../platform/http/schemas/problem.js'
import { Fingerprint, TemplateDocument } from '../../platform/http/schemas/template.js'
import { ModelId } from '../../science/template/space.js'
import type { Disclosure } from '../../science/scores/disclosure.js'
import { describeToAudit } from '../audit/index.js'
import { type KnownSpace, MapReference, mapReference } from '../catalogue/index.js'
import { BatchGuard, type GuardReport } from '../guard/index.js'
import { ComparedInDocument } from '../verifications/index.js'
import type { ComparedSides, Comparison } from './comparison.js'
import { readSides, type Sides } from './read-sides.js'
import { sendScores } from './write-scores.js'

const maxTemplates = 100_000

const Templates = (description: string) =>
  Type.Array(TemplateDocument, { minItems: 1, maxItems: maxTemplates, description })

const ComparisonRequest = Type.Object({
  probes: Templates('Templates of one model.'),
  references: Type.Optional(
    Templates('Templates of one model, the same or another. Without them the probes are compared with one another.')
  )
}, closed)

/** A copy for each media type: the generator of the OpenAPI document removes the example from the schema. */
const exampleRequest = () => ({ ...ComparisonRequest, examples: [documentedComparison] })

const Model = (description: string) => Type.Optional(Type.Unsafe<string>({ ...ModelId, description }))
const Checked = (description: string) => Type.Optional(Type.Unsafe<string>({ ...Fingerprint, description }))

const Query = input({
  probe: Model('For binary bodies and forms: the model of the probes.'),
  reference: Model('For forms: the model of the references; that of the probes when absent.'),
  probeFingerprint: Checked('The space of the probes, checked when given.'),
  referenceFingerprint: Checked('The space of the references, checked when given.'),
  fmr: Type.Number({
    minimum: 1e-6,
    maximum: 0.1,
    default: 1e-3,
    description: 'The false match rate that the threshold in the answer is for.'
  })
})

const ComparedModel = Type.Object({ model: Type.String(), fingerprint: Fingerprint }, closed)

const ComparisonDocument = component(
  'Comparison',
  Type.Object({
    probe: ComparedModel,
    reference: ComparedModel,
    comparisonSpace: ComparedInDocument,
    map: Type.Union([MapReference, Type.Null()], {
      description: 'The map that defines the comparison space; null when both sides are of one space.'
    }),
    fmr: Type.Number({
      description:
        'The false match rate of the threshold: the requested one, but at most 0.001 for a key that is not told exact scores.'
    }),
    threshold: Type.Union([Type.Number(), Type.Null()], {
      description:
        'The lowest score that matches at the false match rate; null when the calibration does not support it.'
    }),
    support: Enumeration(['measured', 'extrapolated', 'unsupported'], { description: 'As in a verification.' }),
    interval: Type.Union([Type.Object({ lower: Type.Number(), upper: Type.Number() }, closed), Type.Null()], {
      description: '95 % interval of the false match rate at the threshold; null when not measured.'
    }),
    guard: Type.Union([
      Type.Object({ probes: BatchGuard, references: BatchGuard }, {
        ...closed,
        description: 'What the guard found in each side; null for references that are the probes.'
      }),
      Type.Null()
    ]),
    scores: Type.Array(Type.Array(Type.Union([Type.Number(), Type.Null()])), {
      description:
        'One row per probe, with its score against each reference in single precision; null where the key is not told it.'
    })
  }, closed)
)

/** What binary answers have in headers and JSON has beside the scores. */
const BinaryHeaders = {
  'crosswalk-map': { type: 'string', description: 'Of a binary answer: id of the map, where one compares.' },
  'crosswalk-threshold': {
    type: 'string',
    description: 'Of a binary answer: `fmr`, `support` and the threshold as `score`, where there is one (RFC 8941).'
  },
  'crosswalk-guard': { type: 'string', description: 'Of a binary answer: what the guard found (RFC 8941).' }
}
const binary = { schema: { type: 'string', format: 'binary' } }
const rows = { ...binary.schema, description: 'An .npy file, or rows of little-endian float32.' }

const routes: FastifyPluginAsyncTypebox = async app => {
  app.post('/comparisons', {
    config: { access: 'verify', audit: 'decision' },
    schema: {
      operationId: 'compareTemplates',
      tags: ['verifications'],
      summary: 'Compare many probes with many references',
      description:
        `Every probe is compared with every reference, in the comparison space and with the score of a verification. The answer
is a matrix of N rows, one per probe, and M columns, one per reference. Each side has templates of one model. JSON names the
models in the templates. A form has the files \`probes\` and \`references\`, each an .npy file or rows of little-endian float32,
and the query string names their models. A binary body has rows of one model, which are compared with one another, as are
probes without references.

The request is read completely before anything is computed. The answer is JSON, .npy of shape (N, M), or rows of
little-endian float32, depending on \`Accept\`. It may be larger than memory: it is computed in blocks of 1 MiB as it is read,
so a slow reader slows the computation down. If a block fails, or the map is retired meanwhile, the connection is closed
before the end of the answer, which clients report as incomplete. Binary answers carry in headers what JSON has beside the
scores: \`Crosswalk-Map\`, \`Crosswalk-Threshold\` and \`Crosswalk-Guard\` (RFC 8941). The guard judges at most 50 templates per side;
larger batches are sampled evenly.

Every score counts as one template in the budget of an API key. A key that is told coarse scores sees those of matches, and null
(NaN in binary) elsewhere; a key that is told decisions only is refused. Nothing is stored.`,
      querystring: Query,
      body: {
        content: {
          [media.json]: { schema: exampleRequest() },
          [media.base64Json]: { schema: exampleRequest() },
          [media.npy]: binary,
          [media.rawFloat32]: binary,
          'multipart/form-data': {
            schema: { type: 'object', required: ['probes'], properties: { probes: rows, references: rows } }
          }
        }
      },
      response: {
        200: {
          description: 'The scores.',
          headers: BinaryHeaders,
          content: {
            [media.json]: { schema: ComparisonDocument },
            [media.npy]: binary,
            [media.rawFloat32]: binary
          }
        },
        ...problems(
          ...keyProblems,
          'pair-forbidden',
          'scores-withheld',
          'budget-exhausted',
          'request-invalid',
          'body-invalid',
          'model-unknown',
          'not-acceptable',
          'fingerprint-mismatch',
          'map-missing',
          'map-retired',
          'body-too-large',
          'media-type-unsupported',
          'template-invalid',
          'template-foreign'
        )
      }
    }
  }, async (request, reply) => {
    const { catalogue, compare, comparer, access } = app.service
    const { caller, query } = request
    const type = media.acceptedType(request, [media.json, media.npy, media.rawFloat32])
    const disclosure = caller?.scores ?? 'exact'
    refuseWithoutScores(disclosure)
    const given = await readSides(request, query, catalogue)
    const sides: ComparedSides = { probes: given.probes, references: given.references ?? given.probes }
    const [probe, reference] = [sides.probes.space, sides.references.space]
    const comparison = await compare(sides, { fmr: query.fmr, disclosure })
    const comparisons = comparison.rows * comparison.columns
    describeToAudit(request, {
      models: [probe.model, reference.model],
      maps: comparison.map === undefined ? [] : [comparison.map.id],
      templates: given.probes.templates.rows + (given.references?.templates.rows ?? 0),
      comparisons
    })
    request.keep(comparison.bytes)
    request.admitWork(comparison.cost, comparer.threads)
    await access.comparisons(caller, comparisons)(probe.model, [reference.model])
    const guard = await inspect(given)
    if (type !== media.json) describeInHeaders(reply, comparison, guard)
    return await sendScores(request, reply, type, comparison, frameOf(probe, reference, comparison, guard))
  })

  /** @throws Problem `template-foreign` when the guard refuses and a side, taken together, is foreign */
  async function inspect ({ probes, references }: Sides): Promise<SidesGuard | null> {
    const { guard } = app.service
    const [first, second] = await Promise.all([
      guard.inspect([probes]).catch(naming('probes')),
      references === null ? null : guard.inspect([references]).catch(naming('references'))
    ])
    return first === null ? null : { probes: first, references: second }
  }
}

/** What the guard found in each side. */
interface SidesGuard {
  readonly probes: GuardReport<number>
  readonly references: GuardReport<number> | null
}

/** Names the side in what the guard refuses. */
const naming = (side: keyof Sides) => (error: unknown): never => {
  throw error instanceof Problem ? new Problem(error.code, `${side}: ${error.detail}`, error.extensions) : error
}

function refuseWithoutScores (disclosure: Disclosure): void {
  if (disclosure !== 'none') return
  throw new Problem(
    'scores-withheld',
    'expected an API key that is told scores, received one that is told decisions only: POST /v1/verifications decides for it'
  )
}

/** The members of a JSON answer before its scores. */
function frameOf (
  probe: KnownSpace,
  reference: KnownSpace,
  { comparisonSpace, map, fmr, threshold, support, interval }: Comparison,
  guard: SidesGuard | null
): object {
  return {
    probe: { model: probe.model, fingerprint: probe.fingerprint },
    reference: { model: reference.model, fingerprint: reference.fingerprint },
    comparisonSpace,
    map: map === undefined ? null : mapReference(map),
    fmr,
    threshold,
    support,
    interval,
    guard
  }
}

/** The same for binary answers, as dictionaries of RFC 8941. */
function describeInHeaders (
  reply: FastifyReply,
  { map, fmr, threshold, support }: Comparison,
  guard: SidesGuard | null
): void {
  if (map !== undefined) reply.header('crosswalk-map', map.id)
  reply.header(
    'crosswalk-threshold',
    `fmr=${fmr}, support=${support}${threshold === null ? '' : `, score=${threshold}`}`
  )
  if (guard === null) return
  const sides = Object.entries(guard).filter((side): side is [string, GuardReport<number>] => side[1] !== null)
  reply.header('crosswalk-guard', sides.map(([side, report]) => side + guardParameters(report)).join(', '))
}

const guardParameters = ({ checked, flagged, foreign, likelier }: GuardReport<number>): string =>
  `;checked=${checked};flagged=${flagged.length};foreign=?${foreign ? 1 : 0}` +
  (likelier === null ? '' : `;likelier="${likelier}"`)

export default routes
