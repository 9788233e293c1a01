import assert from 'node:assert/strict'
import { test } from 'node:test'
import { writeNpy } from '../../../src/science/template/npy.js'
import { base64OfFloat32, bytesOfFloat32 } from '../../../src/science/template/float32.js'
import { examples } from '../../../src/platform/http/documented-examples.js'
import { call, forEachService, type Json } from '../../support/service.js'

forEachService('galleries', running => {
  const create = async (): Promise<string> =>
    (await call(running.url, 'POST', '/v1/galleries', { json: { name: 'a gallery' } })).json.id
  const enrol = (id: string, templates: unknown, query = 'model=example-a') =>
    call(running.url, 'POST', `/v1/galleries/${id}/templates?${query}`, { json: { templates } })
  const ndjson = (id: string, rows: readonly unknown[]) =>
    call(running.url, 'POST', `/v1/galleries/${id}/templates?model=example-a`, {
      body: rows.map(row => typeof row === 'string' ? row : JSON.stringify(row)).join('\n'),
      headers: { 'content-type': 'application/x-ndjson' }
    })
  const form = (
    id: string,
    subjects: string,
    templates: Uint8Array<ArrayBuffer>,
    order = ['subjects', 'templates']
  ) => {
    const body = new FormData()
    for (const name of order) body.append(name, new Blob([name === 'subjects' ? subjects : templates]), name)
    return call(running.url, 'POST', `/v1/galleries/${id}/templates?model=example-a`, { body })
  }
  const counts = ({ json }: { json: Json }) => [json.added, json.unchanged, json.replaced]
  const vector = [0.1, 0.2, 0.3, 0.4]
  const rows = (count: number) => ({
    rows: count,
    cols: 4,
    data: Float32Array.from({ length: 4 * count }, (_, i) => 1 + i % 7)
  })

  test('201: a gallery is created, listed, read and deleted', async () => {
    const id = await create()
    assert.ok(
      (await call(running.url, 'GET', '/v1/galleries')).json.galleries.some((gallery: Json) => gallery.id === id)
    )
    const { json } = await call(running.url, 'GET', `/v1/galleries/${id}`)
    assert.deepEqual([json.name, json.subjects, json.templates, json.encrypted], ['a gallery', 0, [], false])
    assert.equal((await call(running.url, 'DELETE', `/v1/galleries/${id}`)).status, 204)
    assert.equal((await call(running.url, 'GET', `/v1/galleries/${id}`)).json.code, 'gallery-unknown')
    assert.equal((await enrol(id, [{ subject: 'a', vector }])).json.code, 'gallery-unknown')
  })

  test('400: a third file of a form is refused, and the answer says what was enrolled by then', async () => {
    const id = await create()
    const { status, json } = await form(id, 'subject\na\nb\n', new Uint8Array(writeNpy(rows(2))), [
      'subjects',
      'templates',
      'templates'
    ])
    assert.deepEqual([status, json.code, json.enrolled.added], [400, 'body-invalid', 2], JSON.stringify(json))
    assert.equal((await call(running.url, 'GET', `/v1/galleries/${id}`)).json.subjects, 2)
  })

  test('400: a problem repeats nothing of a text that is not JSON', async () => {
    const id = await create()
    const secret = '0.123456789'
    for (
      const body of [`{"templates":[{"subject":"a","vector":[${secret}`, `[${secret}]]`, `"${secret}`, secret + 'x']
    ) {
      for (const type of ['application/json', 'application/x-ndjson']) {
        const answer = await call(running.url, 'POST', `/v1/galleries/${id}/templates?model=example-a`, {
          body,
          headers: { 'content-type': type }
        })
        assert.equal(answer.status, 400)
        assert.equal(answer.bytes.toString().includes(secret), false, answer.bytes.toString())
      }
    }
  })

  test('200: templates arrive as JSON, NDJSON, .npy and float32, and sending them again changes nothing', async () => {
    const id = await create()
    assert.deepEqual(
      counts(
        await enrol(id, [{ subject: 'a', vector, attributes: { site: 'west' } }, {
          subject: 'a',
          reference: 'side',
          vector: [1, 2, 3, 4]
        }])
      ),
      [2, 0, 0]
    )
    assert.deepEqual(counts(await ndjson(id, [{ subject: 'b', vector }, '', { subject: 'a', vector }])), [1, 1, 0])
    assert.deepEqual(
      counts(await form(id, 'subject,reference,quality\nc,,\nd,front,0.25\n', new Uint8Array(writeNpy(rows(2))))),
      [2, 0, 0]
    )
    assert.deepEqual(counts(await form(id, 'subject\nc\ne\n', new Uint8Array(bytesOfFloat32(rows(2).data)))), [1, 1, 0])
    const { json } = await call(running.url, 'GET', `/v1/galleries/${id}`)
    assert.deepEqual([json.subjects, json.templates[0].count], [5, 6])
    const subject = await call(running.url, 'GET', `/v1/galleries/${id}/subjects/d`)
    assert.deepEqual(
      subject.json.templates.map((
        { reference, model, provenance, quality }: Json
      ) => [reference, model, provenance, quality]),
      [['front', 'example-a', 'native', 0.25]]
    )
    assert.ok(!JSON.stringify(subject.json).includes('vector'))
    const west = await call(
      running.url,
      'GET',
      `/v1/galleries/${id}/subjects?attributes=${encodeURIComponent('{"site":"west"}')}`
    )
    assert.deepEqual(west.json.subjects.map(({ subject: name }: Json) => name), ['a'])
  })

  test('200: a stream of several parts is enrolled as it arrives, and an error in it says how much is enrolled', async () => {
    const id = await create()
    const model = { id: 'wide', dimension: 4096, title: 'Wide', version: '1' }
    assert.equal((await call(running.url, 'POST', '/v1/models', { json: model })).status, 201)
    // 4 MiB of numbers.
    const part = 2 ** 20 / model.dimension
    const line = (subject: string, value: number) =>
      JSON.stringify({ subject, data: base64OfFloat32(new Float32Array(model.dimension).fill(value)) }) + '\n'
    const lines = Array.from({ length: part + 10 }, (_, i) => line(`s${i}`, 1 + i))
    const send = (lines: readonly string[]) =>
      call(running.url, 'POST', `/v1/galleries/${id}/templates?model=wide`, {
        body: lines.join(''),
        headers: { 'content-type': 'application/x-ndjson' }
      })
    const broken = await send([...lines.slice(0, -1), line('x', 0)])
    assert.equal(broken.status, 422)
    assert.match(
      broken.json.detail,
      new RegExp(`line ${part + 10}: .*norm zero. The first ${part} templates are enrolled`)
    )
    assert.equal(broken.json.enrolled.added, part)
    assert.deepEqual(counts(await send(lines)), [10, part, 0])
  })

  test('4xx: up to a hundred bad lines of NDJSON are named, all are counted, and nothing after the first is enrolled', async () => {
    const id = await create()
    const bad = ['no JSON', '{"subject":"x","vector":[0,0,0,0]}', '{"subject":"y"}']
    const few = await ndjson(id, [{ subject: 'a', vector }, ...bad, { subject: 'b', vector }])
    assert.deepEqual([few.status, few.json.code, few.json.invalid], [400, 'body-invalid', 3], JSON.stringify(few.json))
    assert.deepEqual(few.json.lines.map(({ line, code }: Json) => [line, code]), [[2, 'body-invalid'], [
      3,
      'template-invalid'
    ], [4, 'template-invalid']])
    assert.match(few.json.detail, /^line 2: .*, and 2 other lines are invalid \(see "lines"\)$/)
    const many = await ndjson(id, Array.from({ length: 1000 }, () => bad[1]))
    assert.deepEqual([many.json.code, many.json.invalid, many.json.lines.length], ['template-invalid', 1000, 100])
    assert.equal((await call(running.url, 'GET', `/v1/galleries/${id}`)).json.subjects, 0)
    // What is refused when it is stored says what is wrong with the rest, too.
    await enrol(id, [{ subject: 'a', vector }])
    const other = await ndjson(id, [{ subject: 'a', vector: [4, 3, 2, 1] }])
    assert.equal(other.json.code, 'template-exists')
    const { json: corpus } = await call(running.url, 'POST', '/v1/corpora', { json: { name: 'lines' } })
    const lines = await call(running.url, 'POST', `/v1/corpora/${corpus.id}/templates?model=example-a`, {
      body: ['{"sample":"1","vector":[1,2,3,4]}', ...bad].join('\n'),
      headers: { 'content-type': 'application/x-ndjson' }
    })
    assert.deepEqual([lines.status, lines.json.invalid, lines.json.lines.map(({ line }: Json) => line)], [400, 3, [
      2,
      3,
      4
    ]])
    assert.equal((await call(running.url, 'GET', `/v1/corpora/${corpus.id}`)).json.samples, 0)
  })

  test('200: a subject is replaced and deleted, and its name is not in the audit', async () => {
    const id = await create()
    const address = `/v1/galleries/${id}/subjects/${encodeURIComponent('Zoë/' + 'ö'.repeat(190))}`
    const json = {
      attributes: { site: 'west', staff: true, age: 40 },
      templates: [{ model: 'example-a', vector }, { model: 'example-b', vector: [1, 2, 3] }]
    }
    const first = await call(running.url, 'PUT', address, { json })
    assert.equal(first.status, 201)
    assert.deepEqual(first.json.attributes, json.attributes)
    assert.deepEqual(first.json.templates.map(({ model }: Json) => model), ['example-a', 'example-b'])
    const second = await call(running.url, 'PUT', address, {
      json: { templates: [{ model: 'example-b', vector: [3, 2, 1] }] }
    })
    assert.deepEqual([second.status, second.json.attributes, second.json.templates.length], [200, {}, 1])
    assert.deepEqual((await call(running.url, 'DELETE', address)).json, { templates: 1 })
    assert.equal((await call(running.url, 'DELETE', address)).json.code, 'subject-unknown')
    assert.equal((await call(running.url, 'GET', address)).json.code, 'subject-unknown')
    const audit = await call(running.url, 'GET', '/v1/audit?limit=1000')
    assert.ok(!audit.bytes.toString().includes('Zo'))
    const deleted = audit.json.records.map(({ record }: Json) => record).filter(({ phase, params, status }: Json) =>
      phase === 'ended' && params?.id === id && status === 200
    )
      .map(({ operation, deleted }: Json) => [operation, deleted])
    assert.deepEqual(deleted, [['replaceSubject', { subjects: 1, templates: 2 }], ['deleteSubject', {
      subjects: 1,
      templates: 1
    }]])
  })

  test('200: a subject is enrolled from an image under two models', async () => {
    const id = await create()
    const query = `subject=drawn&models=r512,dlib128&attributes=${encodeURIComponent('{"site":"north"}')}`
    const { status, json } = await call(running.url, 'POST', `/v1/galleries/${id}/images?${query}`, {
      json: { image: examples.face }
    })
    assert.deepEqual([status, json.added], [200, 2])
    const { json: subject } = await call(running.url, 'GET', `/v1/galleries/${id}/subjects/drawn`)
    assert.deepEqual(subject.attributes, { site: 'north' })
    assert.ok(subject.templates[0].quality > 0.5)
  })

  test('200: names are as a spreadsheet writes them, and as long in CSV as in JSON and NDJSON', async () => {
    const id = await create()
    const names = [
      'Doe, Jane',
      'a "b"',
      'two\nlines',
      ' spaced ',
      '-0x10',
      '\ud83d\ude00'.repeat(200),
      'e\u0301'.repeat(100)
    ]
    const quoted = names.map((name, i) =>
      `"${name.replaceAll('"', '""')}",front,${['0.5', '-1', '1e-2', '', '0', '1000000', '-1E+2'][i]}\r\n`
    )
    assert.deepEqual(
      counts(
        await form(
          id,
          `\ufeffsubject,reference,quality\r\n${quoted.join('\r\n')}`,
          new Uint8Array(writeNpy(rows(names.length)))
        )
      ),
      [names.length, 0, 0]
    )
    const enrolled = await call(running.url, 'GET', `/v1/galleries/${id}/subjects`)
    assert.deepEqual(enrolled.json.subjects.map(({ subject }: Json) => subject).sort(), [...names].sort())
    for (const [name, quality] of [['Doe, Jane', 0.5], ['two\nlines', 0.01], ['-0x10', 0]] as const) {
      assert.equal(
        (await call(running.url, 'GET', `/v1/galleries/${id}/subjects/${encodeURIComponent(name)}`)).json.templates[0]
          .quality,
        quality
      )
    }
    for (const length of [200, 201]) {
      const subject = '\ud83d\ude00'.repeat(length)
      const answers = [
        await enrol(id, [{ subject, vector }]),
        await ndjson(id, [{ subject, vector }]),
        await form(id, `subject\n${subject}\n`, new Uint8Array(bytesOfFloat32(Float32Array.from(vector))))
      ]
      assert.deepEqual(answers.map(({ status }) => status), Array(3).fill(length === 200 ? 200 : 400))
    }
  })

  test('every enrolled subject can be read and deleted, and a name that URLs cannot carry is refused', async () => {
    const id = await create()
    const names = [
      '...',
      '.a',
      '%2e',
      '%2E%2e',
      '%',
      '%25',
      '%252e',
      'a/../b',
      '../..',
      './',
      '/',
      '\\',
      '?',
      '#',
      'a;b',
      '+',
      ' ',
      '&=',
      ':id',
      '*',
      '~',
      '\t',
      '\u007f',
      '\u0085',
      '\u2028',
      '\ufeff',
      'é',
      'e\u0301',
      '\ud83d\ude00'.repeat(200),
      '__proto__',
      'constructor'
    ]
    assert.deepEqual(counts(await enrol(id, names.map(subject => ({ subject, vector })))), [names.length, 0, 0])
    for (const name of names) {
      const address = `/v1/galleries/${id}/subjects/${encodeURIComponent(name)}`
      assert.equal((await call(running.url, 'GET', address)).json.subject, name)
      assert.deepEqual((await call(running.url, 'DELETE', address)).json, { templates: 1 }, name)
    }
    for (const name of ['.', '..']) {
      const answers = [
        await enrol(id, [{ subject: name, vector }]),
        await ndjson(id, [{ subject: name, vector }]),
        await form(id, `subject\n${name}\n`, new Uint8Array(bytesOfFloat32(Float32Array.from(vector)))),
        await enrol(id, [{ subject: 'a', reference: name, vector }]),
        await call(running.url, 'POST', `/v1/galleries/${id}/images?subject=${name}&models=r512`, {
          json: { image: examples.face }
        })
      ]
      assert.deepEqual(answers.map(({ status }) => status), Array(5).fill(400), name)
    }
    assert.equal((await call(running.url, 'GET', `/v1/galleries/${id}`)).json.subjects, 0)
  })

  test('4xx: invalid templates, subjects and forms are refused with the reason, and nothing is enrolled', async () => {
    const id = await create()
    const cases: [Promise<{ status: number, json: Json }>, number, RegExp][] = [
      [
        enrol(id, [{ subject: 'a', vector: [1, 2, 3] }]),
        422,
        /templates\[0\]: expected 4 numbers for model "example-a", received 3/
      ],
      [enrol(id, [{ subject: '', vector }]), 400, /subject/],
      [enrol(id, [{ subject: 'a', vector, attributes: { '1st': 1 } }]), 400, /attributes/],
      [enrol(id, [{ subject: 'a', vector, attributes: { nested: {} } }]), 400, /attributes/],
      [enrol(id, [{ subject: 'a', vector }], 'model=nobody'), 404, /nobody/],
      [
        enrol(id, [{ subject: 'a', vector }, { subject: 'a', vector: [9, 9, 9, 9] }]),
        409,
        /subject "a": expected the template of model .* that it has under the name "1"/
      ],
      [ndjson(id, [{ subject: 'a', vector }, '{"subject":']), 400, /line 2: expected a JSON object/],
      [ndjson(id, [{ subject: 'a', sample: 'b', vector }]), 400, /line 1/],
      [ndjson(id, ['']), 400, /received none/],
      [ndjson(id, ['x'.repeat(2 ** 20 + 1)]), 400, /line 1: expected at most 1048576 bytes/],
      [
        ndjson(id, ['\n'.repeat(2 ** 20 + 1)]),
        400,
        /line 1048577: expected at most 1048576 blank lines, received more/
      ],
      [ndjson(id, ['{"subject":"a","vector":[1,2,3,4]0}']), 400, /line 1: expected a JSON object/],
      [
        ndjson(id, ['\ufeff{"subject":"a","vector":[1,2,3,4]}']),
        400,
        /line 1: expected JSON without a byte order mark/
      ],
      [
        ndjson(id, [{ subject: 'a', vector }, '{"subject":"\\ud800","vector":[1,2,3,4]}']),
        400,
        /line 2: expected well-formed Unicode/
      ],
      [
        form(id, 'subject\na\nb\n', new Uint8Array(writeNpy(rows(3)))),
        400,
        /expected 2 rows, one per line of "subjects", received 3/
      ],
      [
        form(id, 'subject\na\nb\n', new Uint8Array(bytesOfFloat32(rows(1).data))),
        400,
        /expected 2 rows, one per line of "subjects", received 1/
      ],
      [form(id, 'subject\na\n', new Uint8Array(bytesOfFloat32(rows(2).data))), 400, /received more/],
      [form(id, 'subject\na\n', new Uint8Array(17)), 422, /multiple of 16 bytes/],
      [form(id, 'name\na\n', new Uint8Array(writeNpy(rows(1)))), 400, /expected the header "subject"/],
      [
        form(id, 'subject\n' + 'a\n'.repeat(2 ** 20), new Uint8Array(16)),
        400,
        /subjects: expected at most 1048576 lines, received more/
      ],
      [
        form(id, 'subject\n' + '\n'.repeat(2 ** 20), new Uint8Array(16)),
        400,
        /subjects: expected at most 1048576 lines, received more/
      ],
      ...['good', '" "', '0x10', ' 1', '1e999', '.5', '1000001', 'Infinity', '"1,5"'].map(quality =>
        [
          form(id, `subject,reference,quality\na,,${quality}\n`, new Uint8Array(writeNpy(rows(1)))),
          400,
          /record 2: .*\/quality/
        ] as [Promise<{ status: number, json: Json }>, number, RegExp]
      ),
      [form(id, 'subject,reference\na\n', new Uint8Array(writeNpy(rows(1)))), 400, /subjects: expected CSV .*line 2/],
      [form(id, 'subject\na,b\n', new Uint8Array(writeNpy(rows(1)))), 400, /subjects: expected CSV .*line 2/],
      [form(id, 'subject\n"a\n', new Uint8Array(writeNpy(rows(1)))), 400, /subjects: expected CSV .*quote/i],
      [form(id, 'subject\na"b\n', new Uint8Array(writeNpy(rows(1)))), 400, /subjects: expected CSV .*quote/i],
      [form(id, 'subject\n\0\n', new Uint8Array(writeNpy(rows(1)))), 400, /record 2: .*\/subject/],
      [form(id, '', new Uint8Array(writeNpy(rows(1)))), 400, /expected the header/],
      [
        form(id, 'subject\na\n', new Uint8Array(writeNpy(rows(1))), ['templates', 'subjects']),
        400,
        /"subjects" followed by one in "templates"/
      ],
      [form(id, 'subject\na\n', new Uint8Array(writeNpy(rows(1))), ['subjects']), 400, /received none in "templates"/],
      [call(running.url, 'GET', `/v1/galleries/${id}/subjects?attributes=%5B%5D`), 400, /attributes/],
      [call(running.url, 'GET', `/v1/galleries/${id}/subjects/%00`), 400, /subject/]
    ]
    for (const [answer, status, detail] of cases) {
      const { status: received, json } = await answer
      assert.equal(received, status, JSON.stringify(json))
      assert.match(json.detail, detail)
    }
    assert.equal((await call(running.url, 'GET', `/v1/galleries/${id}`)).json.subjects, 0)
  })
}, { citus: true })
