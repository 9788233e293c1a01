import assert from 'node:assert/strict'
import { test } from 'node:test'
import { examples } from '../../../src/platform/http/documented-examples.js'
import { writeNpy } from '../../../src/science/template/npy.js'
import { call, forEachService, type Json } from '../../support/service.js'

forEachService('corpora', running => {
  const create = async () => (await call(running.url, 'POST', '/v1/corpora', { json: { name: 'a corpus' } })).json.id
  const upload = (id: string, templates: unknown, query = 'model=example-a') =>
    call(running.url, 'POST', `/v1/corpora/${id}/templates?${query}`, { json: { templates } })
  const vector = [0.1, 0.2, 0.3, 0.4]

  test('201: a corpus is created, listed, read and deleted', async () => {
    const id = await create()
    assert.ok((await call(running.url, 'GET', '/v1/corpora')).json.corpora.some((corpus: Json) => corpus.id === id))
    assert.deepEqual((await call(running.url, 'GET', `/v1/corpora/${id}`)).json.templates, [])
    assert.equal((await call(running.url, 'DELETE', `/v1/corpora/${id}`)).status, 204)
    assert.equal((await call(running.url, 'GET', `/v1/corpora/${id}`)).status, 404)
    assert.equal((await call(running.url, 'DELETE', `/v1/corpora/${id}`)).json.code, 'corpus-unknown')
  })

  test('only the samples of one person are deleted; the audit has the counts, not the name', async () => {
    const id = await create()
    await upload(id, [
      { sample: '1', identity: 'someone/öther', vector },
      { sample: '2', identity: 'someone/öther', vector },
      { sample: '3', identity: 'q', vector },
      { sample: '4', vector }
    ])
    await call(running.url, 'POST', `/v1/corpora/${id}/templates?model=example-b`, {
      json: { templates: [{ sample: '1', identity: 'someone/öther', vector: [1, 2, 3] }] }
    })
    const other = await create()
    await upload(other, [{ sample: '1', identity: 'someone/öther', vector }])

    const address = `/v1/corpora/${id}/samples?identity=${encodeURIComponent('someone/öther')}`
    assert.deepEqual((await call(running.url, 'DELETE', address)).json, { samples: 2, templates: 3 })
    assert.deepEqual((await call(running.url, 'DELETE', address)).json, { samples: 0, templates: 0 })
    assert.equal((await call(running.url, 'GET', `/v1/corpora/${id}`)).json.samples, 2)
    assert.equal((await call(running.url, 'GET', `/v1/corpora/${other}`)).json.samples, 1)
    assert.equal((await call(running.url, 'DELETE', `/v1/corpora/${other}`)).status, 204)
    assert.equal((await call(running.url, 'DELETE', `/v1/corpora/${id}/samples`)).json.code, 'request-invalid')
    assert.equal(
      (await call(running.url, 'DELETE', `/v1/corpora/${other}/samples?identity=q`)).json.code,
      'corpus-unknown'
    )

    const audit = await call(running.url, 'GET', '/v1/audit?limit=1000')
    const of = (corpus: string) =>
      audit.json.records.map(({ record }: Json) => record)
        .filter(({ phase, params, deleted }: Json) =>
          phase === 'ended' && params?.id === corpus && deleted !== undefined
        ).map(({ deleted }: Json) => deleted)
    assert.deepEqual([of(id), of(other)], [[{ samples: 2, templates: 3 }, { samples: 0, templates: 0 }], [{
      samples: 1,
      templates: 1
    }]])
    assert.ok(!audit.bytes.toString().includes('someone'))
  })

  test('templates arrive as JSON, NDJSON and .npy, and count', async () => {
    const id = await create()
    assert.deepEqual((await upload(id, [{ sample: '1', identity: 'p', vector }])).json, { added: 1, unchanged: 0 })
    const ndjson = [{ sample: '2', identity: 'p', vector }, { sample: '3', vector }].map(row => JSON.stringify(row))
      .join('\n')
    const lines = await call(running.url, 'POST', `/v1/corpora/${id}/templates?model=example-a`, {
      body: ndjson,
      headers: { 'content-type': 'application/x-ndjson' }
    })
    assert.deepEqual(lines.json, { added: 2, unchanged: 0 })
    const form = new FormData()
    form.append(
      'templates',
      new Blob([new Uint8Array(writeNpy({ rows: 2, cols: 4, data: Float32Array.from([...vector, ...vector]) }))]),
      'templates.npy'
    )
    form.append('samples', new Blob(['sample,identity\n3,\n4,q\n']), 'samples.csv')
    const npy = await call(running.url, 'POST', `/v1/corpora/${id}/templates?model=example-a`, { body: form })
    assert.deepEqual(npy.json, { added: 1, unchanged: 1 })
    const { json } = await call(running.url, 'GET', `/v1/corpora/${id}`)
    assert.equal(json.samples, 4)
    assert.equal(json.identities, 2)
    assert.deepEqual(json.templates.map(({ model, count }: Json) => ({ model, count })), [{
      model: 'example-a',
      count: 4
    }])
  })

  test('a group label is accepted in every form, and contradicting it is refused', async () => {
    const id = await create()
    assert.equal((await upload(id, [{ sample: '1', identity: 'p', group: 'north', vector }])).status, 200)
    const ndjson = (row: object) =>
      call(running.url, 'POST', `/v1/corpora/${id}/templates?model=example-a`, {
        body: JSON.stringify(row),
        headers: { 'content-type': 'application/x-ndjson' }
      })
    assert.equal((await ndjson({ sample: '2', group: 'south', vector })).status, 200)
    const form = new FormData()
    form.append(
      'templates',
      new Blob([new Uint8Array(writeNpy({ rows: 2, cols: 4, data: Float32Array.from([...vector, ...vector]) }))]),
      'templates.npy'
    )
    form.append('samples', new Blob(['sample,identity,group\n3,,east\n4,q,\n']), 'samples.csv')
    assert.deepEqual(
      (await call(running.url, 'POST', `/v1/corpora/${id}/templates?model=example-a`, { body: form })).json,
      { added: 2, unchanged: 0 }
    )
    for (const [sample, group] of [['1', 'north'], ['2', 'south'], ['3', 'east']] as const) {
      assert.equal((await upload(id, [{ sample, group, vector }])).status, 200)
      const other = await upload(id, [{ sample, group: 'elsewhere', vector }])
      assert.deepEqual([other.status, other.json.code], [409, 'template-exists'])
    }
  })

  test('an image becomes templates under several models, once', async () => {
    const id = await create()
    const add = () =>
      call(running.url, 'POST', `/v1/corpora/${id}/images?sample=drawing&identity=p&models=r512,dlib128`, {
        json: { image: examples.face }
      })
    const first = await add()
    assert.equal(first.status, 200)
    assert.equal(first.json.added, 2)
    assert.ok(first.json.face.box.width > 50)
    assert.equal((await add()).json.unchanged, 2)
  })

  test('200: a repetition with the same Idempotency-Key creates nothing', async () => {
    const post = (name: string) =>
      call(running.url, 'POST', '/v1/corpora', {
        json: { name },
        headers: { 'idempotency-key': `corpus-${running.kind}` }
      })
    const first = await post('x')
    assert.equal(first.status, 201)
    const again = await post('x')
    assert.equal(again.status, 200)
    assert.equal(again.json.id, first.json.id)
    assert.equal((await post('y')).json.code, 'idempotency-conflict')
  })

  test('409: a template or an identity that contradicts the stored one; nothing of the upload is stored', async () => {
    const id = await create()
    await upload(id, [{ sample: '1', identity: 'p', vector }])
    const other = await upload(id, [{ sample: '0', vector }, { sample: '1', vector: [1, 0, 0, 0] }])
    assert.equal(other.status, 409)
    assert.equal(other.json.code, 'template-exists')
    assert.match(other.json.detail, /"1"/)
    assert.equal((await upload(id, [{ sample: '1', identity: 'q', vector }])).status, 409)
    assert.equal((await call(running.url, 'GET', `/v1/corpora/${id}`)).json.samples, 1)
  })

  test('4xx: an invalid upload is refused, naming the line, the row or the member', async () => {
    const id = await create()
    const ndjson = (body: string | Uint8Array<ArrayBuffer>) =>
      call(running.url, 'POST', `/v1/corpora/${id}/templates?model=example-a`, {
        body,
        headers: { 'content-type': 'application/x-ndjson' }
      })
    const samples = (csv: string) => {
      const body = new FormData()
      body.append(
        'templates',
        new Blob([new Uint8Array(writeNpy({ rows: 1, cols: 4, data: Float32Array.from(vector) }))]),
        'templates.npy'
      )
      body.append('samples', new Blob([csv]), 'samples.csv')
      return call(running.url, 'POST', `/v1/corpora/${id}/templates?model=example-a`, { body })
    }
    const cases = [
      [await samples('sample\n' + '\n'.repeat(2 ** 20)), 400, /samples: expected at most 1048576 lines, received more/],
      [
        await upload(id, [{ sample: '1', vector: [1, 2] }]),
        422,
        /templates\[0\]: expected 4 numbers for model "example-a", received 2/
      ],
      [
        await upload(id, [{ sample: '1', vector, data: 'AAAA' }]),
        422,
        /exactly one of "vector" and "data", received both/
      ],
      [await upload(id, []), 400, /templates/],
      [await upload(id, [{ sample: '1', vector }], 'model=nobody'), 404, /nobody/],
      [
        await upload(id, [{ sample: '1', vector }], `model=example-a&fingerprint=${'0'.repeat(64)}`),
        409,
        /fingerprint/
      ],
      [await upload('nothing', [{ sample: '1', vector }]), 404, /nothing/],
      [await ndjson('{"sample":"1","vector":[1,2,3,4]}\n{"sample":'), 400, /line 2/],
      [await ndjson('{"sample":"1","vector":[1,2,3,4],"extra":1}'), 400, /line 1/],
      [await ndjson(''), 400, /received none/],
      [await ndjson('\n\n'), 400, /received none/],
      [await ndjson('\n'.repeat(2 ** 21)), 400, /expected at most 1048576 blank lines, received more/],
      [await ndjson('{"sample":"1","vector":[1,2,3,4]0}'), 400, /line 1: expected a JSON object/],
      [await ndjson(`{"sample":"${'\ud83d\ude00'.repeat(201)}","vector":[1,2,3,4]}`), 400, /line 1: .*sample/],
      [await samples('sample\n"Doe\n'), 400, /samples: expected CSV .*quote/i],
      [await samples('sample,identity\n1\n'), 400, /samples: expected CSV .*line 2/],
      [await samples(`sample\n${'\ud83d\ude00'.repeat(201)}\n`), 400, /samples: record 2: .*sample/],
      [
        await samples('sample,identity\n1,a\n2,b\n'),
        400,
        /expected 1 records, one for each row of the .npy file, received 2/
      ],
      [await ndjson(new Uint8Array(Buffer.from('{"sample":"\xff","vector":[1,2,3,4]}', 'latin1'))), 400, /UTF-8/]
    ] as const
    for (const [{ status, json }, expected, detail] of cases) {
      assert.equal(status, expected, json.detail)
      assert.match(json.detail, detail)
    }
    assert.equal((await call(running.url, 'GET', `/v1/corpora/${id}`)).json.samples, 0)
  })
})
