import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Problem } from '../../../src/errors.js'
import { parseJsonBody } from '../../../src/platform/http/bodies/json-body.js'
import { parseJsonText } from '../../../src/platform/http/bodies/json-text.js'
import { parseLongJson } from '../../../src/platform/http/bodies/long-json.js'
import { boundariesOf, junk, parsed, rounded } from '../../../scripts/trust/json-junk.js'

const readers = [(body: Buffer) => parseJsonBody(body), parseLongJson]

/** What the service makes of a body; undefined when it refuses it. */
async function taken (
  body: Buffer,
  read: (body: Buffer) => unknown = parseLongJson
): Promise<{ readonly document: unknown } | undefined> {
  try {
    return { document: await read(body) }
  } catch (error) {
    assert.ok(error instanceof Problem && error.code === 'body-invalid', String(error))
    return undefined
  }
}

const isHalved = (text: string): boolean => /\p{Surrogate}/u.test(text)

/** Refused beside what JSON.parse refuses: what could replace a prototype, and halves of surrogate pairs. */
function isRefusedAlone (value: unknown): boolean {
  if (typeof value === 'string') return isHalved(value)
  if (typeof value !== 'object' || value === null) return false
  return Object.entries(value).some(([name, member]) =>
    isHalved(name) || name === '__proto__' ||
    (name === 'constructor' && typeof member === 'object' && member !== null && Object.hasOwn(member, 'prototype')) ||
    isRefusedAlone(member)
  )
}

async function compare (text: string): Promise<boolean> {
  const expected = parsed(text)
  const refused = expected === undefined || isRefusedAlone(expected.document)
  for (const read of readers) {
    const received = await taken(Buffer.from(text), read)
    assert.equal(received === undefined, refused, text)
    if (received !== undefined) assert.deepEqual(rounded(received.document), rounded(expected!.document), text)
  }
  return !refused
}

const bodies = [
  '{"a":[{"id":"x","vector":[0.25,-1]},{"vector":[3e-1]}],"fmr":0.5}',
  '{"a":[{"id":"x","data":"AAAA"},{"data":"BBBB"},{"data":"CC=="}],"b":null}',
  '{"probe":{"vector": [1, 2]},"reference":{"vector": [3,-0]}}',
  '[{"data": "AAAA"},{"vector":[1]},{"vector":[1],"vector":[2]}]',
  '{"a":[1,"b]",[{"c":2}],{}],"b":[],"c":[ ],"d":[null]}',
  '[[1,[2,3]],[],{"vector":[4]}, [5] ]'
]

test('junk at any boundary of a body is accepted exactly where JSON.parse accepts it, with the same result', async () => {
  let [taken, refused] = [0, 0]
  for (const body of bodies) {
    assert.ok(await compare(body))
    for (const at of boundariesOf(body)) {
      for (const piece of junk) await compare(body.slice(0, at) + piece + body.slice(at)) ? taken++ : refused++
    }
  }
  assert.ok(taken > 1000 && refused > 5000, `${taken} taken, ${refused} refused`)
})

test('a body cut, spliced and repeated at its boundaries is accepted exactly where JSON.parse accepts it', async () => {
  const place = fc.nat(1000)
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...bodies),
      fc.constantFrom(...bodies),
      place,
      place,
      place,
      fc.array(fc.constantFrom(...junk), { maxLength: 3 }),
      async (body, other, first, second, third, pieces) => {
        const of = (text: string, choice: number) => boundariesOf(text)[choice % boundariesOf(text).length]!
        const [from, to] = [of(other, second), of(other, third)].sort((a, b) => a - b)
        const at = of(body, first)
        await compare(body.slice(0, at) + pieces.join('') + other.slice(from, to) + body.slice(at))
      }
    ),
    { numRuns: 8000 }
  )
})

