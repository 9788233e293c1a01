import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { closed, component, Enumeration } from '../../platform/http/schemas/component.js'
import { problems } from '../../platform/http/schemas/problem.js'
import { nullableNumber } from '../../science/schemas.js'
import { ModelId } from '../../science/template/space.js'

const SelfTest = component(
  'SelfTest',
  Type.Object({
    state: Enumeration(['passed', 'recorded', 'changed'], {
      description:
        '`passed`: the templates are those that are expected. `recorded`: the space was tested for the first time, and these ' +
        'are expected from now on. `changed`: other templates than expected, which no map and no threshold fits.'
    }),
    testedAt: Type.String({ format: 'date-time' }),
    expected: Enumeration(['shipped', 'recorded'], {
      description:
        'Whether the expected templates came with the service, or were recorded by the first test of the space.'
    }),
    canaries: Type.Array(
      Type.Object({
        canary: Type.String({ description: 'File of the image.' }),
        deviation: nullableNumber(
          'Length of the difference from the expected template, in lengths of that template; null when there is no template.'
        ),
        tolerance: Type.Number({ description: 'The largest deviation that passes.' }),
        detail: Type.Union([Type.String(), Type.Null()], {
          description: 'Why there is no template, where one is expected.'
        })
      }, closed)
    )
  }, { ...closed, description: 'Whether a model makes the templates that it made before.' })
)

const routes: FastifyPluginAsyncTypebox = async app => {
  app.get('/models/:id/self-test', {
    config: { access: 'embed' },
    schema: {
      operationId: 'testModel',
      tags: ['models'],
      summary: 'Test whether a model makes the templates that it made before',
      description:
        'Embeds images of nobody (canaries) on this replica and compares their templates with the expected ones. A changed ' +
        'runtime, decoder, detector, preprocessing or graph is found before templates are written that no map fits. The same ' +
        'test runs in the background: of the default model at the start, of others with their first image.',
      params: Type.Object({ id: Type.Unsafe<string>({ ...ModelId, examples: ['r512'] }) }, closed),
      response: {
        200: { ...SelfTest, description: 'The outcome.' },
        ...problems('request-invalid', 'model-unknown', 'model-cannot-embed')
      }
    }
  }, async request => {
    const { canaries, ...test } = await app.service.testModel(request.params.id)
    return { ...test, canaries: [...canaries] }
  })
}

export default routes
