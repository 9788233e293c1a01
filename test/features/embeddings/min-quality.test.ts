import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { after, before, describe, test } from 'node:test'
import type { Quality } from '../../../src/engines/recognition/recognition.js'
import { configuredQuality, readMinQuality, shortfalls } from '../../../src/features/embeddings/min-quality.js'
import { samplePhotographs } from '../../support/photographs.js'
import { call, startService, type Json, type RunningService } from '../../support/service.js'

const quality: Quality = {
  interEyeDistance: 40,
  sharpness: 200,
  brightness: 120,
  contrast: 50,
  dynamicRange: 7,
  underExposed: 0.02,
  overExposed: 0,
  illuminationUniformity: 0.6,
  outside: 0,
  roll: -12,
  yaw: -0.4,
  pitch: 0.1
}

test('a measure at its limit suffices; deviations count whichever way, and unknown ones do not', () => {
  assert.deepEqual(shortfalls(quality, { interEyeDistance: 40, yaw: 0.4, roll: 12 }), [])
  assert.deepEqual(shortfalls(quality, { interEyeDistance: 40.1, yaw: 0.39, underExposed: 0.01 }), [
    { measure: 'interEyeDistance', value: 40, bound: 'minimum', limit: 40.1 },
    { measure: 'underExposed', value: 0.02, bound: 'maximum', limit: 0.01 },
    { measure: 'yaw', value: 0.4, bound: 'maximum', limit: 0.39 }
  ])
  assert.deepEqual(shortfalls({ ...quality, yaw: null, roll: null, pitch: null }, { yaw: 0, roll: 0, pitch: 0 }), [])
})

test('limits in a text are read, and what is none is refused by name', () => {
  assert.deepEqual(readMinQuality('interEyeDistance:40,yaw:0.3'), { interEyeDistance: 40, yaw: 0.3 })
  const wrong = ['beauty:1', 'yaw', 'yaw:', 'yaw:x', 'yaw:-1', 'yaw:0.1:2', 'yaw:0.1,yaw:0.2', 'outside:1.5', 'yaw:1,']
  for (const text of wrong) {
    assert.throws(() => readMinQuality(text), { code: 'request-invalid', detail: /^minQuality: .*(expected)/ }, text)
  }
  assert.throws(() => configuredQuality('beauty:1', 'flag'), { name: 'StartupError', message: /MIN_QUALITY: .*beauty/ })
})

