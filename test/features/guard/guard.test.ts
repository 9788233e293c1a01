import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { after, before, describe, test } from 'node:test'
import { createRandom } from '../../../src/science/linear-algebra/random.js'
import { base64OfFloat32, bytesOfFloat32, float32FromBase64 } from '../../../src/science/template/float32.js'
import { samplePhotographs } from '../../support/photographs.js'
import { call, describeService, startService, type Json, type RunningService } from '../../support/service.js'

/** The same numbers in another order, always the same one: what another model of the dimension might give. */
function permuted (vector: Float32Array): Float32Array {
  const order = createRandom(3).shuffle(Array.from(vector, (_, i) => i))
  return Float32Array.from(order, i => vector[i]!)
}

async function facesOf (url: string): Promise<Float32Array[]> {
  const vectors: Float32Array[] = []
  for (const path of samplePhotographs.slice(0, 3)) {
    const { json } = await call(url, 'POST', '/v1/embeddings?models=r512&faces=all', {
      body: new Uint8Array(await readFile(path)),
      headers: { 'content-type': 'image/jpeg' }
    })
    vectors.push(...json.faces.map((face: Json) => Float32Array.from(face.templates[0].vector)))
  }
  return vectors
}

const documents = (vectors: Float32Array[], model = 'r512') =>
  vectors.map(vector => ({ model, data: base64OfFloat32(vector) }))
const translate = (url: string, vectors: Float32Array[], target = 'dlib128') =>
  call(url, 'POST', '/v1/translations', { json: { target, templates: documents(vectors) } })

