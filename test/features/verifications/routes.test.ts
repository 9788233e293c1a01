import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { examples } from '../../../src/platform/http/documented-examples.js'
import { samplePhotographs } from '../../support/photographs.js'
import { call, describeService } from '../../support/service.js'

describeService('verifications', running => {
  const r512 = { template: { model: 'r512', data: examples.templates.r512 } }
  const dlib128 = { template: { model: 'dlib128', data: examples.templates.dlib128 } }
  const verify = (probe: unknown, reference: unknown, rest: object = {}) =>
    call(running.url, 'POST', '/v1/verifications', { json: { probe, reference, ...rest } })
  const photograph = async (index: number) => ({
    image: (await readFile(samplePhotographs[index]!)).toString('base64')
  })

  test('templates of two models are compared through a map, in either order', async () => {
    const { status, json } = await verify(r512, dlib128)
    assert.equal(status, 200)
    assert.equal(json.decision, 'match')
    assert.ok(json.score >= json.threshold)
    assert.equal(json.fmr, 0.001)
    assert.equal(json.support, 'measured')
    assert.deepEqual([json.map.source, json.map.target].sort(), ['dlib128', 'r512'])
    assert.deepEqual(json.comparisonSpace, {
      kind: 'shared',
      model: null,
      whitening: json.comparisonSpace.whitening,
      normalisation: 'none',
      dimension: json.comparisonSpace.dimension
    })
    assert.ok(json.interval.lower <= 0.0011 && json.interval.upper >= 0.0009)
    assert.ok(json.calibration.nonMatedComparisons >= 3000)
    const swapped = (await verify(dlib128, r512)).json
    assert.equal(swapped.map.id, json.map.id)
    assert.ok(Math.abs(swapped.score - json.score) < 1e-9)
  })

  const form = (parts: Record<string, string | Blob>) => {
    const body = new FormData()
    for (const [name, value] of Object.entries(parts)) body.append(name, value)
    return call(running.url, 'POST', '/v1/verifications', { body })
  }
  const file = async (index: number) => new Blob([await readFile(samplePhotographs[index]!)], { type: 'image/jpeg' })

  test('two photographs in a form are decided as in JSON, and the answer says which faces were taken', async () => {
    const { status, json } = await form({ probe: await file(0), reference: await file(2), fmr: '0.01', model: 'r512' })
    assert.equal(status, 200)
    assert.equal(json.fmr, 0.01)
    const same = (await verify(
      { ...await photograph(0), model: 'r512' },
      { ...await photograph(2), model: 'r512' },
      { fmr: 0.01 }
    )).json
    assert.deepEqual(json, same)
    for (const face of [json.faces.probe, json.faces.reference]) {
      assert.equal(face.landmarks.length, 5)
      assert.equal(face.facesFound, 3)
      assert.equal(face.facesOmitted, 2)
      assert.ok(face.quality.interEyeDistance > 50)
    }
  })

  test('a side of a form may be a template, as text or as a file of JSON', async () => {
    const template = JSON.stringify(r512.template)
    for (const part of [template, new Blob([template], { type: 'application/json' })]) {
      const { status, json } = await form({ probe: await file(0), reference: part })
      assert.equal(status, 200, JSON.stringify(json))
      assert.equal(json.faces.reference, null)
      assert.equal(json.faces.probe.facesFound, 3)
      assert.equal(json.probe.model, 'r512')
    }
  })

  test('4xx: a form says which part is wrong, and a problem of an image which side it is', async () => {
    const blank = new Blob([Buffer.from(
      'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
      'base64'
    )])
    const photo = await file(0)
    const cases = [
      [await form({ probe: photo, reference: blank }), 422, 'face-missing', /^reference: expected a face/],
      [await form({ probe: blank, reference: photo }), 422, 'face-missing', /^probe: expected a face/],
      [await form({ probe: photo }), 400, 'body-invalid', /received no "reference"/],
      [await form({ probe: photo, reference: photo, other: 'x' }), 400, 'body-invalid', /received field "other"/],
      [await form({ probe: photo, reference: photo, fmr: '2' }), 400, 'request-invalid', /fmr: expected a number.*"2"/],
      [
        await form({ probe: photo, reference: photo, fmr: photo }),
        400,
        'body-invalid',
        /text in "fmr", received a file/
      ],
      [await form({ probe: photo, reference: photo, aligned: 'x' }), 400, 'request-invalid', /aligned: expected true/],
      [await form({ probe: photo, reference: '{"model":3}' }), 400, 'request-invalid', /^form: reference: expected/],
      [await form({ probe: photo, reference: 'none' }), 400, 'body-invalid', /^form: reference: expected JSON|JSON/]
    ] as const
    for (const [{ status, json }, expectedStatus, code, detail] of cases) {
      assert.equal(status, expectedStatus, JSON.stringify(json))
      assert.equal(json.code, code)
      assert.match(json.detail, detail)
    }
  })

  test('templates of one space need no map', async () => {
    const { json } = await verify(r512, r512)
    assert.equal(json.map, null)
    assert.ok(Math.abs(json.score - 1) < 1e-6)
    assert.deepEqual(json.comparisonSpace, {
      kind: 'own',
      model: 'r512',
      whitening: null,
      normalisation: 'none',
      dimension: 512
    })
    assert.ok(json.calibration.map.id)
  })

  test('templates of a space without maps are scored, but not decided', async () => {
    await call(running.url, 'POST', '/v1/models', { json: { id: 'lonely', title: 'x', version: '1', dimension: 2 } })
    const { status, json } = await verify({ template: { model: 'lonely', vector: [3, 4] } }, {
      template: { model: 'lonely', vector: [4, 3] }
    })
    assert.equal(status, 200)
    assert.ok(Math.abs(json.score - 0.96) < 1e-6)
    assert.deepEqual(
      [json.decision, json.threshold, json.support, json.logLikelihoodRatio, json.calibration, json.map],
      [null, null, 'unsupported', null, null, null]
    )
  })

  test('an active map without a comparison space compares in its target space', async () => {
    const fit = await call(running.url, 'POST', '/v1/maps', {
      json: {
        source: 'example-b',
        target: 'example-a',
        method: 'procrustes',
        pairs: Array.from({ length: 30 }, (_, i) => ({
          sample: `${i}`,
          identity: `person ${i}`,
          source: { vector: [0, 1, 2].map(k => Math.sin(7 * (i + 1) * (k + 1))) },
          target: { vector: [0, 1, 2, 3].map(k => Math.cos(5 * (i + 1) * (k + 2))) }
        }))
      }
    })
    assert.equal(fit.status, 201, JSON.stringify(fit.json))
    assert.equal(fit.json.card.comparison, undefined)
    const example =
      (await call(running.url, 'GET', '/v1/maps?source=example-a&target=example-b&state=active')).json.maps[0]
    assert.equal((await call(running.url, 'DELETE', `/v1/maps/${example.id}`)).status, 200)
    assert.equal((await call(running.url, 'POST', `/v1/maps/${fit.json.id}/activate`)).status, 200)
    const { json } = await verify({ template: { model: 'example-a', vector: [1, 2, 3, 4] } }, {
      template: { model: 'example-b', vector: [3, 1, 2] }
    }, { fmr: 0.1 })
    assert.deepEqual([json.comparisonSpace.kind, json.comparisonSpace.model, json.map.id], [
      'target',
      'example-a',
      fit.json.id
    ])
    const translated = (await call(running.url, 'POST', '/v1/translations', {
      json: { target: 'example-a', templates: [{ model: 'example-b', vector: [3, 1, 2] }] }
    })).json.templates[0].vector
    const reference = [1, 2, 3, 4].map(value => value / Math.hypot(1, 2, 3, 4))
    assert.ok(Math.abs(json.score - reference.reduce((sum, value, k) => sum + value * translated[k], 0)) < 1e-6)
  })

  test('an image is embedded with the model of the other side, or the named one', async () => {
    const image = { image: examples.face }
    assert.equal((await verify(image, dlib128)).json.map, null)
    assert.equal((await verify({ ...image, model: 'r512' }, dlib128)).json.probe.model, 'r512')
    assert.equal((await verify(image, image)).json.probe.model, 'r512')
    assert.equal((await verify(image, image)).json.decision, 'match')
  })

  test('photographs of different people do not match, across models too', async () => {
    const [one, other] = [await photograph(0), await photograph(1)]
    for (const sides of [[one, other], [{ ...one, model: 'r512' }, { ...other, model: 'dlib128' }]]) {
      const { status, json } = await verify(sides[0], sides[1])
      assert.equal(status, 200)
      assert.equal(json.decision, 'non-match', JSON.stringify(json))
    }
  })

  test('a lower false match rate has a higher threshold', async () => {
    const thresholds = []
    for (const fmr of [0.1, 0.01, 0.001, 0.0001]) thresholds.push((await verify(r512, dlib128, { fmr })).json.threshold)
    assert.deepEqual(thresholds, [...thresholds].sort((a, b) => a - b))
    assert.equal(new Set(thresholds).size, 4)
  })

  test('a false match rate beyond the data is extrapolated one decade and marked, and not decided further down', async () => {
    // One in a million is a little less than the comparisons within one space can measure.
    const measured = (await verify(r512, r512, { fmr: 1e-5 })).json
    const beyond = (await verify(r512, r512, { fmr: 1e-6 })).json
    assert.deepEqual([measured.support, beyond.support, beyond.decision, beyond.interval], [
      'measured',
      'extrapolated',
      'match',
      null
    ])
    assert.ok(beyond.threshold > measured.threshold && beyond.calibration.lowestFmr <= 1e-6)
    const stranger = { template: { model: 'example-a', vector: [1, 2, 3, 4] } }
    const { status, json } = await verify(stranger, stranger, { fmr: 1e-6 })
    assert.equal(status, 200)
    assert.deepEqual([json.support, json.decision, json.threshold], ['unsupported', null, null])
    assert.ok((json.calibration.lowestFmr ?? 1) > 1e-6)
  })

  test('the likelihood ratio agrees with the decision', async () => {
    const [one, other] = [await photograph(0), await photograph(1)]
    assert.ok((await verify(r512, dlib128)).json.logLikelihoodRatio > 0)
    assert.ok((await verify({ ...one, model: 'r512' }, { ...other, model: 'dlib128' })).json.logLikelihoodRatio < 0)
  })

  test('4xx: what cannot be decided is refused with the reason', async () => {
    const stranger = { template: { model: 'example-a', vector: [1, 2, 3, 4] } }
    const cases = [
      [await verify(r512, stranger), 409, 'map-missing', /from "r512" to "example-a"/],
      [await verify(r512, dlib128, { fmr: 0.5 }), 400, 'request-invalid', /fmr: .*0\.1, received 0\.5/],
      [await verify(r512, dlib128, { fmr: '0.1' }), 400, 'request-invalid', /fmr: expected number/],
      [
        await verify(r512, {}),
        400,
        'request-invalid',
        /reference: expected either "template" or "templates" alone, or "image".*none of them/
      ],
      [await verify({ ...r512, image: examples.face }, dlib128), 400, 'request-invalid', /probe: /],
      [await verify({ ...r512, model: 'r512' }, dlib128), 400, 'request-invalid', /probe: /],
      [await verify({ image: '****' }, dlib128), 415, 'image-unsupported', /probe\.image/],
      [await verify({ image: examples.face, model: 'example-a' }, dlib128), 409, 'model-cannot-embed', /example-a/],
      [
        await verify(r512, { template: { model: 'dlib128', vector: [1] } }),
        422,
        'template-invalid',
        /reference\.template: expected 128/
      ]
    ] as const
    for (const [{ status, json }, expected, code, detail] of cases) {
      assert.equal(status, expected, JSON.stringify(json))
      assert.equal(json.code, code)
      assert.match(json.detail, detail)
    }
    assert.ok(cases[0]![0].json.maps.length > 0)
  })
})