describe('the quality of photographs', () => {
  let flagging: RunningService
  let refusing: RunningService
  let image: Uint8Array<ArrayBuffer>
  const minQuality = 'interEyeDistance:5000'
  before(async () => {
    image = new Uint8Array(await readFile(samplePhotographs[0]!))
    flagging = await startService({ config: { minQuality, quality: 'flag' } })
    refusing = await startService({ config: { minQuality, quality: 'refuse' } })
  })
  after(async () => {
    await flagging.stop()
    await refusing.stop()
  })
  const post = async (path: string, { url } = flagging, type = 'image/jpeg'): Promise<Json> =>
    await call(url, 'POST', `/v1/${path}`, { body: image, headers: { 'content-type': type } })
  const formOf = (texts: Record<string, string>, files: readonly string[]): FormData => {
    const form = new FormData()
    for (const file of files) form.append(file, new Blob([image]), 'photograph.jpg')
    for (const [name, text] of Object.entries(texts)) form.append(name, text)
    return form
  }

  test('beyond a configured limit a face is named, and refused where the service says so', async () => {
    const { status, json } = await post('embeddings')
    assert.equal(status, 200)
    const [{ shortfalls: [found], quality: { interEyeDistance } }] = json.faces
    assert.deepEqual(found, { measure: 'interEyeDistance', value: interEyeDistance, bound: 'minimum', limit: 5000 })
    const refused = await post('embeddings', refusing)
    assert.equal(refused.status, 422)
    assert.equal(refused.json.code, 'quality-low')
    assert.match(refused.json.detail, /^image: .*interEyeDistance of at least 5000, received \d+/)
    assert.deepEqual(refused.json.failed, [found])
  })

  test('a verification names it and decides, unless its caller sets a limit', async () => {
    const body = formOf({ fmr: '0.01' }, ['probe', 'reference'])
    const { status, json } = await call(refusing.url, 'POST', '/v1/verifications', { body })
    assert.equal(status, 200)
    assert.deepEqual(json.faces.probe.shortfalls.map(({ measure }: Json) => measure), ['interEyeDistance'])
    const strict = await call(flagging.url, 'POST', '/v1/verifications', {
      body: formOf({ minQuality: 'interEyeDistance:4000' }, ['probe', 'reference'])
    })
    assert.equal(strict.json.code, 'quality-low')
    assert.match(strict.json.detail, /^(probe|reference): .*interEyeDistance of at least 4000/)
    const base64 = { image: Buffer.from(image).toString('base64') }
    const inJson = await call(flagging.url, 'POST', '/v1/verifications', {
      json: { probe: base64, reference: base64, minQuality: { interEyeDistance: 4000 } }
    })
    assert.equal(inJson.json.code, 'quality-low')
    const misspelt = await call(flagging.url, 'POST', '/v1/verifications', {
      json: { probe: base64, reference: base64, minQuality: { eyes: 1 } }
    })
    assert.equal(misspelt.json.code, 'request-invalid')
  })

  test('of many faces those beyond a limit are left out and counted', async () => {
    const all = (await post('embeddings?faces=all')).json
    const distances = all.faces.map((face: Json) => face.quality.interEyeDistance).sort((a: number, b: number) => a - b)
    assert.equal(distances.length, 3)
    const limit = (distances[0] + distances[1]) / 2
    const { json } = await post(`embeddings?faces=all&minQuality=interEyeDistance:${limit}`)
    assert.deepEqual([json.faces.length, json.facesRefused, json.facesFound], [2, 1, 3])
  })

  test('enrolment, corpora and searches refuse what their caller refuses, and store nothing', async () => {
    const { json: { id } } = await call(flagging.url, 'POST', '/v1/galleries', { json: { name: 'limited' } })
    const { json: corpus } = await call(flagging.url, 'POST', '/v1/corpora', { json: { name: 'limited' } })
    const strict = 'minQuality=interEyeDistance:4000'
    const answers = [
      await post(`galleries/${id}/images?subject=a&models=r512&${strict}`),
      await post(`corpora/${corpus.id}/images?sample=a&models=r512&${strict}`),
      await call(flagging.url, 'POST', `/v1/galleries/${id}/identifications`, {
        json: { image: Buffer.from(image).toString('base64'), minQuality: { interEyeDistance: 4000 } }
      })
    ]
    for (const { status, json } of answers) assert.deepEqual([status, json.code], [422, 'quality-low'])
    assert.equal((await call(flagging.url, 'GET', `/v1/galleries/${id}`)).json.subjects, 0)
    const lenient = 'minQuality=interEyeDistance:10'
    assert.equal((await post(`galleries/${id}/images?subject=a&models=r512&${lenient}`)).status, 200)
    assert.equal((await post(`galleries/${id}/images?subject=b&models=r512&minQuality=yaw`)).status, 400)
  })

  test('a gallery is searched by a photograph in a form, which answers as JSON does', async () => {
    const { json: { id } } = await call(flagging.url, 'POST', '/v1/galleries', { json: { name: 'by photograph' } })
    await post(`galleries/${id}/images?subject=ann&models=r512`)
    const search = async (texts: Record<string, string>, files = ['image']) =>
      await call(flagging.url, 'POST', `/v1/galleries/${id}/identifications`, { body: formOf(texts, files) })
    const { status, json } = await search({ candidates: '3', fpir: '0.1', attributes: '{}', models: 'r512' })
    assert.equal(status, 200)
    assert.equal(json.results[0].candidates[0].subject, 'ann')
    assert.equal(json.face.facesFound, 3)
    assert.equal(json.fpir, 0.1)
    const inJson = await call(flagging.url, 'POST', `/v1/galleries/${id}/identifications`, {
      json: { image: Buffer.from(image).toString('base64'), candidates: 3, fpir: 0.1, models: ['r512'] }
    })
    assert.deepEqual(json, inJson.json)
    const refused: [Record<string, string>, string[], string, RegExp][] = [
      [{ candidates: '0' }, ['image'], 'request-invalid', /form: candidates/],
      [{ candidates: 'three' }, ['image'], 'request-invalid', /form: candidates.*"three"/],
      [{ fpir: '' }, ['image'], 'request-invalid', /form: fpir/],
      [{ belowThreshold: 'yes' }, ['image'], 'request-invalid', /form: belowThreshold/],
      [{ model: 'No Such' }, ['image'], 'request-invalid', /form: model/],
      [{ attributes: '[' }, ['image'], 'body-invalid', /attributes/],
      [{ minQuality: 'yaw' }, ['image'], 'request-invalid', /form: minQuality/],
      [{ minQuality: 'interEyeDistance:4000' }, ['image'], 'quality-low', /^image: .*interEyeDistance/],
      [{ image: 'text' }, [], 'body-invalid', /file of an image/],
      [{ anything: '1' }, ['image'], 'body-invalid', /anything/],
      [{}, [], 'body-invalid', /image/]
    ]
    for (const [texts, files, code, detail] of refused) {
      const answer = await search(texts, files)
      assert.equal(answer.json.code, code, JSON.stringify([texts, answer.json]))
      assert.match(answer.json.detail, detail)
    }
  })
})