test('any document is parsed as by JSON.parse, with vectors anywhere', async () => {
  const vector = fc.array(fc.double({ min: -2, max: 2, noNaN: true }), { minLength: 1, maxLength: 5 })
  const { tree } = fc.letrec(tie => ({
    tree: fc.oneof({ depthSize: 'small' }, tie('leaf'), tie('object'), fc.array(tie('tree'), { maxLength: 3 })),
    leaf: fc.oneof(
      fc.constantFrom('vector', 'vectors', 'data', '"', 'é', 'a', '\ud800', '__proto__', null, true),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.integer({ min: 0, max: 3 }),
      vector
    ),
    object: fc.dictionary(
      fc.constantFrom('vector', 'model', 'data', 'data2', 'é', 'constructor', 'prototype'),
      fc.oneof(vector, fc.constantFrom('AAAA', 'é', '\\', ''), tie('tree')),
      { noNullPrototype: true }
    )
  }))
  await fc.assert(
    fc.asyncProperty(tree, fc.constantFrom(0, 1), async (document, indent) => {
      await compare(JSON.stringify(document, null, indent))
    }),
    { numRuns: 3000 }
  )
})

test('numbers, names and positions that a caller could forge are parsed as by JSON.parse', async () => {
  for (
    const text of [
      '{"vector":[1e400,-1e400,-0,1e-400,0e0,9007199254740993]}',
      '{"vector":[]}',
      '{"vector":[[0]]}',
      '{"vector":[0],"a":{"vector":[[1]]}}',
      '{"vector":["0"]}',
      '{"vector":{"0":0}}',
      '{"data":"0","a":{"data":"1"}}',
      '{"data":["0"]}',
      '{"data":"","a":"0"}',
      '[{"data":"AAAA"},{"data":0}]',
      '[{"data":"AAAA"},{"data":["0"]}]',
      '[{"vector":[7]},{"vector":"0"}]',
      '[{"vector" :0},{"vector":[5,6]}]',
      '{"vector":0}',
      '[{"vector":[5,6]},{"vector":0}]',
      '{"vector":"vector"}',
      '{"id":"vector","vector":[1]}',
      '{"data":"data"}',
      '{"id":"data","data":"a"}',
      '{"data":"a","data":"b"}',
      '{"data":"a","vector":[1]}',
      '{"vector":[5],"vector":[7]}',
      '{"data":{"data":"a"}}',
      '{"a":"\\n"}',
      '"vector"',
      '"data"',
      '0',
      'null',
      '[1,2]]',
      '{"vector":[1]}{"vector":[2]}',
      '{"__proto__":{"a":1}}',
      '{"constructor":{"prototype":{}}}',
      '{"constructor":1}',
      '{"\\u005f_proto__":1}',
      '{"a":"__proto__"}',
      '{"data":"__proto__"}',
      '{"data":"__proto__","__proto__":1}',
      '',
      ' ',
      '{',
      '{"vector":[1,]}',
      '{"vector":[01]}',
      '{"a"vector":[1]}',
      '{"a"data":"a"}',
      '{"data":"a\nb"}',
      '{"data":"',
      '{"name":"\ud83d\ude00 \\ud83d\\ude00"}',
      '{"name":"\\ud83d"}',
      '{"\\udc00":1}'
    ]
  ) await compare(text)
})

test('a byte order mark and bytes that are not UTF-8 are refused by name', async () => {
  assert.equal(
    await refusal(Buffer.from('\ufeff{"vector":[1]}')),
    'body: expected JSON without a byte order mark, received one'
  )
  for (const name of ['"vector":[1]', '"data":"AAAA"', '"a":1']) {
    assert.equal(
      await refusal(Buffer.from(`{${name},"name":"M\xfcller"}`, 'latin1')),
      'body: expected UTF-8, received bytes that are not'
    )
  }
  // A surrogate, an overlong form, and UTF-16.
  for (const bytes of ['22eda08022', '22c0af22', 'fffe2200']) {
    assert.match(String(await refusal(Buffer.from(bytes, 'hex'))), /expected UTF-8/)
  }
})

/** The detail of the problem of a long body. */
async function refusal (body: Buffer | string): Promise<string> {
  const error: unknown = await parseLongJson(Buffer.from(body)).then(() => undefined, (error: unknown) => error)
  assert.ok(error instanceof Problem && error.code === 'body-invalid', String(error))
  return error.detail!
}

