import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { Type, type Static } from 'typebox'
import { type KnownSpace, ModelList, readSpace, SpaceQuery } from '../catalogue/index.js'
import type { TemplateRow } from './store/corpus-templates.js'
import { disposableCorpusId, exampleCorpusId } from '../../platform/http/documented-examples.js'
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
import { mapInTurns } from '../../platform/turns.js'
import * as media from '../../platform/http/media-types.js'
import { describeToAudit } from '../audit/index.js'
import { readFiles, readForm, readImage } from '../../platform/http/bodies/request-body.js'
import { createBodyReader, reportingReader } from '../../platform/http/bodies/row-stream.js'
import { closed, component, Enumeration, input } from '../../platform/http/schemas/component.js'
import {
  Combine,
  imagesBody,
  MinQualityText,
  readMinQuality,
  severalDocument,
  SeveralDocument,
  takenFaceDocument,
  TakenFaceDocument
} from '../embeddings/index.js'
import { Next, PageQuery } from '../../platform/http/schemas/page.js'
import { problems } from '../../platform/http/schemas/problem.js'
import { Fingerprint, Label } from '../../platform/http/schemas/template.js'
import { maxSeveral } from '../../science/template/robust-mean.js'
import { maxUploadRows, readNdjson, readNpyWithSamples, readRow, TemplateRowDocument } from './template-rows.js'

const CorpusSummary = {
  id: Type.String(),
  name: Type.String(),
  pairing: Enumeration(['image', 'identity'], {
    description:
      '`image`: templates of one sample under two models are a pair. `identity`: a pair is a template of a person under one model and a template of the same person, from another image, under the other.'
  }),
  createdAt: Type.String({ format: 'date-time' })
}

const Corpus = component(
  'Corpus',
  Type.Object({
    ...CorpusSummary,
    samples: Type.Integer({ description: 'Number of samples with templates.' }),
    identities: Type.Integer({ description: 'Number of named identities.' }),
    fromVerification: Type.Integer({ description: 'Number of samples whose label rests on a verification or search.' }),
    templates: Type.Array(
      Type.Object({ model: Type.String(), fingerprint: Fingerprint, count: Type.Integer() }, closed),
      { description: 'Number of templates per space.' }
    )
  }, {
    ...closed,
    description:
      'Training data: samples with templates under one or more models. The pairs for two models are their join, by sample or by identity.'
  })
)

const TemplateUpload = Type.Object({
  templates: Type.Array(TemplateRowDocument, { minItems: 1, maxItems: maxUploadRows })
}, {
  ...closed,
  examples: [{ templates: [{ sample: 'another', identity: 'anyone', vector: [0.5, -0.25, 0.75, 0.1] }] }]
})

const Params = Type.Object({
  id: Type.String({ maxLength: 64, description: 'Id of a corpus.', examples: [exampleCorpusId] })
}, closed)
const Counts = {
  added: Type.Integer({ description: 'Templates added.' }),
  unchanged: Type.Integer({ description: 'Templates that the corpus already had, with identical numbers.' })
}
const binary = { schema: { type: 'string', format: 'binary' } }

