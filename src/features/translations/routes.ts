import { ModelId } from '../../science/template/space.js'
import { Readable } from 'node:stream'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type, type Static } from 'typebox'
import type { TemplateMatrix } from '../../science/linear-algebra/matrix.js'
import { Problem } from '../../errors.js'
import {
  groupTemplates,
  inRequestOrder,
  type KnownSpace,
  MapReference,
  mapReference,
  readSpace,
  type StoredMap,
  vectorsOf,
  writeTemplates
} from '../catalogue/index.js'
import { exampleData } from '../../platform/http/documented-examples.js'
import { BatchGuard, type GuardReport } from '../guard/index.js'
import { rowsPerChunk } from '../../science/template/row-chunks.js'
import { describeToAudit } from '../audit/index.js'
import { bytesOfFloat32 } from '../../science/template/float32.js'
import { npyHeader, writeNpy } from '../../science/template/npy.js'
import * as media from '../../platform/http/media-types.js'
import { readRowStream } from '../../platform/http/bodies/row-stream.js'
import { sendPieces } from '../../platform/http/long-answer.js'
import { guardHeader, translateChunks, type GuardTally } from './row-translation.js'
import { closed, component } from '../../platform/http/schemas/component.js'
import { keyProblems, problems } from '../../platform/http/schemas/problem.js'
import { Fingerprint, TemplateDocument } from '../../platform/http/schemas/template.js'

const TranslationRequest = Type.Object({
  target: Type.Unsafe<string>({ ...ModelId, description: 'The model into whose space the templates are translated.' }),
  templates: Type.Array(TemplateDocument, { minItems: 1, maxItems: 100_000, description: 'Templates of any models.' })
}, closed)

/** A copy for each media type: the generator of the OpenAPI document removes the example from the schema. */
const exampleRequest = () => ({
  ...TranslationRequest,
  examples: [{ target: 'example-b', templates: [{ model: 'example-a', data: exampleData }] }]
})

const Translation = component(
  'Translation',
  Type.Object({
    target: Type.String(),
    fingerprint: Fingerprint,
    maps: Type.Array(MapReference, { description: 'The maps that were applied, one per source model.' }),
    templates: Type.Array(TemplateDocument, { description: 'L2-normalised, in the order of the request.' }),
    guard: BatchGuard
  }, closed)
)

const Query = Type.Object({
  source: Type.Optional(
    Type.Unsafe<string>({ ...ModelId, description: 'For binary bodies: the model of the templates.' })
  ),
  target: Type.Optional(
    Type.Unsafe<string>({
      ...ModelId,
      description: 'For binary bodies: the model into whose space they are translated.'
    })
  ),
  fingerprint: Type.Optional(
    Type.Unsafe<string>({
      ...Fingerprint,
      description: 'For binary bodies: the space of the templates, checked when given.'
    })
  )
}, closed)

/** What binary answers have in headers and JSON has beside the templates. */
const BinaryHeaders = {
  'crosswalk-map': { type: 'string', description: 'Of a binary answer: ids of the maps that translated it.' },
  'crosswalk-guard': {
    type: 'string',
    description: 'Of a binary answer: what the guard found (RFC 8941); a trailer when the body is streamed.'
  }
}
const binary = { schema: { type: 'string', format: 'binary' } }

