import assert from 'node:assert/strict'
import { test } from 'node:test'
import { examples } from '../../../src/platform/http/documented-examples.js'
import {
  base64OfFloat32,
  bytesOfFloat32,
  float32FromBase64,
  float32FromBytes
} from '../../../src/science/template/float32.js'
import { readNpy, writeNpy } from '../../../src/science/template/npy.js'
import { call, describeService, type Json } from '../../support/service.js'

describeService('translations', running => {
  const template = float32FromBase64(examples.templates.dlib128)!
  const batch = {
    rows: 3,
    cols: 128,
    data: Float32Array.from([0, 1, 2].flatMap(shift => Array.from(template, (v, i) => v + shift * Math.sin(i))))
  }
  const rows = [0, 1, 2].map(row => batch.data.subarray(row * 128, (row + 1) * 128))
  const query = 'source=dlib128&target=r512'

  const inputs: Record<string, () => { path: string, body: string | Uint8Array<ArrayBuffer>, type: string }> = {
    'JSON numbers': () => json(rows.map(row => ({ model: 'dlib128', vector: Array.from(row) }))),
    'JSON base64': () => json(rows.map(row => ({ model: 'dlib128', data: base64OfFloat32(row) }))),
    '.npy': () => ({ path: `?${query}`, body: new Uint8Array(writeNpy(batch)), type: 'application/x-npy' }),
    'raw float32': () => ({
      path: `?${query}`,
      body: new Uint8Array(bytesOfFloat32(batch.data)),
      type: 'application/octet-stream'
    })
  }
  const json = (templates: object[]) => ({
    path: '',
    body: JSON.stringify({ target: 'r512', templates }),
    type: 'application/json'
  })
  const outputs: Record<string, { accept: string, read: (bytes: Buffer) => Float32Array }> = {
    'JSON numbers': {
      accept: 'application/json',
      read: bytes => Float32Array.from(JSON.parse(bytes.toString()).templates.flatMap((row: Json) => row.vector))
    },
    'JSON base64': {
      accept: 'application/vnd.crosswalk.base64+json',
      read: bytes =>
        Float32Array.from(
          JSON.parse(bytes.toString()).templates.flatMap((row: Json) => Array.from(float32FromBase64(row.data)!))
        )
    },
    '.npy': { accept: 'application/x-npy', read: bytes => readNpy(bytes).data },
    'raw float32': { accept: 'application/octet-stream', read: float32FromBytes }
  }

  const translate = async (input: string, accept: string) => {
    const { path, body, type } = inputs[input]!()
    return await call(running.url, 'POST', `/v1/translations${path}`, {
      body,
      headers: { 'content-type': type, accept }
    })
  }

  for (const input of Object.keys(inputs)) {
    for (const [output, { accept, read }] of Object.entries(outputs)) {
      test(`from ${input} to ${output}`, async () => {
        const expected = outputs['JSON numbers']!.read((await translate('JSON numbers', 'application/json')).bytes)
        const answer = await translate(input, accept)
        assert.equal(answer.status, 200)
        assert.match(answer.headers.get('content-type')!, new RegExp(accept.replace(/[.+]/g, '\\$&')))
        const values = read(answer.bytes)
        assert.equal(values.length, 3 * 512)
        values.forEach((value, i) => assert.ok(Math.abs(value - expected[i]!) < 1e-6))
        for (const row of [0, 1, 2]) {
          assert.ok(Math.abs(Math.hypot(...values.subarray(row * 512, (row + 1) * 512)) - 1) < 1e-5)
        }
      })
    }
  }

  test('templates of several models are translated in one request, in order', async () => {
    const templates = [
      { id: 'one', model: 'dlib128', data: examples.templates.dlib128 },
      { id: 'two', model: 'r512', data: examples.templates.r512 },
      { id: 'three', model: 'dlib128', vector: Array.from(template) }
    ]
    const { status, json } = await call(running.url, 'POST', '/v1/translations', {
      json: { target: 'faceres1024', templates }
    })
    assert.equal(status, 200)
    assert.deepEqual(json.templates.map((row: Json) => row.id), ['one', 'two', 'three'])
    assert.deepEqual(json.templates[0].vector, json.templates[2].vector)
    assert.notDeepEqual(json.templates[0].vector, json.templates[1].vector)
    assert.deepEqual(json.maps.map((map: Json) => map.source), ['dlib128', 'r512'])
  })

  test('a batch beyond what the main thread computes gives the same rows', async () => {
    const many = { rows: 2000, cols: 128, data: new Float32Array(2000 * 128) }
    for (let row = 0; row < many.rows; row++) many.data.set(rows[row % 3]!, row * 128)
    const { status, bytes } = await call(running.url, 'POST', `/v1/translations?${query}`, {
      body: new Uint8Array(bytesOfFloat32(many.data)),
      headers: { 'content-type': 'application/octet-stream', accept: 'application/octet-stream' }
    })
    assert.equal(status, 200)
    const values = float32FromBytes(bytes)
    const few = outputs['raw float32']!.read((await translate('raw float32', 'application/octet-stream')).bytes)
    for (const row of [0, 1, 2, 999, 1998]) {
      for (let i = 0; i < 512; i++) assert.ok(Math.abs(values[row * 512 + i]! - few[(row % 3) * 512 + i]!) < 1e-5)
    }
  })

  test('rows larger than a chunk stream through, in their order, as .npy too', async () => {
    const rows = 5000
    const body = new Float32Array(rows * 128)
    for (let row = 0; row < rows; row++) {
      body.set(batch.data.subarray((row % 3) * 128, (row % 3 + 1) * 128), row * 128)
      body[row * 128] = row / rows
    }
    const send = (part: Float32Array, accept: string) =>
      call(running.url, 'POST', `/v1/translations?${query}`, {
        body: new Uint8Array(bytesOfFloat32(part)),
        headers: { 'content-type': 'application/octet-stream', accept }
      })
    const whole = await send(body, 'application/octet-stream')
    assert.equal(whole.status, 200)
    assert.match(whole.headers.get('crosswalk-map')!, /^[0-9a-f-]{36}$/)
    const values = float32FromBytes(whole.bytes)
    assert.equal(values.length, rows * 512)
    for (const row of [0, 2047, 2048, 4095, 4096, 4999]) {
      const alone = float32FromBytes(
        (await send(body.slice(row * 128, (row + 1) * 128), 'application/octet-stream')).bytes
      )
      for (let i = 0; i < 512; i++) assert.ok(Math.abs(values[row * 512 + i]! - alone[i]!) < 1e-6, `row ${row}`)
    }
    const npy = readNpy((await send(body, 'application/x-npy')).bytes)
    assert.deepEqual([npy.rows, npy.cols], [rows, 512])
    assert.deepEqual(npy.data, values)
  })

  test('concurrent batches, some of them abandoned, each get their own rows', async () => {
    const size = 600
    const bodies = Array.from(
      { length: 6 },
      (_, k) =>
        Float32Array.from(
          { length: size * 128 },
          (_, i) => batch.data[i % batch.data.length]! + (k + 1) * Math.cos(i * (k + 1))
        )
    )
    const headers = { 'content-type': 'application/octet-stream', accept: 'application/octet-stream' }
    const url = `${running.url}/v1/translations?${query}`
    const send = async (body: Float32Array, signal: AbortSignal | null = null) =>
      float32FromBytes(
        Buffer.from(
          await (await fetch(url, { method: 'POST', headers, body: new Uint8Array(bytesOfFloat32(body)), signal }))
            .arrayBuffer()
        )
      )
    const expected: Float32Array[] = []
    for (const body of bodies) expected.push(await send(body))
    assert.notDeepEqual(expected[0], expected[1])
    for (let round = 0; round < 4; round++) {
      const leaving = bodies.map((body, k) => send(body, AbortSignal.timeout(1 + 4 * k)).catch(() => undefined))
      const answers = await Promise.all(bodies.map(body => send(body)))
      answers.forEach((answer, k) => assert.deepEqual(answer, expected[k], `batch ${k}`))
      await Promise.all(leaving)
    }
  })

  test('an invalid row ends the answer early: with 422 at the beginning, cut off later', async () => {
    const body = new Float32Array(9000 * 128).fill(1)
    const send = () =>
      call(running.url, 'POST', `/v1/translations?${query}`, {
        body: new Uint8Array(bytesOfFloat32(body)),
        headers: { 'content-type': 'application/octet-stream', accept: 'application/octet-stream' }
      })
    body[8500 * 128] = Infinity
    await assert.rejects(send(), TypeError)
    body[2100 * 128 + 7] = NaN
    const { status, json } = await send()
    assert.deepEqual([status, json.code], [422, 'template-invalid'])
    assert.match(json.detail, /^row 2100: .*NaN at index 7/)
  })

  test('4xx: what cannot be translated is refused with what was expected and received', async () => {
    const post = (templates: unknown, target = 'r512') =>
      call(running.url, 'POST', '/v1/translations', { json: { target, templates } })
    const binary = (path: string, body: Uint8Array<ArrayBuffer>, type = 'application/octet-stream', accept = '*/*') =>
      call(running.url, 'POST', `/v1/translations${path}`, { body, headers: { 'content-type': type, accept } })
    const nan = Float32Array.from(template).fill(NaN, 5, 6)
    const npy = new Uint8Array(writeNpy(batch))
    const cases = [
      [
        await post([{ model: 'dlib128', vector: [1, 2, 3] }]),
        422,
        'template-invalid',
        /templates\[0\]: expected 128 numbers for model "dlib128", received 3/
      ],
      [
        await post([{ model: 'dlib128', data: examples.templates.dlib128 }, {
          model: 'dlib128',
          vector: new Array(128).fill(0)
        }]),
        422,
        'template-invalid',
        /templates\[1\]: .*norm zero/
      ],
      [await post([{ model: 'dlib128', data: base64OfFloat32(nan) }]), 422, 'template-invalid', /NaN at index 5/],
      [
        await post([{ model: 'dlib128', vector: [1e300, ...new Array(127).fill(0)] }]),
        422,
        'template-invalid',
        /Infinity at index 0/
      ],
      [
        await post([{ model: 'dlib128', data: '*not base64*' }]),
        422,
        'template-invalid',
        /templates\[0\]\.data: expected base64/
      ],
      [await post([{ model: 'dlib128' }]), 422, 'template-invalid', /received neither/],
      [await post([{ model: 'nobody', vector: [1] }]), 404, 'model-unknown', /"nobody"/],
      [
        await post([{ model: 'dlib128', data: examples.templates.dlib128 }], 'nobody'),
        404,
        'model-unknown',
        /"nobody"/
      ],
      [
        await post([{ model: 'dlib128', data: examples.templates.dlib128 }], 'dlib128'),
        400,
        'request-invalid',
        /a model other/
      ],
      [
        await post([{ model: 'dlib128', data: examples.templates.dlib128 }], 'example-a'),
        409,
        'map-missing',
        /"dlib128" to "r512"/
      ],
      [
        await post([{ model: 'dlib128', data: examples.templates.dlib128, fingerprint: '0'.repeat(64) }]),
        409,
        'fingerprint-mismatch',
        /0000/
      ],
      [await post([]), 400, 'request-invalid', /templates/],
      [await post('all'), 400, 'request-invalid', /templates: expected array, received "all"/],
      [await binary('', npy, 'application/x-npy'), 400, 'request-invalid', /"source" and "target"/],
      [await binary(`?${query}`, npy.subarray(0, 40), 'application/x-npy'), 400, 'body-invalid', /\.npy/],
      [
        await binary(`?${query}`, npy.subarray(0, npy.length - 4), 'application/x-npy'),
        400,
        'body-invalid',
        /1536 bytes .*received 1532/
      ],
      [
        await binary(
          `?${query}`,
          new Uint8Array(writeNpy({ rows: 0, cols: 128, data: new Float32Array(0) })),
          'application/x-npy'
        ),
        400,
        'body-invalid',
        /n of 1 or more, received \(0, 128\)/
      ],
      [
        await binary('?source=r512&target=dlib128', npy, 'application/x-npy'),
        422,
        'template-invalid',
        /\(n, 512\).*\(3, 128\)/
      ],
      [await binary(`?${query}`, new Uint8Array(7)), 422, 'template-invalid', /multiple of 512 bytes.*received 7/],
      [await binary(`?${query}`, new Uint8Array(0)), 400, 'body-invalid', /received none/],
      [await binary(`?${query}`, new Uint8Array(bytesOfFloat32(nan))), 422, 'template-invalid', /row 0: .*NaN/],
      [await binary(`?${query}`, npy, 'application/x-npy', 'text/html'), 406, 'not-acceptable', /text\/html/],
      [await binary(`?${query}`, npy, 'text/plain'), 415, 'media-type-unsupported', /text\/plain/]
    ] as const
    for (const [{ status, json }, expected, code, detail] of cases) {
      assert.equal(status, expected, json.detail)
      assert.equal(json.code, code)
      assert.match(json.detail, detail)
    }
    assert.ok(cases[9]![0].json.maps.length > 0)
  })
})
