import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import sharp from 'sharp'
import { examples } from '../../../src/platform/http/documented-examples.js'
import { call, startService, type Json, type RunningService } from '../../support/service.js'

/** faceres1024 ends in ReLU and a mean: a black crop makes it answer 1,024 zeros. */
describe('an image of which a model makes no template', () => {
  let running: RunningService
  let black: Uint8Array<ArrayBuffer>
  before(async () => {
    running = await startService()
    black = new Uint8Array(
      await sharp({ create: { width: 160, height: 160, channels: 3, background: '#000' } }).png().toBuffer()
    )
  })
  after(() => running.stop())

  const send = (path: string) =>
    call(running.url, 'POST', path, { body: black, headers: { 'content-type': 'image/png' } })
  const refused = ({ status, json }: { status: number, json: Json }) => {
    assert.deepEqual([status, json.code, json.models], [422, 'template-missing', ['faceres1024']], JSON.stringify(json))
    assert.match(json.detail, /"faceres1024": expected a vector with a direction, received one of norm zero/)
  }

  test('an embedding is refused without any template, and otherwise lists the models that made none', async () => {
    refused(await send('/v1/embeddings?models=faceres1024&aligned=true'))
    const { status, json } = await send('/v1/embeddings?models=r512,faceres1024,dlib128&aligned=true')
    assert.equal(status, 200, JSON.stringify(json))
    const [face] = json.faces
    assert.deepEqual(face.templates.map(({ model }: Json) => model), ['r512', 'dlib128'])
    assert.deepEqual(face.unusable, [{
      model: 'faceres1024',
      detail: 'expected a vector with a direction, received one of norm zero'
    }])
    assert.ok(face.templates.every(({ vector }: Json) => vector.some((value: number) => value !== 0)))
  })

  test('storing or comparing it is refused, and nothing is stored', async () => {
    const image = Buffer.from(black).toString('base64')
    refused(
      await call(running.url, 'POST', '/v1/verifications', {
        json: {
          probe: { image, model: 'faceres1024', aligned: true },
          reference: { image: examples.face, model: 'r512' }
        }
      })
    )
    const { json: gallery } = await call(running.url, 'POST', '/v1/galleries', { json: { name: 'black' } })
    refused(await send(`/v1/galleries/${gallery.id}/images?subject=nobody&models=r512,faceres1024&aligned=true`))
    refused(
      await call(running.url, 'POST', `/v1/galleries/${gallery.id}/identifications`, {
        json: { image, model: 'faceres1024', aligned: true }
      })
    )
    assert.equal((await call(running.url, 'GET', `/v1/galleries/${gallery.id}`)).json.subjects, 0)
    const { json: corpus } = await call(running.url, 'POST', '/v1/corpora', { json: { name: 'black' } })
    refused(await send(`/v1/corpora/${corpus.id}/images?sample=black&models=r512,faceres1024&aligned=true`))
    assert.equal((await call(running.url, 'GET', `/v1/corpora/${corpus.id}`)).json.samples, 0)
  })
})