test('nesting as deep as a short body allows is answered, not thrown at', async () => {
  for (const text of ['['.repeat(30_000) + ']'.repeat(30_000), '['.repeat(60_000)]) {
    assert.equal((await taken(Buffer.from(text), parseJsonBody)) !== undefined, text.endsWith(']'))
  }
})

test('long strings are what JSON.parse makes of them, wherever they stand', async () => {
  const long = (piece: string) => piece.repeat(Math.ceil(200_000 / Buffer.byteLength(piece)))
  const pieces = [
    'a',
    'é',
    '€',
    '\\ud83d\\ude00',
    '\ud83d\ude00',
    '\\\\',
    '\\"',
    '\\/',
    'ab\\u00e9',
    '"',
    '\\',
    '\\u00',
    '\\ud83d',
    'a\n'
  ]
  for (const piece of pieces) {
    for (const shift of ['', 'x', 'xy', 'xyz']) {
      const text = `"${shift}${long(piece)}"`
      for (
        const body of [
          `{"image":${text}}`,
          `{"a":[{"image":${text},"b":"c"},${text}]}`,
          `{"a":{"b":[${text}, ${text}]}}`
        ]
      ) {
        const expected = parsed(body)
        const received = await taken(Buffer.from(body))
        const refused = expected === undefined || isRefusedAlone(expected.document)
        assert.equal(received === undefined, refused, piece)
        assert.ok(refused || JSON.stringify(received!.document) === JSON.stringify(expected.document), piece)
      }
    }
  }
  assert.match(await refusal(`{"a":"${long('a')}`), /received a string that does not end/)
  assert.match(await refusal(`{"${long('a')}" :1}`), /expected names of at most 65536 bytes/)
})

test('what no request has is refused before it costs much', async () => {
  const bytes = 4 * 2 ** 20
  for (
    const [body, expected] of [
      ['['.repeat(bytes), /at most 64 levels of nesting/],
      ['{"a":'.repeat(bytes / 5), /at most 64 levels of nesting/],
      ['{"a":[' + '['.repeat(bytes), /at most 64 levels of nesting/],
      ['{"a":[' + '{"a":1},'.repeat(bytes / 8) + '1]}', /a: expected at most 100000 items, received more/],
      ['{"a":{' + '"a":1,'.repeat(bytes / 6) + '"b":1}}', /of at most 524288 bytes, received more/],
      ['{"a":[[' + '1,'.repeat(bytes / 2) + '1]]}', /of at most 524288 bytes, received more/],
      ['[' + '[],'.repeat(bytes / 3) + '[]]', /of at most 524288 bytes, received more/],
      [' '.repeat(bytes), /of at most 524288 bytes, received more/],
      ['{"a":[1}', /a: expected a list of JSON values, received one that does not end/],
      ['{"a":[1', /a: expected a list of JSON values, received one that does not end/],
      ['{"a":[{},{"b":}]}', /^body: a\[1\]: expected a JSON object, received 6 characters that are not JSON$/]
    ] as const
  ) assert.match(await refusal(body), expected)
})

test('a long text is refused for its nesting, and not for brackets in its strings', () => {
  const text = '['.repeat(64) + `"${'['.repeat(2 ** 17)}\\""` + ']'.repeat(64)
  assert.deepEqual(parseJsonText(text, 'line 1'), JSON.parse(text))
  assert.throws(() => parseJsonText(`[${text}]`, 'line 1'), /line 1: expected at most 64 levels of nesting/)
})

test('a long body shares the event loop', async () => {
  const vector = Array.from({ length: 512 }, (_, i) => Math.sin(i))
  const body = Buffer.from(JSON.stringify({ templates: Array.from({ length: 2000 }, () => ({ model: 'm', vector })) }))
  let turns = 0
  const counting = setInterval(() => turns++, 0)
  await parseLongJson(body)
  clearInterval(counting)
  assert.ok(turns > 3, `${turns} turns of the event loop for ${body.length} bytes`)
})