describeService('guard', running => {
  let faces: Float32Array[]
  before(async () => {
    faces = await facesOf(running.url)
  })

  test('templates of faces outside the calibration pass', async () => {
    const { status, json } = await translate(running.url, faces)
    assert.equal(status, 200)
    assert.deepEqual(json.guard, {
      checked: faces.length,
      flagged: [],
      foreign: false,
      likelier: null,
      falseAlarmRate: { template: 0.01, batch: 0.001 }
    })
  })

  test('permuted templates are flagged by position, and a batch of them is foreign', async () => {
    const mixed = faces.map((vector, i) => i === 1 ? permuted(vector) : vector)
    const one = (await translate(running.url, mixed)).json
    assert.deepEqual([one.guard.flagged, one.guard.foreign], [[1], false])
    const all = (await translate(running.url, faces.map(permuted))).json
    assert.deepEqual([all.guard.flagged.length, all.guard.foreign], [faces.length, true])
    assert.equal(all.templates.length, faces.length)
  })

  test('templates of a model that has changed raise an alarm within 200 probes', async () => {
    const alarms = async () =>
      /^crosswalk_guard_drift_alarms_total\{model="r512"\} (\d+)$/m.exec(
        (await call(running.url, 'GET', '/metrics')).bytes.toString()
      )?.[1]
    // Other tests send such templates too, and an alarm comes once an hour.
    for (let probes = 0; await alarms() === undefined; probes += faces.length) {
      assert.ok(probes < 200, 'no alarm')
      await translate(running.url, faces.map(permuted))
    }
  })

  test('templates of several models are judged each by its own space; a space without profile is not judged', async () => {
    const dlib128 = (await call(running.url, 'POST', '/v1/translations', {
      json: { target: 'dlib128', templates: documents(faces.slice(0, 1)) }
    })).json.templates[0].vector
    const { json } = await call(running.url, 'POST', '/v1/translations', {
      json: {
        target: 'faceres1024',
        templates: [
          { model: 'dlib128', vector: Array.from(permuted(Float32Array.from(dlib128))) },
          ...documents([faces[0]!, permuted(faces[1]!)])
        ]
      }
    })
    assert.deepEqual([json.guard.checked, json.guard.flagged], [3, [0, 2]])
    const example = await call(running.url, 'POST', '/v1/translations', {
      json: { target: 'example-b', templates: [{ model: 'example-a', vector: [1, 2, 3, 4] }] }
    })
    assert.deepEqual(example.json.guard, {
      checked: 0,
      flagged: [],
      foreign: false,
      likelier: null,
      falseAlarmRate: null
    })
  })

  test('a binary answer carries the finding in a header', async () => {
    const data = Float32Array.from(faces.slice(0, 3).flatMap(vector => [...permuted(vector)]))
    const { headers } = await call(running.url, 'POST', '/v1/translations?source=r512&target=dlib128', {
      body: new Uint8Array(bytesOfFloat32(data)),
      headers: { 'content-type': 'application/octet-stream', accept: 'application/octet-stream' }
    })
    assert.equal(headers.get('crosswalk-guard'), 'checked=3, flagged=3, foreign=?1')
  })

  test('fifty templates of a large batch are judged, sampled from all of it, with the same finding', async () => {
    const batch = (length: number, isForeign: (i: number) => boolean) =>
      Array.from({ length }, (_, i) => isForeign(i) ? permuted(faces[0]!) : faces[i % faces.length]!)
    const one = (await translate(running.url, batch(50, i => i === 31))).json
    assert.deepEqual([one.guard.checked, one.guard.flagged, one.guard.foreign], [50, [31], false])
    const half = (await translate(running.url, batch(400, i => i >= 200))).json
    assert.equal(half.guard.checked, 50)
    assert.equal(half.guard.flagged.length, 25)
    assert.ok(half.guard.flagged.every((position: number) => position >= 200))
    assert.equal(new Set(half.guard.flagged).size, 25)
    assert.equal((await translate(running.url, batch(400, () => true))).json.guard.foreign, true)
    assert.deepEqual((await translate(running.url, batch(400, () => false))).json.guard.flagged, [])
  })

  test('a verification names the side whose template does not belong', async () => {
    const verify = async (probe: Float32Array, reference: object) =>
      (await call(running.url, 'POST', '/v1/verifications', {
        json: { probe: { template: documents([probe])[0] }, reference }
      })).json
    const reference = { template: documents([faces[0]!])[0] }
    assert.deepEqual((await verify(faces[0]!, reference)).guard.flagged, [])
    assert.deepEqual((await verify(permuted(faces[0]!), reference)).guard.flagged, ['probe'])
    const image = { image: (await readFile(samplePhotographs[0]!)).toString('base64') }
    assert.deepEqual((await verify(faces[0]!, image)).guard, {
      checked: 1,
      flagged: [],
      foreign: false,
      likelier: null,
      falseAlarmRate: { template: 0.01, batch: 0.01 }
    })
  })

  test('the registered space that the templates come from is named; its profile comes with its first map', async () => {
    // A space of 512 dimensions of its own: the faces turned by a permutation, each seen many times with noise.
    await call(running.url, 'POST', '/v1/models', {
      json: { id: 'vendor', title: 'A vendor', version: '1', dimension: 512 }
    })
    const random = createRandom(1)
    const people = Array.from(
      { length: 60 },
      () => faces[random.integer(faces.length)]!.map(value => value + 0.03 * (random.next() - 0.5))
    )
    const pairs = people.flatMap((centre, i) =>
      [0, 1].map(image => {
        const seen = centre.map(value => value + 0.01 * (random.next() - 0.5))
        return {
          sample: `${i}/${image}`,
          identity: `person ${i}`,
          source: { data: base64OfFloat32(permuted(seen)) },
          target: { vector: [...seen.subarray(0, 3)] }
        }
      })
    )
    const fitted = await call(running.url, 'POST', '/v1/maps', {
      json: { source: 'vendor', target: 'example-b', method: 'procrustes', pairs }
    })
    assert.equal(fitted.status, 201, JSON.stringify(fitted.json))
    const { json } = await translate(running.url, pairs.slice(0, 20).map(pair => float32FromBase64(pair.source.data)!))
    assert.deepEqual([json.guard.foreign, json.guard.likelier], [true, 'vendor'])
  })
})

