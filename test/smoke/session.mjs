import { cosine, difference, eventually, expect, floatBytes, floats, norm, npyOf, valuesOfNpy } from './client.mjs'

const base64Json = 'application/vnd.crosswalk.base64+json'
const octets = 'application/octet-stream'
const npy = 'application/x-npy'

/** What reads only: readiness, models, embedding, translation, verification, refusals, metrics. */
export async function session ({ call, step, seconds }) {
  await step('the service becomes ready', async () => {
    const { json } = await eventually(() => call('GET /health/ready'), seconds)
    return { note: Object.entries(json.checks).map(([name, state]) => `${name} ${state}`).join(', ') }
  })

  const { examples } = await step('it describes itself', async () => {
    await call('GET /health/live')
    const document = (await call('GET /openapi.json')).json
    expect(document.openapi?.startsWith('3.1'), 'GET /openapi.json', 'openapi 3.1', document.openapi)
    const page = await call('GET /docs', { accept: 'text/html' })
    expect(page.type === 'text/html', 'GET /docs', 'text/html', page.type)
    const examples = { image: exampleBody(document, '/v1/embeddings').image, fit: exampleBody(document, '/v1/maps') }
    return { examples, note: `version ${document.info.version}, ${Object.keys(document.paths).length} paths` }
  })

  const { r512, dlib128 } = await step('it knows the models of the pack', async () => {
    const { models } = (await call('GET /v1/models')).json
    const found = Object.fromEntries(models.map(model => [model.id, model]))
    for (const [id, dimension] of [['r512', 512], ['dlib128', 128], ['faceres1024', 1024]]) {
      const { canEmbed, dimension: received } = found[id] ?? {}
      expect(
        canEmbed === true && received === dimension,
        `model ${id}`,
        `one that embeds, of ${dimension} dimensions`,
        found[id]
      )
    }
    expect(
      (await call('GET /v1/models/r512')).json.fingerprint === found.r512.fingerprint,
      'GET /v1/models/r512',
      'the fingerprint of the list',
      found.r512
    )
    return { ...found, note: models.map(model => model.id).join(', ') }
  })

  const { embedded } = await step('it embeds an image under two models', async () => {
    const query = { models: 'r512,dlib128' }
    const { width, height, faces } =
      (await call('POST /v1/embeddings', { query, json: { image: examples.image } })).json
    expect(faces.length === 1, 'faces of the example image', '1', faces.length)
    const [{ templates }] = faces
    const embedded = templates.map(({ vector }) => Float32Array.from(vector))
    for (const [i, model] of [r512, dlib128].entries()) {
      expect(
        templates[i].model === model.id && templates[i].fingerprint === model.fingerprint,
        'space of a template',
        `${model.id} ${model.fingerprint}`,
        templates[i]
      )
      expect(
        embedded[i].length === model.dimension && norm(embedded[i]) > 0 && embedded[i].every(Number.isFinite),
        `template under ${model.id}`,
        `${model.dimension} finite numbers, not all zero`,
        templates[i]
      )
    }
    return {
      embedded,
      note: `${width} x ${height} pixels, ${embedded.map(vector => vector.length).join(' and ')} numbers`
    }
  })

  await step('JSON, bytes and a form give the same templates', async () => {
    const bytes = Buffer.from(examples.image.replace(/^data:[^,]*,/, ''), 'base64')
    const form = new FormData()
    form.set('image', new Blob([bytes]), 'image')
    const accept = base64Json
    for (
      const [what, request] of Object.entries({ 'raw bytes': { body: bytes, type: octets }, 'a form': { body: form } })
    ) {
      const { faces } =
        (await call('POST /v1/embeddings', { query: { models: 'r512,dlib128' }, accept, ...request })).json
      const apart = Math.max(
        ...faces[0].templates.map(({ data }, i) => difference(floats(Buffer.from(data, 'base64')), embedded[i]))
      )
      expect(
        apart <= 1e-5,
        `templates of the image sent as ${what}`,
        'those of the image sent as JSON',
        `a difference of ${apart}`
      )
    }
  })

  const { translated } = await step(
    'it translates dlib128 into r512, alike in every format',
    () => translateEveryWay(call, embedded[1], r512)
  )

  await step('it verifies r512 against dlib128 through a map', async () => {
    const sides = {
      probe: { template: { model: 'r512', vector: [...embedded[0]] } },
      reference: { template: { model: 'dlib128', vector: [...embedded[1]] } }
    }
    const result = (await call('POST /v1/verifications', { json: sides })).json
    const { decision, score, threshold, map, comparisonSpace } = result
    expect(
      decision === 'match' && score >= threshold && map !== null,
      'templates of the same image',
      'a match through a map',
      result
    )
    // What the decision says it rests on has to give its score.
    if (comparisonSpace.model === 'r512') {
      const own = cosine(translated, embedded[0])
      expect(Math.abs(own - score) <= 1e-5, 'score', `the cosine of the translated template, ${own}`, score)
    }
    return {
      note: `score ${score.toFixed(3)}, threshold ${
        threshold.toFixed(3)
      } at FMR ${result.fmr}, in its ${comparisonSpace.kind} space`
    }
  })

  await step('it verifies within one model without a map', async () => {
    const side = { template: { model: 'r512', vector: [...embedded[0]] } }
    const result =
      (await call('POST /v1/verifications', { json: { probe: side, reference: { image: examples.image } } })).json
    expect(
      result.decision === 'match' && result.map === null && Math.abs(result.score - 1) <= 1e-5,
      'a template against its own image',
      'a match of score 1 without a map',
      result
    )
  })

  await step('it refuses what is wrong, and says what', () => refusals(call))

  await step('it counts what it does', async () => {
    const { type, bytes } = await call('GET /metrics')
    const text = bytes.toString()
    for (
      const name of [
        'process_resident_memory_bytes',
        'nodejs_eventloop_lag_p99_seconds',
        'http_request_duration_seconds'
      ]
    ) {
      expect(
        text.includes(`# TYPE ${name} `),
        'GET /metrics',
        `the metric ${name}`,
        `${type}, ${bytes.length} bytes without it`
      )
    }
  })

  return { examples }
}

