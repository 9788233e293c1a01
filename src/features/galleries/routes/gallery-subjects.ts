import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { Type, type Static } from 'typebox'
import { type KnownSpace, ModelList, readSpace, SpaceQuery } from '../../catalogue/index.js'
import { disposableSubject, exampleGalleryId, exampleSubject } from '../../../platform/http/documented-examples.js'
import type { EnrolledTemplate } from '../store/enrolment.js'
import { readEnrolled, readEnrolledForm, readEnrolledLines } from './gallery-rows.js'
import {
  ChangeConditions,
  NotModified,
  preconditionsOf,
  ReadConditions,
  sendTagged,
  TagHeader
} from '../../../platform/http/conditions.js'
import { mapInTurns } from '../../../platform/turns.js'
import * as media from '../../../platform/http/media-types.js'
import { describeToAudit } from '../../audit/index.js'
import { readFiles, readImage } from '../../../platform/http/bodies/request-body.js'
import { closed, input } from '../../../platform/http/schemas/component.js'
import {
  Combine,
  imagesBody,
  MinQualityText,
  readMinQuality,
  severalDocument,
  SeveralDocument,
  takenFaceDocument,
  TakenFaceDocument
} from '../../embeddings/index.js'
import {
  AttributesDocument,
  EnrolledCounts,
  EnrolledDocument,
  GalleryId,
  ReferenceName,
  StoredSubjectName,
  Subject,
  SubjectList,
  SubjectName,
  SubjectTemplate
} from '../schemas/gallery.js'
import { BatchGuard } from '../../guard/index.js'
import { problems } from '../../../platform/http/schemas/problem.js'
import { readAttributes, readSubjectTemplates } from './subject-document.js'
import { maxSeveral } from '../../../science/template/robust-mean.js'
import { maxUploadRows } from '../../corpora/index.js'

const TemplateUpload = Type.Object({
  templates: Type.Array(EnrolledDocument, { minItems: 1, maxItems: maxUploadRows })
}, {
  ...closed,
  examples: [{ templates: [{ subject: 'someone', attributes: { site: 'west' }, vector: [0.5, -0.25, 0.75, 0.1] }] }]
})

const SubjectUpload = Type.Object({
  attributes: Type.Optional(AttributesDocument),
  templates: Type.Array(SubjectTemplate, {
    minItems: 1,
    maxItems: 1000,
    description: 'All templates of the subject, of any models.'
  })
}, {
  ...closed,
  examples: [{ attributes: { site: 'west' }, templates: [{ model: 'example-a', vector: [0.5, -0.25, 0.75, 0.1] }] }]
})

const Gallery = { id: { ...GalleryId, examples: [exampleGalleryId] } }
const SubjectParams = (example: string, name = StoredSubjectName) =>
  Type.Object({ ...Gallery, subject: { ...name, examples: [example] } }, closed)
const form = { type: 'string', format: 'binary' }

