import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parsePlainJson } from '../../../src/platform/http/bodies/json-body.js'

const parse = (text: string) => parsePlainJson(Buffer.from(text))

/** Numbers as single precision has them. */
const rounded = (document: unknown): unknown => typeof document === 'number'
  ? Math.fround(document)
  : Array.isArray(document)
    ? document.map(rounded)
    : typeof document === 'object' && document !== null
      ? Object.fromEntries(Object.entries(document).map(([key, value]) => [key, rounded(value)]))
      : document

test('plain JSON is what JSON.parse makes of it, with vectors anywhere', () => {
  const vector = fc.array(fc.double({ min: -2, max: 2, noNaN: true }), { minLength: 1, maxLength: 5 })
  const { tree } = fc.letrec(tie => ({
    tree: fc.oneof({ depthSize: 'small' }, tie('leaf'), tie('object'), fc.array(tie('tree'), { maxLength: 3 })),
    leaf: fc.oneof(fc.constantFrom('vector', 'vectors', 'data', '"', 'é', 'a', null, true), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer({ min: 0, max: 3 }), vector),
    object: fc.dictionary(fc.constantFrom('vector', 'model', 'data', 'data2', 'é'), fc.oneof(vector, fc.constantFrom('AAAA', 'é', '\\', ''), tie('tree')), { noNullPrototype: true })
  }))
  let plain = 0
  fc.assert(fc.property(tree, fc.constantFrom(0, 1), (document, indent) => {
    const text = JSON.stringify(document, null, indent)
    const parsed = parse(text)
    if (parsed === undefined) return
    plain++
    assert.deepEqual(rounded(parsed), rounded(JSON.parse(text)), text)
  }), { numRuns: 3000 })
  assert.ok(plain > 500, `${plain} were plain`)
})

test('vectors are read without JSON.parse as Python writes them too, and the last of two members counts', () => {
  const expected = { probe: { template: { model: 'a', vector: [0.25, -1, 2e-7] } }, list: [{ vector: [7] }, { vector: [1] }] }
  assert.deepEqual(parse('{"probe": {"template": {"model": "a", "vector": [0.25, -1, 2e-07]}}, "list": [{"vector": [5], "vector": [7]}, {"vector": [1]}]}'), expected)
})

test('what could poison a prototype, is escaped or is no JSON is left to the careful parser', () => {
  for (const text of [
    '{"__proto__": {"a": 1}}', '{"constructor": {"prototype": {}}}', '{"\\u005f_proto__": 1}', '{"a": "\\n"}',
    '', '{', '{"vector":[1,]}', '{"vector":[01]}', '{"a"vector":[1]}', '{"vector":[1]', '[1,2]]', '\ufeff{}', '{"vector":[1]}{"vector":[2]}',
    '{"data":"a\\n"}', '{"data":"a\nb"}', '{"data":"', '{"data":"a', '{"a"data":"a"}', '{"data":"a"}{"data":"b"}', '{"data":"__proto__","__proto__":1}'
  ]) assert.equal(parse(text), undefined, text)
})

test('a number in the place of a vector is not taken for one', () => {
  for (const text of ['[{"vector" :0},{"vector":[5,6]}]', '{"vector":0}', '[{"vector":[5,6]},{"vector":0}]', '[{"vector":0},{"vector":[5,6]}]', '{"vector":[[1,2]]}', '{"vector":"vector"}', '{"id":"vector","vector":[1]}',
    '[{"data":0},{"data":"a"}]', '{"data":"data"}', '{"id":"data","data":"a"}', '{"data":"a","data":"b"}', '{"data":"a","vector":[1]}', '{"data":{"data":"a"}}']) {
    assert.deepEqual(parse(text) ?? JSON.parse(text), JSON.parse(text), text)
  }
})

test('nesting as deep as the body allows is answered, not thrown at', () => {
  const text = '{"vector":[1],"a":' + '['.repeat(100_000) + ']'.repeat(100_000) + '}'
  assert.doesNotThrow(() => parse(text))
})
