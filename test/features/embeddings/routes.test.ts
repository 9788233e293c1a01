import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { after, before, describe, test } from 'node:test'
import { examples } from '../../../src/platform/http/documented-examples.js'
import { float32FromBase64 } from '../../../src/science/template/float32.js'
import { samplePhotographs } from '../../support/photographs.js'
import { call, startService, type Json, type RunningService } from '../../support/service.js'

describe('embeddings', () => {
  let running: RunningService
  let photograph: Uint8Array<ArrayBuffer>
  before(async () => {
    running = await startService({ config: { imageMaxPixels: 4_000_000, bodyLimit: 2 ** 21 } })
    photograph = new Uint8Array(await readFile(samplePhotographs[0]!))
  })
  after(() => running.stop())

  const embed = (query: string, body: Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}) =>
    call(running.url, 'POST', `/v1/embeddings${query}`, { body, headers: { 'content-type': 'image/jpeg', ...headers } })

  test('bytes, a form and base64 in JSON give the same templates', async () => {
    const form = new FormData()
    form.append('image', new Blob([photograph]), 'photograph.jpg')
    const answers = [
      await embed('?models=r512', photograph),
      await embed('?models=r512', photograph, { 'content-type': 'application/octet-stream' }),
      await call(running.url, 'POST', '/v1/embeddings?models=r512', { body: form }),
      await call(running.url, 'POST', '/v1/embeddings?models=r512', {
        json: { image: Buffer.from(photograph).toString('base64') }
      }),
      await call(running.url, 'POST', '/v1/embeddings?models=r512', {
        json: { image: `data:image/jpeg;base64,${Buffer.from(photograph).toString('base64')}` }
      })
    ]
    for (const { status, json } of answers) {
      assert.equal(status, 200)
      assert.deepEqual(json, answers[0]!.json)
    }
  })

  test('several models in one request see the same face', async () => {
    const { status, json } = await embed('?models=r512,dlib128,faceres1024', photograph)
    assert.equal(status, 200)
    assert.equal(json.faces.length, 1)
    const [face] = json.faces
    assert.deepEqual(face.templates.map((template: Json) => [template.model, template.vector.length]), [['r512', 512], [
      'dlib128',
      128
    ], ['faceres1024', 1024]])
    assert.equal(face.landmarks.length, 5)
    assert.ok(face.box.width > 20 && face.box.width < json.width)
  })

  test('the default model is used when none is named, and Accept chooses base64', async () => {
    const { json, headers } = await embed('', photograph, { accept: 'application/vnd.crosswalk.base64+json' })
    assert.match(headers.get('content-type')!, /^application\/vnd\.crosswalk\.base64\+json/)
    assert.equal(json.faces[0].templates[0].model, 'r512')
    assert.equal(float32FromBase64(json.faces[0].templates[0].data)!.length, 512)
  })

  test('aligned=true detects nothing', async () => {
    const { status, json } = await call(running.url, 'POST', '/v1/embeddings?aligned=true', {
      json: { image: examples.face }
    })
    assert.equal(status, 200)
    assert.equal(json.faces[0].detectionScore, null)
  })

  test('4xx: an image that cannot be embedded is refused with the reason', async () => {
    const blank = Buffer.from(
      'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
      'base64'
    )
    const bomb = Buffer.from(blank)
    bomb.writeUInt32BE(60_000, 16)
    bomb.writeUInt32BE(60_000, 20)
    const svg = new TextEncoder().encode('<svg xmlns="http://www.w3.org/2000/svg" width="10" height="10"/>')
    const cases = [
      [await embed('', new Uint8Array(blank)), 422, 'face-missing', /face/],
      [await embed('', new Uint8Array(bomb)), 413, 'image-too-large', /4000000|4,000,000|60000/],
      [await embed('', photograph.subarray(0, photograph.length >> 1)), 422, 'image-damaged', /./],
      [await embed('', new TextEncoder().encode('no image at all')), 415, 'image-unsupported', /./],
      [await embed('', svg), 415, 'image-unsupported', /./],
      [await embed('', new Uint8Array(0)), 400, 'body-invalid', /received none/],
      [await embed('', new Uint8Array(2 ** 21 + 1)), 413, 'body-too-large', /expected at most 2097152 bytes/],
      [await embed('?models=nobody', photograph), 404, 'model-unknown', /nobody/],
      [await embed('?models=example-a', photograph), 409, 'model-cannot-embed', /"r512"/],
      [
        await embed('?faces=some', photograph),
        400,
        'request-invalid',
        /faces: expected one of "largest", "all", received "some"/
      ],
      [
        await embed('?aligned=maybe', photograph),
        400,
        'request-invalid',
        /aligned: expected boolean, received "maybe"/
      ],
      [await embed('?model=r512', photograph), 400, 'request-invalid', /"model"/],
      [
        await call(running.url, 'POST', '/v1/embeddings', { json: { image: 'not base64!' } }),
        415,
        'image-unsupported',
        /image: expected .*base64/
      ],
      [await call(running.url, 'POST', '/v1/embeddings', { json: {} }), 400, 'request-invalid', /"image"/],
      [await call(running.url, 'POST', '/v1/embeddings', { body: new FormData() }), 400, 'body-invalid', /"image"/],
      [
        await call(running.url, 'POST', '/v1/embeddings', { body: 'x', headers: { 'content-type': 'text/plain' } }),
        415,
        'media-type-unsupported',
        /text\/plain/
      ]
    ] as const
    for (const [{ status, json }, expected, code, detail] of cases) {
      assert.equal(status, expected, JSON.stringify(json))
      assert.equal(json.code, code)
      assert.match(json.detail, detail)
    }
  })
})