/** @param options body limits in bytes: for bodies that are buffered, and for bodies that are read as they arrive */
const routes: FastifyPluginAsyncTypebox<{ bodyLimit: number, streamLimit: number }> = async (
  app,
  { bodyLimit, streamLimit }
) => {
  const { galleries, catalogue } = app.service

  await app.register(async (scope: typeof app) => {
    // Lines and the files of a form are read as they arrive.
    const streamedTypes = [media.ndjson, 'multipart/form-data']
    scope.removeContentTypeParser(media.ndjson)
    scope.addContentTypeParser(media.ndjson, async (_request: unknown, payload: unknown) => payload)

    scope.post('/galleries/:id/templates', {
      config: { access: 'enrol', audit: 'change', streamedTypes },
      schema: {
        operationId: 'enrolTemplates',
        tags: ['galleries'],
        summary: 'Enrol templates of one model',
        description:
          `As JSON; as NDJSON, each line of the same form; or as a form with a CSV file in \`subjects\` followed by \`templates\`, an .npy
file of shape (n, d) or rows of little-endian float32. The CSV file has the header \`subject\`, \`subject,reference\` or
\`subject,reference,quality\` and one record per template (RFC 4180: fields may be quoted). Lines and rows are enrolled as they
arrive, in parts of about 4 MiB of numbers, each in whole or not at all. After an invalid one nothing more is enrolled, and the
problem tells how many are. Sending them again changes nothing.

A subject is created with its first template. A native template replaces a translated one of the same name.`,
        params: Type.Object(Gallery, closed),
        headers: Type.Object(ChangeConditions),
        querystring: SpaceQuery,
        body: {
          content: {
            [media.json]: { schema: TemplateUpload },
            [media.ndjson]: {
              schema: {
                type: 'string',
                description: 'One JSON object per line.',
                examples: ['{"subject":"someone","attributes":{"site":"west"},"vector":[0.5,-0.25,0.75,0.1]}\n']
              }
            },
            'multipart/form-data': {
              schema: {
                type: 'object',
                required: ['subjects', 'templates'],
                properties: {
                  subjects: { ...form, description: 'The CSV file.' },
                  templates: { ...form, description: 'The .npy file, or rows of float32.' }
                }
              }
            }
          }
        },
        response: {
          200: Type.Object({ ...EnrolledCounts, guard: BatchGuard }, {
            ...closed,
            description: 'The templates are stored.'
          }),
          ...problems(
            'request-invalid',
            'body-invalid',
            'model-unknown',
            'gallery-unknown',
            'integrity-failed',
            'precondition-failed',
            'fingerprint-mismatch',
            'template-exists',
            'body-too-large',
            'media-type-unsupported',
            'template-invalid',
            'template-foreign'
          )
        }
      }
    }, async request => {
      const space = readSpace(request.query, catalogue)
      return await galleries.enrol(
        request.params.id,
        space,
        batchesOf(request, space),
        preconditionsOf(request),
        ({ added }) => {
          describeToAudit(request, { models: [space.model], templates: added })
        }
      )
    })
  })

  app.post('/galleries/:id/images', {
    config: { access: 'enrol', audit: 'change' },
    schema: {
      operationId: 'enrolImage',
      tags: ['galleries'],
      summary: 'Enrol a subject from an image',
      description:
        'Embeds the largest face with every named model and stores the templates, not the image. Their quality is the detection score. ' +
        'With `combine=mean` several images of one person give one template of each model.',
      params: Type.Object(Gallery, closed),
      headers: Type.Object(ChangeConditions),
      querystring: input({
        subject: { ...SubjectName, examples: ['drawn'] },
        reference: { ...ReferenceName, default: '1' },
        models: ModelList('Ids of the models, separated by commas.', 'r512'),
        attributes: Type.Optional(
          Type.String({
            maxLength: 10_000,
            description: 'Attributes of the subject, as a JSON object. They replace its present ones.'
          })
        ),
        aligned: Type.Boolean({ default: false, description: 'The image is a square crop, aligned as ArcFace does.' }),
        combine: Combine,
        minQuality: Type.Optional(MinQualityText)
      }),
      body: imagesBody,
      response: {
        200: Type.Object({ face: TakenFaceDocument, images: SeveralDocument, ...EnrolledCounts }, {
          ...closed,
          description:
            'The templates of this face are stored; of several images, the means, and this is the face that counts most.'
        }),
        ...problems(
          'request-invalid',
          'body-invalid',
          'model-unknown',
          'gallery-unknown',
          'model-cannot-embed',
          'template-exists',
          'integrity-failed',
          'precondition-failed',
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
    const { subject, reference, models, attributes, aligned, combine, minQuality } = request.query
    const { face, images, ...counts } = await galleries.enrolImage(request.params.id, {
      image: combine === undefined ? await readImage(request) : await readFiles(request, 'image', maxSeveral),
      subject,
      reference,
      attributes: readAttributes(attributes),
      models: models.split(','),
      aligned,
      minQuality: minQuality === undefined ? undefined : readMinQuality(minQuality)
    }, preconditionsOf(request))
    describeToAudit(request, { models: models.split(','), templates: counts.added })
    return { face: takenFaceDocument(face), ...images && { images: severalDocument(images) }, ...counts }
  })

  app.get('/galleries/:id/subjects', {
    config: { access: 'enrol' },
    schema: {
      operationId: 'listSubjects',
      tags: ['galleries'],
      summary: 'List the subjects of a gallery',
      params: Type.Object(Gallery, closed),
      querystring: input({
        limit: Type.Integer({
          minimum: 1,
          maximum: 1000,
          default: 100,
          description: 'Maximum number of subjects to return.'
        }),
        after: Type.Optional({
          ...StoredSubjectName,
          description: '`next` of the previous page, the name of its last subject.'
        }),
        attributes: Type.Optional(
          Type.String({
            maxLength: 10_000,
            description: 'A JSON object: return only subjects that have all of these attributes.'
          })
        )
      }),
      response: {
        200: Type.Object({
          subjects: SubjectList,
          next: Type.Union([Type.String(), Type.Null()], {
            description: '`after` of the next page; null on the last page.'
          })
        }, { ...closed, description: 'Ordered by name.' }),
        ...problems('request-invalid', 'gallery-unknown')
      }
    }
  }, async request => {
    const { limit, after, attributes } = request.query
    const { items, next } = await galleries.listSubjects(request.params.id, {
      limit,
      after,
      attributes: readAttributes(attributes)
    })
    return { subjects: items, next }
  })

  app.get('/galleries/:id/subjects/:subject', {
    config: { access: 'enrol' },
    schema: {
      operationId: 'getSubject',
      tags: ['galleries'],
      summary: 'Read a subject',
      params: SubjectParams(exampleSubject),
      headers: Type.Object(ReadConditions),
      response: {
        200: { ...Subject, headers: TagHeader, description: 'The subject.' },
        ...NotModified,
        ...problems('request-invalid', 'gallery-unknown', 'subject-unknown', 'precondition-failed')
      }
    }
  }, async (request, reply) => {
    const { etag, ...document } = await galleries.subject(request.params.id, request.params.subject)
    return await sendTagged(request, reply, etag, document)
  })

  app.put('/galleries/:id/subjects/:subject', {
    config: { access: 'enrol', audit: 'change', personalParams: ['subject'] },
    schema: {
      operationId: 'replaceSubject',
      tags: ['galleries'],
      summary: 'Replace a subject',
      description:
        'The subject then has exactly these templates and these attributes. The change is made as a whole or not at all. With `If-None-Match: *` it only creates; with `If-Match` it only replaces what the caller has seen.',
      params: SubjectParams('someone', SubjectName),
      headers: Type.Object(ChangeConditions),
      body: SubjectUpload,
      response: {
        200: { ...Subject, headers: TagHeader, description: 'The replaced subject.' },
        201: { ...Subject, headers: TagHeader, description: 'The new subject.' },
        ...problems(
          'request-invalid',
          'body-invalid',
          'model-unknown',
          'gallery-unknown',
          'integrity-failed',
          'precondition-failed',
          'fingerprint-mismatch',
          'template-exists',
          'template-invalid',
          'template-foreign',
          'body-too-large',
          'media-type-unsupported'
        )
      }
    }
  }, async (request, reply) => {
    const { params: { id, subject }, body: { attributes = {}, templates } } = request
    const batches = readSubjectTemplates(templates, subject, catalogue)
    const { subject: { etag, ...document }, created, removed } = await galleries.replaceSubject(
      id,
      subject,
      attributes,
      batches,
      preconditionsOf(request)
    )
    describeToAudit(request, {
      models: batches.map(({ space }) => space.model),
      templates: templates.length,
      deleted: { subjects: created ? 0 : 1, templates: removed }
    })
    return reply.code(created ? 201 : 200).header('etag', etag).send(document)
  })

  app.delete('/galleries/:id/subjects/:subject', {
    config: { access: 'enrol', audit: 'change', personalParams: ['subject'] },
    schema: {
      operationId: 'deleteSubject',
      tags: ['galleries'],
      summary: 'Delete a subject with its templates',
      description:
        'All templates, both translated ones and their originals. Searches that begin after the answer do not find the subject, on any replica. The audit records the counts, not the name.',
      params: SubjectParams(disposableSubject),
      headers: Type.Object(ChangeConditions),
      response: {
        200: Type.Object({ templates: Type.Integer({ description: 'Number of deleted templates.' }) }, {
          ...closed,
          description: 'What was deleted.'
        }),
        ...problems('request-invalid', 'gallery-unknown', 'subject-unknown', 'precondition-failed')
      }
    }
  }, async request => {
    const templates = await galleries.removeSubject(request.params.id, request.params.subject, preconditionsOf(request))
    describeToAudit(request, { deleted: { subjects: 1, templates } })
    return { templates }
  })

  function batchesOf (request: FastifyRequest, space: KnownSpace): AsyncIterable<readonly EnrolledTemplate[]> {
    if (request.isMultipart()) return readEnrolledForm(request, space, { names: bodyLimit, templates: streamLimit })
    if (media.contentType(request) === media.ndjson) return readEnrolledLines(request, space, streamLimit)
    return readEnrolledDocuments(request.body as Static<typeof TemplateUpload>, space)
  }
}

/** In one batch: the templates of a document are enrolled together or not at all. */
async function* readEnrolledDocuments ({ templates }: Static<typeof TemplateUpload>, space: KnownSpace) {
  yield await mapInTurns(templates, (row, i) => readEnrolled(row, space, `templates[${i}]`))
}

export default routes