const routes: FastifyPluginAsyncTypebox = async app => {
  const { corpora, catalogue } = app.service
  // Lines are read as they arrive, so that an invalid body is refused before all of it has arrived.
  app.removeContentTypeParser(media.ndjson)
  app.addContentTypeParser(media.ndjson, async (_request: unknown, payload: unknown) => payload)

  app.post('/corpora', {
    config: { access: 'fit', audit: 'change' },
    schema: {
      operationId: 'createCorpus',
      tags: ['corpora'],
      summary: 'Create a corpus',
      headers: IdempotencyHeaders,
      body: input({
        name: Label('A name for people.'),
        pairing: Enumeration(['image', 'identity'], {
          default: 'image',
          description:
            'What a pair is: two templates of one image, or of one person in two images, for old templates whose photographs are gone. It cannot be changed.'
        })
      }, { examples: [{ name: 'pilot site, spring' }] }),
      response: {
        200: {
          ...Corpus,
          headers: CreatedHeaders,
          description: 'The corpus that the first call with this idempotency key created.'
        },
        201: { ...Corpus, headers: CreatedHeaders, description: 'The empty corpus.' },
        ...problems(
          'request-invalid',
          'body-invalid',
          'idempotency-conflict',
          'body-too-large',
          'media-type-unsupported'
        )
      }
    }
  }, async (request, reply) => {
    const { corpus, created } = await corpora.create({ ...request.body, ...await idempotentRequest(request) })
    const { etag, ...document } = await corpora.get(corpus.id)
    return reply.code(created ? 201 : 200).header('location', `/v1/corpora/${corpus.id}`).header('etag', etag).send(
      document
    )
  })

  app.get('/corpora', {
    config: { access: 'fit' },
    schema: {
      operationId: 'listCorpora',
      tags: ['corpora'],
      summary: 'List the corpora',
      querystring: input(PageQuery),
      response: {
        200: Type.Object({ corpora: Type.Array(Type.Object(CorpusSummary, closed)), next: Next }, {
          ...closed,
          description: 'Oldest first.'
        }),
        ...problems('request-invalid')
      }
    }
  }, async request => {
    const { items, next } = await corpora.list(request.query)
    return { corpora: items, next }
  })

  app.get('/corpora/:id', {
    config: { access: 'fit' },
    schema: {
      operationId: 'getCorpus',
      tags: ['corpora'],
      summary: 'Read a corpus',
      params: Params,
      headers: Type.Object(ReadConditions),
      response: {
        200: { ...Corpus, headers: TagHeader, description: 'The corpus.' },
        ...NotModified,
        ...problems('request-invalid', 'corpus-unknown', 'precondition-failed')
      }
    }
  }, async (request, reply) => {
    const { etag, ...document } = await corpora.get(request.params.id)
    return await sendTagged(request, reply, etag, document)
  })

  app.delete('/corpora/:id', {
    config: { access: 'fit', audit: 'change' },
    schema: {
      operationId: 'deleteCorpus',
      tags: ['corpora'],
      summary: 'Delete a corpus with its templates',
      description: 'Maps that were fitted on it are kept.',
      params: Type.Object({
        id: Type.String({ maxLength: 64, description: 'Id of a corpus.', examples: [disposableCorpusId] })
      }, closed),
      headers: Type.Object(ChangeConditions),
      response: {
        204: { type: 'null', description: 'The corpus is deleted.' },
        ...problems('request-invalid', 'corpus-unknown', 'precondition-failed')
      }
    }
  }, async (request, reply) => {
    describeToAudit(request, { deleted: await corpora.remove(request.params.id, preconditionsOf(request)) })
    return reply.code(204).send(null)
  })

  app.delete('/corpora/:id/samples', {
    config: { access: 'fit', audit: 'change' },
    schema: {
      operationId: 'deleteIdentity',
      tags: ['corpora'],
      summary: 'Delete the samples of one person from a corpus',
      description:
        `Deletes all samples of the identity with their templates, or nothing if it fails. Maps that were fitted ` +
        `on them are kept; they hold no templates. The audit records the counts, not the name. Repeating the ` +
        `call deletes nothing more and answers with zeros.`,
      params: Params,
      headers: Type.Object(ChangeConditions),
      querystring: Type.Object({ identity: { ...Label('The person.'), examples: ['anyone'] } }, closed),
      response: {
        200: Type.Object({
          samples: Type.Integer({
            description: 'Samples deleted; 0 if the corpus has none of the person.'
          }),
          templates: Type.Integer()
        }, { ...closed, description: 'What was deleted.' }),
        ...problems('request-invalid', 'corpus-unknown', 'precondition-failed')
      }
    }
  }, async request => {
    const deleted = await corpora.removeIdentity(request.params.id, request.query.identity, preconditionsOf(request))
    describeToAudit(request, { deleted })
    return deleted
  })

  app.post('/corpora/:id/templates', {
    config: { access: 'fit', audit: 'change', keptTypes: [media.ndjson] },
    schema: {
      operationId: 'addTemplates',
      tags: ['corpora'],
      summary: 'Add templates of one model to a corpus',
      description:
        `Stores all templates or none. The body is JSON; NDJSON with one template per line; or a form with an .npy ` +
        `file of shape (n, d) in \`templates\` and a CSV file (RFC 4180) in \`samples\`, with the header ` +
        `\`sample,identity\` or \`sample,identity,group\` and one record per row. An upload can be repeated.`,
      params: Params,
      headers: Type.Object(ChangeConditions),
      querystring: SpaceQuery,
      body: {
        content: {
          [media.json]: { schema: TemplateUpload },
          [media.ndjson]: {
            schema: {
              type: 'string',
              description: 'One JSON object per line.',
              examples: ['{"sample":"another","identity":"anyone","vector":[0.5,-0.25,0.75,0.1]}\n']
            }
          },
          'multipart/form-data': {
            schema: {
              type: 'object',
              required: ['templates', 'samples'],
              properties: {
                templates: { ...binary.schema, description: 'The .npy file.' },
                samples: { ...binary.schema, description: 'The CSV file.' }
              }
            }
          }
        }
      },
      response: {
        200: Type.Object(Counts, { ...closed, description: 'The templates are stored.' }),
        ...problems(
          'request-invalid',
          'body-invalid',
          'model-unknown',
          'corpus-unknown',
          'integrity-failed',
          'precondition-failed',
          'fingerprint-mismatch',
          'template-exists',
          'body-too-large',
          'media-type-unsupported',
          'template-invalid'
        )
      }
    }
  }, async request => {
    const space = readSpace(request.query, catalogue)
    return await corpora.addTemplates(
      request.params.id,
      space,
      await readRows(request, space),
      preconditionsOf(request)
    )
  })

  app.post('/corpora/:id/images', {
    config: { access: 'fit', audit: 'change' },
    schema: {
      operationId: 'addImage',
      tags: ['corpora'],
      summary: 'Embed an image into a corpus',
      description:
        'The largest face is embedded with every named model, and the templates are stored; the image is not. With `combine=mean` ' +
        'several images of one person give one sample.',
      params: Params,
      headers: Type.Object(ChangeConditions),
      querystring: input({
        sample: { ...Label('Name of the image.'), examples: ['drawing'] },
        identity: Type.Optional(Label('The person.')),
        group: Type.Optional(Label('Group by which cards break down their figures.')),
        models: ModelList('Ids of the models, separated by commas.', 'r512,dlib128'),
        aligned: Type.Boolean({ default: false, description: 'The image is a square crop, aligned as for ArcFace.' }),
        combine: Combine,
        minQuality: Type.Optional(MinQualityText)
      }),
      body: imagesBody,
      response: {
        200: Type.Object({ face: TakenFaceDocument, images: SeveralDocument, ...Counts }, {
          ...closed,
          description:
            'The templates of this face are stored; of several images, the means, and this is the face that counts most.'
        }),
        ...problems(
          'request-invalid',
          'body-invalid',
          'model-unknown',
          'corpus-unknown',
          'integrity-failed',
          'precondition-failed',
          'model-cannot-embed',
          'template-exists',
          'body-too-large',
          'image-too-large',
          'media-type-unsupported',
          'image-unsupported',
          'image-damaged',
          'images-differ',
          'threshold-unsupported',
          'face-missing',
          'face-unclear',
          'quality-low',
          'template-missing',
          'unavailable'
        )
      }
    }
  }, async request => {
    const { sample, identity, group, models, aligned, combine, minQuality } = request.query
    const { face, images, ...counts } = await corpora.addImage(request.params.id, {
      image: combine === undefined ? await readImage(request) : await readFiles(request, 'image', maxSeveral),
      sample,
      identity: identity ?? null,
      group: group ?? null,
      models: models.split(','),
      aligned,
      minQuality: minQuality === undefined ? undefined : readMinQuality(minQuality)
    }, preconditionsOf(request))
    return { face: takenFaceDocument(face), ...images && { images: severalDocument(images) }, ...counts }
  })

  async function readRows (request: FastifyRequest, space: KnownSpace): Promise<TemplateRow[]> {
    if (request.isMultipart()) {
      const { templates, samples } = await readForm(request, ['templates', 'samples'])
      return await readNpyWithSamples(templates, samples, space)
    }
    if (media.contentType(request) === media.ndjson) {
      const body = createBodyReader(
        request.body as AsyncIterable<Buffer>,
        request.routeOptions.bodyLimit,
        request.exchange.signal
      )
      try {
        return await readNdjson(reportingReader(body, request.keep), space)
      } finally {
        body.discard(request)
      }
    }
    const { templates } = request.body as Static<typeof TemplateUpload>
    return await mapInTurns(templates, (row, i) => readRow(row, space, `templates[${i}]`))
  }
}

export default routes