describe('guard by configuration', () => {
  const started: RunningService[] = []
  const startWith = async (guard: 'off' | 'refuse') => {
    const service = await startService({ config: { guard } })
    started.push(service)
    return service.url
  }
  after(async () => {
    for (const service of started) await service.stop()
  })

  test('422: GUARD=refuse refuses a foreign batch and a foreign template, and nothing else', async () => {
    const url = await startWith('refuse')
    const faces = await facesOf(url)
    assert.equal((await translate(url, faces)).status, 200)
    const batch = await translate(url, faces.map(permuted))
    assert.deepEqual([batch.status, batch.json.code, batch.json.model, batch.json.falseAlarmRate], [
      422,
      'template-foreign',
      'r512',
      0.001
    ])
    assert.match(batch.json.detail, new RegExp(`templates: expected ${faces.length} templates .*"r512"`))
    const single = await call(url, 'POST', '/v1/verifications', {
      json: {
        probe: { template: documents([faces[0]!])[0] },
        reference: { template: documents([permuted(faces[0]!)])[0] }
      }
    })
    assert.deepEqual([single.status, single.json.code], [422, 'template-foreign'])
    assert.match(single.json.detail, /^reference\.template: expected a template .*"r512"/)
  })

  test('422: GUARD=refuse refuses the average of many people, alone and in a batch, and judges every row', async () => {
    const url = await startWith('refuse')
    const random = createRandom(4)
    const normal = () => Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next())
    const numbers = (count: number) => Array.from({ length: count }, normal)
    // Two models far from their means, as anisotropic ones are, that see eight traits of a person.
    const [traits, d] = [8, 16]
    const models = ['far-a', 'far-b'].map(id => ({ id, mean: numbers(d), load: numbers(traits * d) }))
    for (const { id } of models) {
      await call(url, 'POST', '/v1/models', { json: { id, title: id, version: '1', dimension: d } })
    }
    const seen = ({ mean, load }: typeof models[number], person: number[]) =>
      mean.map((value, j) =>
        2 * value + 0.2 * (0.3 * normal() + person.reduce((sum, trait, k) => sum + trait * load[k * d + j]!, 0))
      )
    const people = Array.from({ length: 150 }, () => numbers(traits))
    const [source, target] = models as [typeof models[0], typeof models[0]]
    const pairs = people.flatMap((person, p) =>
      [0, 1].map(image => ({
        sample: `${p}/${image}`,
        identity: `person ${p}`,
        source: { vector: seen(source, person) },
        target: { vector: seen(target, person) }
      }))
    )
    const fitted = await call(url, 'POST', '/v1/maps', {
      json: { source: 'far-a', target: 'far-b', method: 'procrustes', activate: true, pairs }
    })
    assert.equal(fitted.status, 201, JSON.stringify(fitted.json))

    const strangers = Array.from({ length: 60 }, () => seen(source, numbers(traits)))
    const average = strangers[0]!.map((_, j) => strangers.reduce((sum, vector) => sum + vector[j]!, 0))
    const verify = async (vector: number[]) =>
      await call(url, 'POST', '/v1/verifications', {
        json: {
          probe: { template: { model: 'far-a', vector } },
          reference: { template: { model: 'far-b', vector: seen(target, people[0]!) } }
        }
      })
    assert.equal((await verify(strangers[0]!)).status, 200)
    const refused = await verify(average)
    assert.deepEqual([refused.status, refused.json.code], [422, 'template-foreign'])
    assert.match(refused.json.detail, /^probe\.template: expected templates of one person each/)

    const batch = (at: number) =>
      call(url, 'POST', '/v1/translations', {
        json: {
          target: 'far-b',
          templates: Array.from({ length: 120 }, (_, i) => ({
            model: 'far-a',
            vector: i === at ? average : strangers[i % 60]!
          }))
        }
      })
    const clean = await batch(-1)
    assert.deepEqual([clean.status, clean.json.guard.checked, clean.json.guard.foreign], [200, 120, false])
    for (const at of [0, 1, 2, 77]) assert.equal((await batch(at)).status, 422, `average in row ${at}`)
  })

  test('GUARD=off judges nothing', async () => {
    const url = await startWith('off')
    const { json, status } = await translate(url, (await facesOf(url)).map(permuted))
    assert.deepEqual([status, json.guard], [200, null])
  })
})
