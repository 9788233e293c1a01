import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { createComparisons } from '../../../src/features/comparisons/comparison.js'
import { createTranslator } from '../../../src/features/translations/translator/translator.js'
import { documentedComparison } from '../../../src/platform/http/documented-examples.js'
import { createRandom } from '../../../src/science/linear-algebra/random.js'
import { base64OfFloat32, bytesOfFloat32, float32FromBytes } from '../../../src/science/template/float32.js'
import { readNpy, writeNpy } from '../../../src/science/template/npy.js'
import { call, describeService, type Answer, type Json } from '../../support/service.js'

const [json, base64Json] = ['application/json', 'application/vnd.crosswalk.base64+json']
const [npy, raw] = ['application/x-npy', 'application/octet-stream']

const dimensions = { r512: 512, dlib128: 128, faceres1024: 1024, 'example-a': 4, 'example-b': 3 } as const
type Model = keyof typeof dimensions

/** Rows of no particular length, around an offset that makes their scores differ from nought. */
function rowsOf (model: Model, rows: number, seed: number) {
  const cols = dimensions[model]
  const random = createRandom(seed)
  return { rows, cols, data: Float32Array.from({ length: rows * cols }, () => 3 * (random.next() - 0.5) + 0.5) }
}
type Rows = ReturnType<typeof rowsOf>
const rowAt = ({ cols, data }: Rows, row: number) => data.subarray(row * cols, (row + 1) * cols)
const documents = (model: Model, templates: Rows) =>
  Array.from({ length: templates.rows }, (_, row) => ({ model, data: base64OfFloat32(rowAt(templates, row)) }))

function formOf (files: Record<string, Uint8Array>): FormData {
  const form = new FormData()
  for (const [name, bytes] of Object.entries(files)) form.set(name, new Blob([new Uint8Array(bytes)]))
  return form
}

/** Scores of an answer, whatever its type. */
function scoresOf ({ status, headers, bytes, json }: Answer): Float32Array {
  assert.equal(status, 200, JSON.stringify(json))
  const type = headers.get('content-type')!
  if (type === npy) return readNpy(bytes).data
  return type === raw ? float32FromBytes(bytes) : Float32Array.from((json.scores as number[][]).flat())
}

function assertNear (scores: Float32Array, expected: Float32Array, error: number): void {
  assert.equal(scores.length, expected.length)
  scores.forEach((score, k) => {
    assert.ok(Math.abs(score - expected[k]!) <= error, `${k}: ${score}, expected ${expected[k]}`)
  })
}

