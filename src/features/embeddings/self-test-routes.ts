import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type, type Static } from 'typebox'
import { Problem } from '../../errors.js'
import { readVector } from '../../science/template/document.js'
import { nullableNumber } from '../../science/schemas.js'
import { ModelId } from '../../science/template/space.js'
import { closed, component, Enumeration, input } from '../../platform/http/schemas/component.js'
import { problems } from '../../platform/http/schemas/problem.js'
import { Fingerprint, Label, VectorForms } from '../../platform/http/schemas/template.js'
import { tolerances } from './canary-comparison.js'
import { maxOwnCanaries, type SelfTest as TestReport } from './self-test.js'

const State = Enumeration(['untested', 'passed', 'recorded', 'changed'], {
  description:
    '`passed`: the template is the expected one. `recorded`: nothing was known of this image; the template is expected from ' +
    'now on. `changed`: another template than expected, which no map and no threshold fits. `untested`: nothing is expected. ' +
    'Of the model, the worst of its canaries.'
})

const SelfTest = component(
  'SelfTest',
  Type.Object({
    state: State,
    testedAt: Type.String({ format: 'date-time' }),
    expected: Enumeration(['shipped', 'recorded'], {
      description:
        'Whether the expected templates came with the service, or were recorded by the first test of the space.'
    }),
    canaries: Type.Array(
      Type.Object({
        canary: Type.String({ description: 'File or name of the image.' }),
        state: State,
        deviation: nullableNumber(
          'Length of the difference from the expected template, in lengths of that template; null when one of the two is missing.'
        ),
        tolerance: Type.Number({ description: 'The largest deviation that passes.' }),
        detail: Type.Union([Type.String(), Type.Null()], {
          description: 'Why the model made no template of the image; null when it did.'
        })
      }, closed)
    )
  }, { ...closed, description: 'Whether a model makes the templates that it made before.' })
)

const OwnCanaries = input({
  canaries: Type.Array(
    Type.Object({
      canary: Label('Your name for the image.'),
      fingerprint: Type.Optional(Fingerprint),
      ...VectorForms
    }, { ...closed, description: 'A template of it: exactly one of `vector` and `data`.' }),
    {
      minItems: 1,
      maxItems: maxOwnCanaries,
      description: 'Templates of images that you keep, the same ones every time.'
    }
  ),
  tolerance: Type.Number({
    default: tolerances.whole,
    minimum: 0,
    maximum: 1,
    description: 'The largest deviation that passes, see the answer.'
  })
}, { examples: [{ canaries: [{ canary: 'drawing', vector: [0.5, -0.25, 0.75, 0.1] }] }] })

const Params = (example: string) =>
  Type.Object({ id: Type.Unsafe<string>({ ...ModelId, examples: [example] }) }, closed)

const routes: FastifyPluginAsyncTypebox = async app => {
  const { selfTests, catalogue } = app.service

  app.get('/models/:id/self-test', {
    config: { access: 'embed' },
    schema: {
      operationId: 'testModel',
      tags: ['models'],
      summary: 'Test whether a model makes the templates that it made before',
      description:
        'Embeds images of nobody (canaries) on this replica and compares their templates with the expected ones. A changed ' +
        'runtime, decoder, detector, preprocessing or graph is found before templates are written that no map fits. The same ' +
        'test runs at the start for the default model, and for others before their first image.',
      params: Params('r512'),
      response: {
        200: { ...SelfTest, description: 'The outcome.' },
        ...problems('request-invalid', 'model-unknown', 'model-cannot-embed', 'unavailable')
      }
    }
  }, async request => document(await selfTests.test(request.params.id)))

  app.post('/models/:id/self-test', {
    config: { access: 'fit', audit: 'change' },
    schema: {
      operationId: 'testOwnTemplates',
      tags: ['models'],
      summary: 'Test a model that runs elsewhere by templates that it made',
      description:
        'For a model without a graph here, and for one that also runs in a device. Keep a few images, send what the model makes ' +
        'of them after every change around it, and read whether these are the templates of the first time. What is stored of a ' +
        'template are 32 random projections of it. Of an image with a new name they are recorded, unless another one of the ' +
        'request tells that the model has changed.',
      params: Params('example-a'),
      body: OwnCanaries,
      response: {
        200: { ...SelfTest, description: 'The outcome.' },
        ...problems(
          'request-invalid',
          'body-invalid',
          'model-unknown',
          'fingerprint-mismatch',
          'template-invalid',
          'body-too-large',
          'media-type-unsupported'
        )
      }
    }
  }, async request => {
    const { canaries, tolerance } = request.body
    const space = catalogue.space(request.params.id)
    requireDistinct(canaries.map(({ canary }) => canary))
    const own = canaries.map(({ canary, fingerprint, ...template }, i) => {
      catalogue.checkFingerprint(fingerprint, space, `canaries[${i}]`)
      return { canary, vector: readVector(template, space, `canaries[${i}]`) }
    })
    return document(await selfTests.compareOwn(space, own, tolerance))
  })

  app.delete('/models/:id/self-test', {
    config: { access: 'fit', audit: 'change' },
    schema: {
      operationId: 'forgetCanaries',
      tags: ['models'],
      summary: 'Forget the recorded templates of canaries',
      description:
        'The next test records new ones. Do this when what was recorded was wrong. A model that makes other templates on purpose ' +
        'is another model: give it another id. What ships with the service stays.',
      params: Params('example-a'),
      response: {
        200: Type.Object({ canaries: Type.Integer({ description: 'Of how many images.' }) }, {
          ...closed,
          description: 'What was forgotten.'
        }),
        ...problems('request-invalid', 'model-unknown')
      }
    }
  }, async request => ({ canaries: await selfTests.forget(catalogue.space(request.params.id)) }))
}

export default routes

function document ({ canaries, ...test }: TestReport): Static<typeof SelfTest> {
  return { ...test, canaries: [...canaries] }
}

function requireDistinct (names: readonly string[]): void {
  const again = names.findIndex((name, i) => names.indexOf(name) < i)
  if (again === -1) return
  throw new Problem(
    'request-invalid',
    `canaries[${again}].canary: expected each name once, received ${JSON.stringify(names[again])} again`
  )
}
