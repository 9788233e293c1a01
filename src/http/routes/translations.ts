import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { Type, type Static } from 'typebox'
import type { TemplateMatrix } from '../../alignment/matrix.js'
import { Problem } from '../../errors.js'
import type { KnownSpace } from '../../operations/catalogue.js'
import type { GuardReport } from '../../operations/guard/guard.js'
import { ModelId } from '../../recognition/manifest.js'
import { bytesOfFloat32 } from '../../template/float32.js'
import { writeNpy } from '../../template/npy.js'
import { examples } from '../../operations/examples.js'
import * as media from '../media-types.js'
import { closed, component } from '../schemas/component.js'
import { BatchGuard } from '../schemas/guard.js'
import { MapReference, mapReference } from '../schemas/map.js'
import { keyProblems, problems } from '../schemas/problem.js'
import { Fingerprint, TemplateDocument } from '../schemas/template.js'
import { groupTemplates, inRequestOrder, readBinaryTemplates, type BatchPart } from '../template-batch.js'
import { writeTemplate } from '../template-document.js'

const TranslationRequest = Type.Object({
  target: Type.Unsafe<string>({ ...ModelId, description: 'The model into whose space the templates are translated.' }),
  templates: Type.Array(TemplateDocument, { minItems: 1, maxItems: 100_000, description: 'Templates of any models.' })
}, closed)

/** A copy for each media type: the generator of the document takes the example out of the schema. */
const exampleRequest = () => ({ ...TranslationRequest, examples: [{ target: 'r512', templates: [{ model: 'dlib128', data: examples.templates.dlib128 }] }] })

const Translation = component('Translation', Type.Object({
  target: Type.String(),
  fingerprint: Fingerprint,
  maps: Type.Array(MapReference, { description: 'The maps that were applied, one for each source model.' }),
  templates: Type.Array(TemplateDocument, { description: 'L2-normalised, in the order of the request.' }),
  guard: BatchGuard
}, closed))

const Query = Type.Object({
  source: Type.Optional(Type.Unsafe<string>({ ...ModelId, description: 'For binary bodies: the model of the templates.' })),
  target: Type.Optional(Type.Unsafe<string>({ ...ModelId, description: 'For binary bodies: the model into whose space they are translated.' })),
  fingerprint: Type.Optional(Type.Unsafe<string>({ ...Fingerprint, description: 'For binary bodies: the space of the templates, checked when given.' }))
}, closed)

const binary = { schema: { type: 'string', format: 'binary' } }

const routes: FastifyPluginAsyncTypebox = async app => {
  app.post('/translations', {
    config: { access: 'translate' },
    schema: {
      operationId: 'translateTemplates',
      tags: ['translations'],
      summary: 'Translate templates into the space of another model',
      description: `Nothing is stored. \`Content-Type\` and \`Accept\` are independent of each other: JSON with numbers or
base64, NumPy's .npy with shape (n, d), or little-endian float32 one row after the other. Binary bodies hold templates
of one model, named in the address; binary answers name the map in the header \`Crosswalk-Map\`, and what the guard
found in \`Crosswalk-Guard\` (RFC 8941: \`checked\` and \`flagged\` count templates).`,
      querystring: Query,
      body: {
        content: {
          [media.json]: { schema: exampleRequest() },
          [media.base64Json]: { schema: exampleRequest() },
          [media.npy]: binary,
          [media.rawFloat32]: binary
        }
      },
      response: {
        200: {
          description: 'The translated templates.',
          content: {
            [media.json]: { schema: Translation },
            [media.base64Json]: { schema: Translation },
            [media.npy]: binary,
            [media.rawFloat32]: binary
          }
        },
        ...problems(...keyProblems, 'pair-forbidden', 'budget-exhausted', 'request-invalid', 'body-invalid', 'model-unknown', 'not-acceptable', 'fingerprint-mismatch', 'map-missing',
          'body-too-large', 'media-type-unsupported', 'template-invalid', 'template-foreign')
      }
    }
  }, async (request, reply) => {
    const type = media.acceptedType(request, [media.json, media.base64Json, media.npy, media.rawFloat32])
    const { target, parts, ids } = read(request)
    if (request.caller !== null) {
      const templates = parts.reduce((sum, part) => sum + part.templates.rows, 0)
      await app.service.access.admitTranslation(request.caller, parts.map(part => part.space.model), target.model, templates)
    }
    const guard = await app.service.guard.inspect(parts)
    const translated = await Promise.all(parts.map(async ({ space, templates, positions }) =>
      ({ positions, ...await app.service.translate(space, target, templates) })))
    reply.type(type)
    if (type === media.npy || type === media.rawFloat32) {
      reply.header('crosswalk-map', translated.map(part => part.map.id).join(', '))
      if (guard !== null) reply.header('crosswalk-guard', guardHeader(guard))
      const rows = joinRows(translated, target)
      return reply.send(type === media.npy ? writeNpy(rows) : bytesOfFloat32(rows.data))
    }
    return reply.send({
      target: target.model,
      fingerprint: target.fingerprint,
      maps: translated.map(part => mapReference(part.map)),
      templates: inRequestOrder(translated).map((vector, i) => writeTemplate(target, vector, media.vectorForm(type), ids[i])),
      guard
    })
  })

  function read (request: FastifyRequest): { target: KnownSpace, parts: BatchPart[], ids: readonly (string | undefined)[] } {
    const { catalogue } = app.service
    if (media.isJson(request)) {
      const { target, templates } = request.body as Static<typeof TranslationRequest>
      return { target: catalogue.space(target), parts: groupTemplates(templates, catalogue), ids: templates.map(template => template.id) }
    }
    const { source, target, fingerprint } = request.query as Static<typeof Query>
    if (source === undefined || target === undefined) {
      throw new Problem('request-invalid', 'querystring: expected "source" and "target" with a binary body, received ' +
        (source === undefined ? target === undefined ? 'neither' : 'no "source"' : 'no "target"'))
    }
    const space = catalogue.space(source)
    catalogue.checkFingerprint(fingerprint, space, 'querystring: fingerprint')
    const templates = readBinaryTemplates(request, space)
    return { target: catalogue.space(target), parts: [{ space, templates, positions: Array.from({ length: templates.rows }, (_, i) => i) }], ids: [] }
  }
}

/** (n, dTarget), rows in the order of the request; a single part is passed through. */
function joinRows (parts: readonly { templates: TemplateMatrix, positions: readonly number[] }[], target: KnownSpace): TemplateMatrix {
  if (parts.length === 1) return parts[0]!.templates
  const vectors = inRequestOrder(parts)
  const data = new Float32Array(vectors.length * target.dimension)
  vectors.forEach((vector, row) => data.set(vector, row * target.dimension))
  return { rows: vectors.length, cols: target.dimension, data }
}

/** A dictionary of RFC 8941. */
function guardHeader ({ checked, flagged, foreign, likelier }: GuardReport<number>): string {
  return `checked=${checked}, flagged=${flagged.length}, foreign=?${foreign ? 1 : 0}` + (likelier === null ? '' : `, likelier="${likelier}"`)
}

export default routes
