import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { before, test } from 'node:test'
import sharp from 'sharp'
import { cosine } from '../../support/cosine.js'
import { samplePhotographs } from '../../support/photographs.js'
import { call, describeService, type Json } from '../../support/service.js'

describeService('several images of one person', running => {
  /** of one person, as other cameras would have it */
  let own: Buffer[]
  let stranger: Buffer
  let faceless: Buffer
  before(async () => {
    const photograph = await readFile(samplePhotographs[0]!)
    own = [
      photograph,
      await sharp(photograph).linear(0.6, 10).jpeg().toBuffer(),
      await sharp(photograph).resize(500).jpeg({ quality: 60 }).toBuffer()
    ]
    stranger = await readFile(samplePhotographs[5]!)
    faceless = await sharp({ create: { width: 64, height: 64, channels: 3, background: '#808080' } }).png().toBuffer()
  })

  function formOf (images: readonly Buffer[], name = 'image'): FormData {
    const form = new FormData()
    images.forEach((image, i) => form.append(name, new Blob([new Uint8Array(image)]), `${i}.jpg`))
    return form
  }
  const gallery = async (): Promise<string> =>
    (await call(running.url, 'POST', '/v1/galleries', { json: { name: 'a gallery' } })).json.id
  const enrol = async (id: string, images: readonly Buffer[], query: string) =>
    await call(running.url, 'POST', `/v1/galleries/${id}/images?${query}`, { body: formOf(images) })
  const templateOf = async (image: Buffer, model: string): Promise<number[]> =>
    (await call(running.url, 'POST', `/v1/embeddings?models=${model}`, {
      body: new Uint8Array(image),
      headers: { 'content-type': 'image/jpeg' }
    })).json.faces[0].templates[0].vector

  test('are enrolled as one template of each model, without those that do not match or have no face', async () => {
    const id = await gallery()
    const images = [own[0]!, stranger, own[1]!, faceless, own[2]!]
    const { status, json } = await enrol(id, images, 'subject=a&models=dlib128,r512&combine=mean')
    assert.equal(status, 200, JSON.stringify(json))
    assert.deepEqual([json.added, json.images.length], [2, 5])
    assert.deepEqual(json.images.map(({ omitted }: Json) => omitted?.code ?? null), [
      null,
      'images-differ',
      null,
      'face-missing',
      null
    ])
    assert.match(json.images[1].omitted.detail, /"r512"/, 'the model that tells people apart best decides')
    const weights: number[] = json.images.map(({ weight }: Json) => weight)
    assert.ok(Math.abs(weights.reduce((sum, weight) => sum + weight, 0) - 1) < 1e-9)
    assert.deepEqual(weights.map(weight => weight > 0), [true, false, true, false, true])
    assert.equal(json.images[3].face, null)
    assert.ok(json.images[1].face.detectionScore > 0.9)

    const { json: repeated } = await enrol(id, images, 'subject=a&models=dlib128,r512&combine=mean')
    assert.deepEqual([repeated.added, repeated.unchanged], [0, 2])
    const { json: found } = await call(running.url, 'POST', `/v1/galleries/${id}/identifications`, {
      json: { probes: [{ model: 'r512', vector: await templateOf(own[1]!, 'r512') }], candidates: 1 }
    })
    assert.ok(found.results[0].candidates[0].score > 0.9, JSON.stringify(found))
  })

  test('make one sample of a corpus', async () => {
    const { json: { id } } = await call(running.url, 'POST', '/v1/corpora', { json: { name: 'a corpus' } })
    const { status, json } = await call(
      running.url,
      'POST',
      `/v1/corpora/${id}/images?sample=s&identity=a&models=r512,dlib128&combine=mean`,
      { body: formOf(own) }
    )
    assert.equal(status, 200, JSON.stringify(json))
    assert.deepEqual([json.added, json.images.length], [2, 3])
    assert.equal((await call(running.url, 'GET', `/v1/corpora/${id}`)).json.samples, 1)
  })

  test('of two people are refused, and nothing is enrolled', async () => {
    const id = await gallery()
    for (const images of [[own[0]!, stranger], [own[0]!, own[1]!, stranger, stranger]]) {
      const { status, json } = await enrol(id, images, 'subject=a&models=r512&combine=mean')
      assert.deepEqual([status, json.code], [422, 'images-differ'])
      assert.match(json.detail, new RegExp(`received ${images.length} of which at most ${images.length / 2} do`))
    }
    const { json } = await enrol(id, [faceless, faceless], 'subject=a&models=r512&combine=mean')
    assert.equal(json.code, 'face-missing')
    assert.match(json.detail, /expected 2 images of which at least one can be embedded, received none; of the first: /)
    assert.equal((await call(running.url, 'GET', `/v1/galleries/${id}`)).json.subjects, 0)
  })

  test('come as a form, at most ten of them, and only with the option', async () => {
    const id = await gallery()
    const several = await enrol(id, own, 'subject=a&models=r512')
    assert.deepEqual([several.status, several.json.code], [400, 'body-invalid'])
    const many = await enrol(id, Array.from({ length: 11 }, () => faceless), 'subject=a&models=r512&combine=mean')
    assert.deepEqual([many.status, many.json.code], [400, 'body-invalid'])
    assert.match(many.json.detail, /1 to 10 files in "image".*after 10 of them/)
    const address = `/v1/galleries/${id}/images?subject=a&models=r512&combine=mean`
    for (const body of [formOf(own, 'photo'), formOf([])]) {
      const { status, json } = await call(running.url, 'POST', address, { body })
      assert.deepEqual([status, json.code], [400, 'body-invalid'], JSON.stringify(json))
    }
    const raw = await call(running.url, 'POST', address, {
      body: new Uint8Array(own[0]!),
      headers: { 'content-type': 'image/jpeg' }
    })
    assert.deepEqual([raw.status, raw.json.code], [400, 'body-invalid'])
    assert.match(raw.json.detail, /expected a form with 1 to 10 files in "image", received image\/jpeg/)
  })

  test('need a model of which a match is known', async () => {
    const id = await gallery()
    const { json: { maps } } = await call(running.url, 'GET', '/v1/maps?state=active')
    const ofDlib = maps.filter(({ source, target }: Json) => [source.model, target.model].includes('dlib128'))
    for (const { id: map } of ofDlib) await call(running.url, 'DELETE', `/v1/maps/${map}`)
    const { status, json } = await enrol(id, own, 'subject=a&models=dlib128&combine=mean')
    assert.deepEqual([status, json.code], [409, 'threshold-unsupported'], JSON.stringify(json))
    assert.match(json.detail, /"dlib128"/)
  })

  test('have a mean that is nearer to each of them than they are to one another', async () => {
    const id = await gallery()
    await enrol(id, own, 'subject=a&models=r512&combine=mean')
    const probes = await Promise.all(
      own.map(async image => Float32Array.from(await templateOf(image, 'r512')))
    )
    const { json } = await call(running.url, 'POST', `/v1/galleries/${id}/identifications`, {
      json: { probes: probes.map(vector => ({ model: 'r512', vector: [...vector] })), candidates: 1 }
    })
    const least = Math.min(...probes.flatMap((a, i) => probes.slice(0, i).map(b => cosine(a, b))))
    for (const { candidates: [found] } of json.results) assert.ok(found.score > least)
  })
})