describeService('comparisons', running => {
  const compare = (options: Parameters<typeof call>[3], query = '') =>
    call(running.url, 'POST', `/v1/comparisons${query}`, options)
  const compareDocuments = (probes: unknown, references: unknown, query = '') =>
    compare({ json: { probes, ...(references === undefined ? {} : { references }) } }, query)
  const verify = async (probe: object, reference: object, fmr = 1e-3): Promise<Json> => {
    const answer = await call(running.url, 'POST', '/v1/verifications', {
      json: { probe: { template: probe }, reference: { template: reference }, fmr }
    })
    assert.equal(answer.status, 200, JSON.stringify(answer.json))
    return answer.json
  }

  const pairs: [Model, Model][] = [
    ['r512', 'dlib128'],
    ['dlib128', 'r512'],
    ['faceres1024', 'r512'],
    ['r512', 'faceres1024'],
    ['faceres1024', 'dlib128'],
    ['example-b', 'example-a'],
    ['example-a', 'example-b'],
    ['r512', 'r512'],
    ['example-a', 'example-a']
  ]
  for (const [probe, reference] of pairs) {
    test(`each score of ${probe} with ${reference} is that of a verification, and so is what is said of it`, async () => {
      const probes = documents(probe, rowsOf(probe, 3, 1))
      const references = documents(reference, rowsOf(reference, 4, 2))
      const { status, json: found } = await compareDocuments(probes, references, '?fmr=0.01')
      assert.equal(status, 200, JSON.stringify(found))
      assert.deepEqual([found.scores.length, ...found.scores.map((row: Json) => row.length)], [3, 4, 4, 4])
      const seen: number[] = []
      for (const [i, one] of probes.entries()) {
        for (const [j, other] of references.entries()) {
          const expected = await verify(one, other, 0.01)
          assert.ok(Math.abs(found.scores[i][j] - expected.score) < 1e-6, `${found.scores[i][j]}, ${expected.score}`)
          for (const member of ['comparisonSpace', 'map', 'fmr', 'threshold', 'support', 'interval']) {
            assert.deepEqual(found[member], expected[member], member)
          }
          assert.deepEqual([found.probe, found.reference], [expected.probe, expected.reference])
          seen.push(expected.score)
        }
      }
      assert.ok(Math.max(...seen) - Math.min(...seen) > 0.01, 'the scores differ, so that a mistaken place is seen')
    })
  }

  test('translated templates are compared with native ones as verifications compare them', async () => {
    const translated: Json = (await call(running.url, 'POST', '/v1/translations', {
      json: { target: 'dlib128', templates: documents('r512', rowsOf('r512', 3, 5)) }
    })).json.templates
    const natives = documents('dlib128', rowsOf('dlib128', 2, 6))
    const { scores } = (await compareDocuments(translated, natives)).json
    for (const [i, one] of translated.entries()) {
      for (const [j, other] of natives.entries()) {
        assert.ok(Math.abs(scores[i][j] - (await verify(one, other)).score) < 1e-6)
      }
    }
  })

  const [probes, references] = [rowsOf('r512', 5, 3), rowsOf('dlib128', 7, 4)]
  let expected: Float32Array
  before(async () => {
    expected = scoresOf(await compareDocuments(documents('r512', probes), documents('dlib128', references)))
  })
  const query = '?probe=r512&reference=dlib128'
  const both = JSON.stringify({
    probes: documents('r512', probes),
    references: Array.from({ length: 7 }, (_, row) => ({
      model: 'dlib128',
      vector: Array.from(rowAt(references, row))
    }))
  })
  const half = ({ rows, cols, data }: Rows) => {
    const header = `{'descr': '<f8', 'fortran_order': False, 'shape': (${rows}, ${cols}), }`.padEnd(117) + '\n'
    return Buffer.concat([
      Buffer.from('\x93NUMPY\x01\x00v\x00', 'latin1'),
      Buffer.from(header, 'latin1'),
      Buffer.from(Float64Array.from(data).buffer)
    ])
  }
  const bodies: Record<string, () => [body: BodyInit, query: string, type?: string]> = {
    JSON: () => [both, '', json],
    'JSON that its address agrees with': () => [both, query, json],
    'base64 JSON': () => [both, '', base64Json],
    'a form of .npy': () => [formOf({ probes: writeNpy(probes), references: writeNpy(references) }), query],
    'a form of raw float32, in the other order': () => [
      formOf({ references: bytesOfFloat32(references.data), probes: bytesOfFloat32(probes.data) }),
      query
    ],
    'a form of both, in double precision': () => [
      formOf({ probes: half(probes), references: bytesOfFloat32(references.data) }),
      query
    ]
  }
  for (const [name, bodyOf] of Object.entries(bodies)) {
    for (const accept of [json, npy, raw]) {
      test(`from ${name} to ${accept}`, async () => {
        const [body, address, type] = bodyOf()
        const answer = await compare(
          { body, headers: { accept, ...(type === undefined ? {} : { 'content-type': type }) } },
          address
        )
        assertNear(scoresOf(answer), expected, 1e-7)
        if (accept === npy) assert.deepEqual([readNpy(answer.bytes).rows, readNpy(answer.bytes).cols], [5, 7])
        if (accept === json) return
        const { map, threshold, fmr, support, guard } =
          (await compareDocuments(documents('r512', probes), documents('dlib128', references))).json
        const { headers } = answer
        assert.equal(headers.get('crosswalk-map'), map.id)
        assert.equal(headers.get('crosswalk-threshold'), `fmr=${fmr}, support=${support}, score=${threshold}`)
        const side = (name: string, { checked, flagged, foreign, likelier }: Json) =>
          `${name};checked=${checked};flagged=${flagged.length};foreign=?${foreign ? 1 : 0}${
            likelier === null ? '' : `;likelier="${likelier}"`
          }`
        assert.equal(
          headers.get('crosswalk-guard'),
          `${side('probes', guard.probes)}, ${side('references', guard.references)}`
        )
        assert.equal(Number(headers.get('content-length')), answer.bytes.length)
      })
    }
  }

  test('probes without references are compared with one another', async () => {
    const documented = (await compareDocuments(documents('r512', probes), undefined)).json
    const alone = Float32Array.from((documented.scores as number[][]).flat())
    for (let i = 0; i < 5; i++) {
      assert.ok(Math.abs(alone[i * 5 + i]! - 1) < 1e-6)
      for (let j = 0; j < i; j++) assert.ok(Math.abs(alone[i * 5 + j]! - alone[j * 5 + i]!) < 1e-7)
    }
    assert.equal(documented.guard.references, null)
    assert.equal(documented.guard.probes.checked, 5)
    const accepting = { accept: raw }
    for (
      const answer of [
        await compare({
          body: new Uint8Array(writeNpy(probes)),
          headers: { ...accepting, 'content-type': npy }
        }, '?probe=r512'),
        await compare({
          body: new Uint8Array(bytesOfFloat32(probes.data)),
          headers: { ...accepting, 'content-type': raw }
        }, '?probe=r512'),
        await compare({ body: formOf({ probes: writeNpy(probes) }), headers: accepting }, '?probe=r512')
      ]
    ) assertNear(scoresOf(answer), alone, 1e-7)
  })

  test('blocks of many rows, and of parts of rows, are put together in order', async () => {
    // More references than a block has scores, and a probe that each of them tells from the others.
    const many = 300_000
    const line = Float32Array.from({ length: many * 4 }, (_, k) => k % 4 === 0 ? 1 : k % 4 === 1 ? k / many : 0)
    const two = Float32Array.of(1, 0, 0, 0, 0, 1, 0, 0)
    const send = async (accept: string, first: Float32Array, second: Float32Array) =>
      scoresOf(
        await compare({
          body: formOf({ probes: bytesOfFloat32(first), references: bytesOfFloat32(second) }),
          headers: { accept }
        }, '?probe=example-a&reference=example-a')
      )
    const wide = await send(raw, two, line)
    assert.equal(wide.length, 2 * many)
    for (let j = 0; j < many; j += 997) {
      const slope = Math.fround((4 * j + 1) / many)
      const length = Math.hypot(1, slope)
      assert.ok(Math.abs(wide[j]! - 1 / length) < 1e-6 && Math.abs(wide[many + j]! - slope / length) < 1e-6, `${j}`)
    }
    const high = await send(raw, line, two)
    for (let j = 0; j < many; j++) {
      if (high[2 * j] !== wide[j] || high[2 * j + 1] !== wide[many + j]) assert.fail(`row ${j}`)
    }
    assert.deepEqual(await send(json, two, line), wide)
    assert.deepEqual(await send(npy, two, line), wide)
  })

  test('references that would take too much memory where they are compared are refused with how many may be sent', async () => {
    const { catalogue, comparer } = running.service
    const translator = createTranslator({ threads: 1 })
    const limited = createComparisons({ catalogue, translator, comparer, maxBytes: 5 * 4 * 128 })
    const side = (rows: number) => ({ space: catalogue.space('dlib128'), templates: rowsOf('dlib128', rows, 1) })
    const options = { fmr: 1e-3, disclosure: 'exact' } as const
    assert.equal((await limited({ probes: side(9), references: side(5) }, options)).bytes, 5 * 4 * 128)
    await assert.rejects(
      limited({ probes: side(1), references: side(6) }, options),
      /body-too-large: references: expected at most 5 templates .*received 6/
    )
    await translator.close()
  })

  test('4xx: what cannot be compared is refused with what was expected and received', async () => {
    const r512 = documents('r512', probes)
    const dlib128 = documents('dlib128', references)
    const form = (files: Record<string, Uint8Array>, address = query) => compare({ body: formOf(files) }, address)
    const body = (bytes: Uint8Array, address: string, type = raw) =>
      compare({ body: new Uint8Array(bytes), headers: { 'content-type': type } }, address)
    const files = { probes: writeNpy(probes), references: writeNpy(references) }
    const nan = Float32Array.from(references.data).fill(NaN, 3 * 128 + 5, 3 * 128 + 6)
    const zero = Float32Array.from(probes.data).fill(0, 512, 1024)
    const cases: [Answer, number, string, RegExp][] = [
      [await compareDocuments([], dlib128), 400, 'request-invalid', /probes/],
      [await compareDocuments(r512, []), 400, 'request-invalid', /references/],
      [await compareDocuments(r512, dlib128, '?fmr=0.5'), 400, 'request-invalid', /fmr/],
      [await compareDocuments(r512, dlib128, '?limit=1'), 400, 'request-invalid', /"probe".*received "limit"/],
      [
        await compareDocuments([...r512, ...dlib128], dlib128),
        400,
        'request-invalid',
        /probes: expected templates of one model, received one of "r512" in probes\[0\].*"dlib128" in probes\[5\]/
      ],
      [await compareDocuments(r512, dlib128, '?probe=dlib128'), 400, 'request-invalid', /probe: expected "r512"/],
      [await compareDocuments(r512, dlib128, '?reference=r512'), 400, 'request-invalid', /reference: expected "dlib/],
      [
        await compareDocuments(r512, dlib128, `?referenceFingerprint=${'0'.repeat(64)}`),
        409,
        'fingerprint-mismatch',
        /referenceFingerprint/
      ],
      [
        await compareDocuments(r512, [{ ...dlib128[0]!, fingerprint: '0'.repeat(64) }]),
        409,
        'fingerprint-mismatch',
        /references\[0\]/
      ],
      [await compareDocuments(r512, documentedComparison.probes), 409, 'map-missing', /from "r512" to "example-b"/],
      [await compareDocuments([{ model: 'nobody', vector: [1] }], r512), 404, 'model-unknown', /nobody/],
      [
        await compareDocuments(r512, [dlib128[0], { model: 'dlib128', vector: [1] }]),
        422,
        'template-invalid',
        /references\[1\]: expected 128/
      ],
      [await form(files, '?reference=dlib128'), 400, 'request-invalid', /expected "probe"/],
      [await form(files, '?probe=nobody&reference=dlib128'), 404, 'model-unknown', /nobody/],
      [await form(files, '?probe=r512&reference=nobody'), 404, 'model-unknown', /nobody/],
      [
        await form(files, `${query}&probeFingerprint=${'0'.repeat(64)}`),
        409,
        'fingerprint-mismatch',
        /probeFingerprint/
      ],
      [await form({ references: files.references }), 400, 'body-invalid', /"probes".*received none in "probes"/],
      [await form({ ...files, others: files.probes }), 400, 'body-invalid', /"references".*received file "others"/],
      [await form({ probes: files.probes }), 400, 'request-invalid', /reference: expected a file in "references"/],
      [await form({ ...files, references: Buffer.alloc(0) }), 400, 'body-invalid', /references: .*no bytes/],
      [
        await form({ ...files, references: files.references.subarray(0, -4) }),
        400,
        'body-invalid',
        /references: \.npy: expected 3584 bytes .*received 3580/
      ],
      [
        await form({ ...files, references: writeNpy(probes) }),
        422,
        'template-invalid',
        /references: .*\(n, 128\).*\(5, 512\)/
      ],
      [
        await form({ ...files, probes: bytesOfFloat32(probes.data).subarray(0, 2052) }),
        422,
        'template-invalid',
        /probes: .*multiple of 2048 bytes.*received 2052/
      ],
      [
        await form({ ...files, references: bytesOfFloat32(nan) }),
        422,
        'template-invalid',
        /references: row 3: .*NaN at index 5/
      ],
      [await form({ ...files, probes: bytesOfFloat32(zero) }), 422, 'template-invalid', /probes: row 1: .*norm zero/],
      [
        await form({ ...files, probes: writeNpy({ rows: 0, cols: 512, data: new Float32Array(0) }) }),
        400,
        'body-invalid',
        /probes: .*n of 1 or more/
      ],
      [await body(files.probes, '', npy), 400, 'request-invalid', /expected "probe"/],
      [await body(files.probes, query, npy), 400, 'request-invalid', /expected a form with both sides/],
      [await body(files.probes.subarray(0, 40), '?probe=r512', npy), 400, 'body-invalid', /body: \.npy/],
      [await body(Buffer.alloc(0), '?probe=r512'), 400, 'body-invalid', /body: .*no bytes/],
      [await body(files.probes, '?probe=r512', 'text/plain'), 415, 'media-type-unsupported', /text\/plain/],
      [
        await compare({ body: both, headers: { 'content-type': json, accept: base64Json } }),
        406,
        'not-acceptable',
        /application\/x-npy/
      ]
    ]
    for (const [{ status, json: problem }, wanted, code, detail] of cases) {
      assert.deepEqual([status, problem.code], [wanted, code], problem.detail)
      assert.match(problem.detail, detail)
    }
  })
})