/** The example of a JSON body in the OpenAPI document, wherever the document has it. */
function exampleBody (document, path) {
  let media = document.paths[path]?.post?.requestBody?.content?.['application/json']
  for (const name of media?.schema?.$ref?.split('/').slice(1) ?? []) {
    media = { ...media, schema: (name === 'components' ? document : media.schema)[name] }
  }
  const example = media?.example ?? Object.values(media?.examples ?? {})[0]?.value ?? media?.schema?.examples?.[0] ??
    media?.schema?.example
  expect(example !== undefined, `POST ${path} in /openapi.json`, 'an example of its JSON body', media)
  return example
}

async function translateEveryWay (call, template, target) {
  const json = { target: target.id, templates: [{ model: 'dlib128', vector: [...template] }] }
  const query = { source: 'dlib128', target: target.id }
  const requests = {
    'JSON numbers': { json },
    base64: {
      json: { target: target.id, templates: [{ model: 'dlib128', data: floatBytes(template).toString('base64') }] }
    },
    '.npy': { query, body: npyOf(template), type: npy },
    'raw float32': { query, body: floatBytes(template), type: octets }
  }
  const answers = {
    'application/json': answer => Float32Array.from(answer.json.templates[0].vector),
    [base64Json]: answer => floats(Buffer.from(answer.json.templates[0].data, 'base64')),
    [npy]: answer => valuesOfNpy(answer.bytes),
    [octets]: answer => floats(answer.bytes)
  }
  let first
  let most = 0
  for (const [form, request] of Object.entries(requests)) {
    for (const [accept, read] of Object.entries(answers)) {
      const what = `${form} translated into ${accept}`
      const answer = await call('POST /v1/translations', { ...request, accept })
      expect(answer.type === accept, what, accept, answer.type)
      const vector = read(answer)
      first ??= vector
      const apart = difference(vector, first)
      most = Math.max(most, apart)
      expect(
        vector.length === target.dimension && apart <= 1e-6,
        what,
        `${target.dimension} numbers within 1e-6 of the first answer`,
        `${vector.length} numbers, ${apart} apart`
      )
      expect(Math.abs(norm(vector) - 1) <= 1e-6, what, 'norm 1', norm(vector))
    }
  }
  const formats = Object.keys(requests).length * Object.keys(answers).length
  return { translated: first, note: `${formats} combinations, at most ${most} apart` }
}

async function refusals (call) {
  const template = { model: 'r512', vector: [1, 2, 3] }
  const wrong = [
    ['GET /v1/nothing', {}, 404, 'route-unknown'],
    ['GET /v1/maps/00000000-0000-4000-8000-ffffffffffff', {}, 404, 'map-unknown'],
    ['POST /v1/translations', { body: '{"target":', type: 'application/json' }, 400, 'body-invalid'],
    [
      'POST /v1/translations',
      { json: { target: 'dlib128', templates: [template], colour: 'red' } },
      400,
      'request-invalid'
    ],
    ['POST /v1/translations', { json: { target: 'dlib128', templates: [template] } }, 422, 'template-invalid'],
    ['POST /v1/translations', { json: { target: 'no-such-model', templates: [template] } }, 404, 'model-unknown'],
    ['POST /v1/translations', { body: '<templates/>', type: 'application/xml' }, 415, 'media-type-unsupported'],
    ['POST /v1/embeddings', { body: Buffer.from('not an image at all'), type: octets }, 415, 'image-unsupported'],
    ['POST /v1/verifications', { json: { probe: {}, reference: {} } }, 400, 'request-invalid']
  ]
  for (const [route, request, status, code] of wrong) {
    const answer = await call(route, { ...request, status })
    expect(answer.type === 'application/problem+json', route, 'application/problem+json', answer.type)
    const problem = answer.json
    const complete = problem.status === status && problem.code === code &&
      [problem.type, problem.title, problem.detail].every(text => text?.length > 0)
    expect(complete, route, `a problem with status ${status}, code ${code}, type, title and detail`, problem)
    expect(!/\n\s+at |node_modules|SELECT /.test(problem.detail), route, 'no stack and no SQL in the detail', problem)
  }
  return { note: `${wrong.length} requests` }
}