/** @param options limits of bodies in bytes: of buffered ones, and of streamed ones */
const routes: FastifyPluginAsyncTypebox<{ bodyLimit: number, streamLimit: number }> = async (
  app,
  { bodyLimit, streamLimit }
) => {
  // Here rows are passed on as they arrive, see `readRowStream`.
  const streamedTypes = [media.npy, media.rawFloat32]
  app.removeContentTypeParser(streamedTypes)
  app.addContentTypeParser(streamedTypes, async (_request: unknown, payload: Readable) => payload)

  app.post('/translations', {
    config: { access: 'translate', audit: 'decision', admission: 'thread', streamedTypes },
    schema: {
      operationId: 'translateTemplates',
      tags: ['translations'],
      summary: 'Translate templates into the space of another model',
      description:
        `Nothing is stored. \`Content-Type\` and \`Accept\` are independent of each other: JSON with numbers or base64, NumPy's .npy of
shape (n, d), or rows of little-endian float32. Numbers are written with nine digits, which parse to the same float32.
A binary body holds templates of one model, named in the query string. A binary answer names the map in the header
\`Crosswalk-Map\` and the guard's findings in \`Crosswalk-Guard\` (RFC 8941: \`checked\` and \`flagged\` count templates). The guard
judges at most 50 templates per model; larger batches are sampled evenly.

With binary input and output, a request may be larger than memory: rows are translated as they arrive, in chunks of about
4 MiB, and the answer begins after the second chunk. Read it while you send, as curl does; a client that sends everything
first should send at most one chunk at once. \`Crosswalk-Guard\` is then a trailer, and judges 50 templates per chunk. An invalid row in
the first two chunks is answered with 422; after that the connection is closed before the end of the answer, which clients
report as incomplete. The same holds for a map that is retired meanwhile, with 409 \`map-retired\`: once the retirement is
acknowledged, no further chunk is translated. A map that is replaced completes the requests that it has begun.`,
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
          headers: BinaryHeaders,
          content: {
            [media.json]: { schema: Translation },
            [media.base64Json]: { schema: Translation },
            [media.npy]: binary,
            [media.rawFloat32]: binary
          }
        },
        ...problems(
          ...keyProblems,
          'pair-forbidden',
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
    const type = media.acceptedType(request, [media.json, media.base64Json, media.npy, media.rawFloat32])
    return media.isJson(request) ? await answerDocuments(request, reply, type) : await answerRows(request, reply, type)
  })

  async function answerDocuments (request: FastifyRequest, reply: FastifyReply, type: string) {
    const { catalogue, guard, measures, translationBetween } = app.service
    const { target: model, templates: documents } = request.body as Static<typeof TranslationRequest>
    const target = catalogue.space(model)
    const grouped = await groupTemplates(documents, catalogue)
    requireAgreement(request.query as Static<typeof Query>, target, grouped.map(({ space }) => space))
    const parts = grouped.map(part => ({ ...part, translation: translationBetween(part.space, target) }))
    await admission(request, parts.map(({ space }) => space), target)(documents.length)
    const translating = Promise.all(
      parts.map(async ({ positions, translation: { map, translate }, templates }) => ({
        positions,
        map,
        templates: await translate(templates)
      }))
    )
    // Both in parallel take as many turns of the event loop as one of them; a refusal of the guard is reported first.
    translating.catch(() => {})
    const found = await guard.inspect(parts)
    const translated = await translating
    for (const { space, positions } of parts) measures.translated(space.model, target.model, positions.length)
    const maps = translated.map(({ map }) => map)
    describeToAudit(request, { maps: maps.map(({ id }) => id) })
    return isBinary(type)
      ? sendRows(reply, type, joinRows(translated, target), maps, found)
      : await sendDocument(reply, type, target, maps, inRequestOrder(translated), found, documents)
  }

  /** Streams rows in and out at the same time, unless they fit one chunk or JSON is requested. */
  async function answerRows (request: FastifyRequest, reply: FastifyReply, type: string) {
    const { source, target } = readAddress(request)
    const translation = app.service.translationBetween(source, target)
    describeToAudit(request, { maps: [translation.map.id] })
    const tally: GuardTally = { report: null }
    const arriving = await readRowStream(
      request,
      source,
      rowsPerChunk(source, target),
      isBinary(type) ? streamLimit : bodyLimit,
      app.service.rowMemory
    )
    const chunks = translateChunks(
      arriving,
      source,
      translation,
      app.service.guard,
      tally,
      admission(request, [source], target)
    )
    if (!isBinary(type)) {
      const vectors: Float32Array[] = []
      for await (const chunk of chunks) {
        request.keep(chunk.data.byteLength)
        vectors.push(...vectorsOf(chunk))
      }
      return await sendDocument(reply, type, target, [translation.map], vectors, tally.report)
    }
    const first = (await chunks.next()).value!
    // Errors in the second chunk can still be reported by the status.
    const second = (await chunks.next()).value
    if (second === undefined) {
      // Only once the response is with the system, or the connection is gone.
      request.exchange.onEnd(() => {
        app.service.rowMemory.give(first.data)
      })
      app.service.measures.translated(source.model, target.model, first.rows)
      return sendRows(reply, type, first, [translation.map], tally.report)
    }
    if (type === media.npy && arriving.rows === undefined) {
      await chunks.return()
      throw new Problem(
        'request-invalid',
        'Content-Length: expected the length of the body, so that the header of the .npy answer can state the shape, received none'
      )
    }
    reply.type(type).header('crosswalk-map', translation.map.id)
    if (tally.report !== null) reply.trailer('crosswalk-guard', async () => guardHeader(tally.report!))
    // Until the response ends well, its audit record says how many translations the caller may have received.
    let sent = 0
    request.exchange.onEnd(() => {
      describeToAudit(request, { templates: sent })
      app.service.measures.translated(source.model, target.model, sent)
    })
    const header = type === media.npy ? npyHeader(arriving.rows!, target.dimension) : undefined
    return reply.send(Readable.from(
      bytesOf(first, second, chunks, header, rows => {
        sent += rows
      }),
      { objectMode: false }
    ))
  }

  /** Admits a number of templates, or throws the limit of the caller's key that forbids them. */
  function admission (request: FastifyRequest, sources: readonly KnownSpace[], target: KnownSpace) {
    const { caller } = request
    let admitted = 0
    return async (templates: number): Promise<void> => {
      admitted += templates
      describeToAudit(request, { models: [...sources, target].map(({ model }) => model), templates: admitted })
      if (caller !== null) {
        await app.service.access.admitTranslation(
          caller,
          sources.map(({ model }) => model),
          target.model,
          templates
        )
      }
    }
  }

  /** Documents name their models. An address that names them, too, must agree. */
  function requireAgreement (
    { source, target, fingerprint }: Static<typeof Query>,
    named: KnownSpace,
    spaces: readonly KnownSpace[]
  ): void {
    const differ = (name: string, body: string, query: string) =>
      new Problem(
        'request-invalid',
        `querystring: ${name}: expected "${body}" as in the body, or none, received "${query}"`
      )
    if (target !== undefined && target !== named.model) throw differ('target', named.model, target)
    for (const space of spaces) {
      if (source !== undefined && source !== space.model) throw differ('source', space.model, source)
      app.service.catalogue.checkFingerprint(fingerprint, space, 'querystring: fingerprint')
    }
  }

  function readAddress (request: FastifyRequest): { source: KnownSpace, target: KnownSpace } {
    const { source, target, fingerprint } = request.query as Static<typeof Query>
    if (source === undefined || target === undefined) {
      throw new Problem(
        'request-invalid',
        'querystring: expected "source" and "target" with a binary body, received ' +
          (source === undefined ? target === undefined ? 'neither' : 'no "source"' : 'no "target"')
      )
    }
    const { catalogue } = app.service
    return { source: readSpace({ model: source, fingerprint }, catalogue), target: catalogue.space(target) }
  }
}

const isBinary = (type: string) => type === media.npy || type === media.rawFloat32

function sendRows (
  reply: FastifyReply,
  type: string,
  rows: TemplateMatrix,
  maps: readonly StoredMap[],
  guard: GuardReport<number> | null
) {
  reply.type(type).header('crosswalk-map', maps.map(({ id }) => id).join(', '))
  if (guard !== null) reply.header('crosswalk-guard', guardHeader(guard))
  return reply.send(type === media.npy ? writeNpy(rows) : bytesOfFloat32(rows.data))
}

async function sendDocument (
  reply: FastifyReply,
  type: string,
  target: KnownSpace,
  maps: readonly StoredMap[],
  vectors: readonly Float32Array[],
  guard: GuardReport<number> | null,
  documents: readonly { id?: string }[] = []
) {
  const before = { target: target.model, fingerprint: target.fingerprint, maps: maps.map(mapReference) }
  return await sendPieces(
    reply.type(`${type}; charset=utf-8`),
    writeTemplates(target, vectors, media.vectorForm(type), documents.map(({ id }) => id), {
      before,
      after: { guard }
    })
  )
}

/** @param sent called with the number of rows once they were handed to the connection */
async function* bytesOf (
  first: TemplateMatrix,
  second: TemplateMatrix,
  rest: AsyncGenerator<TemplateMatrix, void>,
  header: Buffer | undefined,
  sent: (rows: number) => void
) {
  try {
    if (header !== undefined) yield header
    for await (const chunk of chain([first, second], rest)) {
      yield bytesOfFloat32(chunk.data)
      // The next chunk is requested when this one is written.
      sent(chunk.rows)
    }
  } finally {
    // Stops reading the request when nobody reads the response any more.
    await rest.return()
  }
}

async function* chain<T> (first: readonly T[], rest: AsyncIterable<T>): AsyncGenerator<T, void> {
  yield* first
  yield* rest
}

/** (n, dTarget), rows in the order of the request; a single part is passed through. */
function joinRows (
  parts: readonly { templates: TemplateMatrix, positions: readonly number[] }[],
  target: KnownSpace
): TemplateMatrix {
  if (parts.length === 1) return parts[0]!.templates
  const vectors = inRequestOrder(parts)
  const data = new Float32Array(vectors.length * target.dimension)
  vectors.forEach((vector, row) => data.set(vector, row * target.dimension))
  return { rows: vectors.length, cols: target.dimension, data }
}

export default routes
