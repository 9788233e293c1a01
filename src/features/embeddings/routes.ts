import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { writeTemplate } from '../../science/template/document.js'
import { acceptedType, base64Json, json, vectorForm } from '../../platform/http/media-types.js'
import { describeToAudit } from '../audit/index.js'
import { readImage } from '../../platform/http/bodies/request-body.js'
import { closed, component, Enumeration, input } from '../../platform/http/schemas/component.js'
import { FaceCountsDocument, faceDocument, FaceDocument } from './face-schema.js'
import { imageBody } from './image-schema.js'
import { MinQualityText, readMinQuality } from './min-quality.js'
import { sendLong } from '../../platform/http/long-answer.js'
import { problems } from '../../platform/http/schemas/problem.js'
import { ModelList } from '../catalogue/index.js'
import { TemplateDocument } from '../../platform/http/schemas/template.js'

const Embedding = component(
  'Embedding',
  Type.Object({
    width: Type.Integer({ description: 'Width of the upright image, in pixels.' }),
    height: Type.Integer({ description: 'Height of the upright image, in pixels.' }),
    ...FaceCountsDocument.properties,
    faces: Type.Array(
      Type.Object({
        ...FaceDocument.properties,
        templates: Type.Array(TemplateDocument, {
          description:
            'One for each requested model that made one, in the order requested: the raw output of the model, not ' +
            'normalised.'
        }),
        unusable: Type.Array(
          Type.Object({
            model: Type.String(),
            detail: Type.String({ description: 'What was expected of the output of the model, and what it was.' })
          }, closed),
          {
            description:
              'Requested models that made no template of the face, for instance of a black crop. Templates of the ' +
              'other models are valid.'
          }
        )
      }, closed),
      { description: 'Largest first.' }
    )
  }, closed)
)

const routes: FastifyPluginAsyncTypebox = async app => {
  app.post('/embeddings', {
    config: { access: 'embed', audit: 'decision' },
    schema: {
      operationId: 'embedImage',
      tags: ['embeddings'],
      summary: 'Embed the faces in an image',
      description:
        `Nothing is stored. A model whose output for a face is not a valid template (norm zero, NaN, infinity) is ` +
        `listed in its \`unusable\`. If no face has any template, the answer is 422 \`template-missing\`. The ` +
        `example is a small drawing.`,
      querystring: input({
        models: Type.Optional(
          ModelList('Ids of the models, separated by commas; the default model when absent.', 'r512,dlib128')
        ),
        faces: Enumeration(['largest', 'all'], {
          default: 'largest',
          description: 'The largest face (of those within a quarter of its area, the most central), or all of them.'
        }),
        aligned: Type.Boolean({
          default: false,
          description: 'The image is a square crop, aligned as for ArcFace: no face is detected.'
        }),
        minQuality: Type.Optional(MinQualityText)
      }),
      body: imageBody,
      response: {
        200: {
          description: 'The faces with their templates. `Accept` chooses how vectors are written.',
          content: { [json]: { schema: Embedding }, [base64Json]: { schema: Embedding } }
        },
        ...problems(
          'request-invalid',
          'body-invalid',
          'model-unknown',
          'not-acceptable',
          'model-cannot-embed',
          'body-too-large',
          'image-too-large',
          'media-type-unsupported',
          'image-unsupported',
          'image-damaged',
          'face-missing',
          'face-unclear',
          'quality-low',
          'template-missing',
          'unavailable'
        )
      }
    }
  }, async (request, reply) => {
    const type = acceptedType(request, [json, base64Json])
    const { models, faces, aligned, minQuality } = request.query
    const result = await app.service.embed({
      image: await readImage(request),
      models: models?.split(','),
      faces,
      aligned,
      minQuality: minQuality === undefined ? undefined : readMinQuality(minQuality),
      signal: request.exchange.signal
    })
    describeToAudit(request, {
      models: [...new Set(result.faces.flatMap(({ templates }) => templates.map(({ space }) => space.model)))],
      templates: result.faces.reduce((sum, { templates }) => sum + templates.length, 0)
    })
    const documents = result.faces.map(face => ({
      ...faceDocument(face),
      templates: face.templates.map(({ space, vector }) => writeTemplate(space, vector, vectorForm(type))),
      unusable: face.unusable.map(({ model, defect }) => ({ model, detail: defect }))
    }))
    // A photograph of a crowd has a template of each face under each model.
    return sendLong(
      reply,
      { ...result, faces: documents },
      'faces',
      type
    )
  })
}

export default routes
