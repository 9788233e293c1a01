import { ModelId } from '../../../science/template/space.js'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type, type Static } from 'typebox'
import { exampleGalleryId, exampleSubject } from '../../../platform/http/documented-examples.js'
import { ChangeConditions, preconditionsOf, TagHeader } from '../../../platform/http/conditions.js'
import * as media from '../../../platform/http/media-types.js'
import { closed } from '../../../platform/http/schemas/component.js'
import { problems } from '../../../platform/http/schemas/problem.js'
import { describeToAudit } from '../../audit/index.js'
import { shortenedSubject } from '../../gallery-examples.js'
import {
  AttributeName,
  AttributeValue,
  GalleryId,
  Quality,
  ReferenceName,
  Subject,
  StoredSubjectName
} from '../schemas/gallery.js'

const QualityChange = Type.Union([Quality, Type.Null()])
const SubjectPatch = Type.Object({
  attributes: Type.Optional(Type.Union([
    Type.Record(AttributeName, Type.Union([AttributeValue, Type.Null()]), { ...closed, maxProperties: 64 }),
    Type.Null()
  ], {
    description:
      'Attributes to set; null removes one, and null for the object removes all. Attributes that are not named stay.'
  })),
  quality: Type.Optional(Type.Union([
    QualityChange,
    Type.Record(
      Type.String({ minLength: 1, maxLength: 63 }),
      Type.Union([
        QualityChange,
        Type.Record(Type.String({ minLength: 1, maxLength: 256 }), QualityChange, { maxProperties: 1000 })
      ]),
      { maxProperties: 100 }
    )
  ], {
    description:
      'Quality of all its templates; or by model, `{"r512": 0.9}`; or by model and name, `{"r512": {"1": 0.9}}`. Null removes it.'
  }))
}, { ...closed, minProperties: 1 })

/** A copy for each media type: the document generator takes the example out of the schema. */
const examplePatch = () => ({
  ...SubjectPatch,
  examples: [{ attributes: { site: 'east', floor: null }, quality: { 'example-a': 0.75 } }]
})

const Gallery = { id: { ...GalleryId, examples: [exampleGalleryId] } }

/** Changes of a subject that leave its other templates as they are. */
const routes: FastifyPluginAsyncTypebox = async app => {
  const { galleries } = app.service

  app.patch('/galleries/:id/subjects/:subject', {
    config: { access: 'enrol', audit: 'change', personalParams: ['subject'] },
    schema: {
      operationId: 'changeSubject',
      tags: ['galleries'],
      summary: 'Change attributes and qualities of a subject',
      description:
        'A JSON merge patch (RFC 7396): members that are not named stay, and null removes. Templates are not changed. The patch is applied as a whole or not at all.',
      params: Type.Object({ ...Gallery, subject: { ...StoredSubjectName, examples: [exampleSubject] } }, closed),
      headers: Type.Object(ChangeConditions),
      body: { content: { [media.mergePatch]: { schema: examplePatch() }, [media.json]: { schema: examplePatch() } } },
      response: {
        200: { ...Subject, headers: TagHeader, description: 'The changed subject.' },
        ...problems(
          'request-invalid',
          'body-invalid',
          'gallery-unknown',
          'integrity-failed',
          'subject-unknown',
          'template-unknown',
          'precondition-failed',
          'body-too-large',
          'media-type-unsupported'
        )
      }
    }
  }, async (request, reply) => {
    const { id, subject } = request.params
    const { etag, ...document } = await galleries.patchSubject(
      id,
      subject,
      request.body as Static<typeof SubjectPatch>,
      preconditionsOf(request)
    )
    return reply.header('etag', etag).send(document)
  })

  app.delete('/galleries/:id/subjects/:subject/templates/:model', {
    config: { access: 'enrol', audit: 'change', personalParams: ['subject'] },
    schema: {
      operationId: 'deleteSubjectTemplate',
      tags: ['galleries'],
      summary: 'Delete templates of a subject under one model',
      description:
        `Deletes the template that \`reference\` names, or all of the model, and what an open migration has translated them to.
A subject is deleted with its last template, as it was created with its first. Searches that begin after the answer do not
find them, on any replica.`,
      params: Type.Object({
        ...Gallery,
        subject: { ...StoredSubjectName, examples: [shortenedSubject] },
        model: Type.Unsafe<string>({ ...ModelId, examples: ['example-a'] })
      }, closed),
      headers: Type.Object(ChangeConditions),
      querystring: Type.Object({
        reference: Type.Optional({
          ...ReferenceName,
          description: 'Name of the template; when absent, all templates of the model.',
          examples: ['second']
        })
      }, closed),
      response: {
        200: Type.Object({
          templates: Type.Integer({ description: 'Number of deleted templates.' }),
          subjects: Type.Integer({
            description: '1 when the subject had no other template and was deleted too, else 0.'
          })
        }, { ...closed, description: 'What was deleted.' }),
        ...problems('request-invalid', 'gallery-unknown', 'subject-unknown', 'template-unknown', 'precondition-failed')
      }
    }
  }, async request => {
    const { params: { id, subject, model }, query: { reference } } = request
    const deleted = await galleries.removeTemplates(id, subject, model, reference, preconditionsOf(request))
    describeToAudit(request, { models: [model], deleted })
    return deleted
  })
}

export default routes
