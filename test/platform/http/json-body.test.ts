import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Problem } from '../../../src/errors.js'
import { parseJsonBody } from '../../../src/platform/http/bodies/json-body.js'
import { boundariesOf, junk, parsed, rounded } from '../../../scripts/trust/json-junk.js'

/** What the service makes of a body; undefined when it refuses it. */
function taken (body: Buffer): { readonly document: unknown } | undefined {
  try {
    return { document: parseJsonBody(body) }
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

function compare (text: string): boolean {
  const expected = parsed(text)
  const received = taken(Buffer.from(text))
  const refused = expected === undefined || isRefusedAlone(expected.document)
  assert.equal(received === undefined, refused, text)
  if (received !== undefined) assert.deepEqual(rounded(received.document), rounded(expected!.document), text)
  return !refused
}

const bodies = [
  '{"a":[{"id":"x","vector":[0.25,-1]},{"vector":[3e-1]}],"fmr":0.5}',
  '{"a":[{"id":"x","data":"AAAA"},{"data":"BBBB"},{"data":"CC=="}],"b":null}',
  '{"probe":{"vector": [1, 2]},"reference":{"vector": [3,-0]}}',
  '[{"data": "AAAA"},{"vector":[1]},{"vector":[1],"vector":[2]}]'
]

test('junk at any boundary of a body is accepted exactly where JSON.parse accepts it, with the same result', () => {
  let [taken, refused] = [0, 0]
  for (const body of bodies) {
    assert.ok(compare(body))
    for (const at of boundariesOf(body)) {
      for (const piece of junk) compare(body.slice(0, at) + piece + body.slice(at)) ? taken++ : refused++
    }
  }
  assert.ok(taken > 1000 && refused > 5000, `${taken} taken, ${refused} refused`)
})

test('a body cut, spliced and repeated at its boundaries is accepted exactly where JSON.parse accepts it', () => {
  const place = fc.nat(1000)
  fc.assert(
    fc.property(
      fc.constantFrom(...bodies),
      fc.constantFrom(...bodies),
      place,
      place,
      place,
      fc.array(fc.constantFrom(...junk), { maxLength: 3 }),
      (body, other, first, second, third, pieces) => {
        const of = (text: string, choice: number) => boundariesOf(text)[choice % boundariesOf(text).length]!
        const [from, to] = [of(other, second), of(other, third)].sort((a, b) => a - b)
        const at = of(body, first)
        compare(body.slice(0, at) + pieces.join('') + other.slice(from, to) + body.slice(at))
      }
    ),
    { numRuns: 8000 }
  )
})

test('any document is parsed as by JSON.parse, with vectors anywhere', () => {
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
  fc.assert(
    fc.property(tree, fc.constantFrom(0, 1), (document, indent) => {
      compare(JSON.stringify(document, null, indent))
    }),
    { numRuns: 3000 }
  )
})

test('numbers, names and positions that a caller could forge are parsed as by JSON.parse', () => {
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
  ) compare(text)
})

test('a byte order mark and bytes that are not UTF-8 are refused by name', () => {
  const refusal = (body: Buffer) => {
    try {
      return parseJsonBody(body)
    } catch (error) {
      return (error as Problem).detail
    }
  }
  assert.equal(
    refusal(Buffer.from('\ufeff{"vector":[1]}')),
    'body: expected JSON without a byte order mark, received one'
  )
  for (const name of ['"vector":[1]', '"data":"AAAA"', '"a":1']) {
    assert.equal(
      refusal(Buffer.from(`{${name},"name":"M\xfcller"}`, 'latin1')),
      'body: expected UTF-8, received bytes that are not'
    )
  }
  // A surrogate, an overlong form, and UTF-16.
  for (const bytes of ['22eda08022', '22c0af22', 'fffe2200']) {
    assert.match(String(refusal(Buffer.from(bytes, 'hex'))), /expected UTF-8/)
  }
})

test('nesting as deep as the body allows is answered, not a crash', () => {
  const text = '{"vector":[1],"a":' + '['.repeat(100_000) + ']'.repeat(100_000) + '}'
  assert.doesNotThrow(() => taken(Buffer.from(text)))
})
