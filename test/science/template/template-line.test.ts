import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { Problem } from '../../../src/errors.js'
import { base64OfFloat32, float32FromBase64 } from '../../../src/science/template/float32.js'
import { boundariesOf, junk, parsed } from '../../../scripts/trust/json-junk.js'
import { otherMembers, readTemplateLine, writeTemplateLine } from '../../../src/science/template/template-line.js'

const space = (model: string, dimension: number) => ({
  model, dimension, fingerprint: model.charCodeAt(0).toString(16).repeat(32)
})
const old = space('old', 3)
const fresh = space('new', 2)
const translated = Float32Array.of(0.5, -0.25)

describe('a template on a line', () => {
  test('goes to another space, and whatever else the line says stays as it is written', () => {
    const own = new Set(['model', 'fingerprint', 'vector', 'data'])
    const others = fc.dictionary(fc.string().filter(name => !own.has(name)), fc.jsonValue(), { noNullPrototype: true })
    const flag = fc.boolean()
    fc.assert(fc.property(others, flag, flag, flag, fc.nat(4), (members, named, base64, fingerprinted, spaces) => {
      const template = base64 ? { data: base64OfFloat32(Float32Array.of(1, 2, 3)) } : { vector: [1, 2, 3] }
      const document = {
        ...members,
        ...(named ? { model: 'old' } : {}),
        ...template,
        ...(fingerprinted ? { fingerprint: old.fingerprint } : {})
      }
      const line = readTemplateLine(JSON.stringify(document, null, spaces), old)
      assert.deepEqual(line.vector, Float32Array.of(1, 2, 3))
      const written: unknown = JSON.parse(writeTemplateLine(line, fresh, translated))
      const expected = JSON.parse(
        JSON.stringify({
          ...members,
          model: 'new',
          fingerprint: fresh.fingerprint,
          ...(base64 ? { data: base64OfFloat32(translated) } : { vector: [0.5, -0.25] })
        })
      ) as unknown
      assert.deepEqual(written, expected)
      assert.deepEqual(JSON.parse(`{${otherMembers(line).join(',')}}`), JSON.parse(JSON.stringify(members)))
    }))
  })

  test('numbers beyond double precision, odd names and repeated ones are kept to the character', () => {
    const others = [
      '"subject":12345678901234567891', '"ratio":1.10', '"a\\"}]":"\\\\"', '"subject":{"vector":[1,"}"],"data":{}}',
      '"":null', '"list":[ [ ], { } ]'
    ]
    const line = readTemplateLine(
      `{ ${others.slice(0, 3).join(' , ')} ,"vector" : [1 ,2, 3e0 ],${others.slice(3).join(',')}\t}\r`, old
    )
    assert.deepEqual(otherMembers(line), others)
    assert.equal(writeTemplateLine(line, fresh, translated),
      `{"model":"new","fingerprint":"${fresh.fingerprint}",${others.slice(0, 3).join(',')},"vector":[0.5,-0.25],${others.slice(3).join(',')}}`)
  })

  test('junk at any boundary is taken where JSON.parse takes it, as what it is there, and nowhere else', () => {
    let [taken, refused] = [0, 0]
    for (const text of ['{"id":"x\\"}","vector":[1, 2,-3],"n":{"a":[1,"]"]}}', `{ "data" : "${base64OfFloat32(Float32Array.of(1, 2, 3))}" , "":[] }`]) {
      for (const at of boundariesOf(text)) {
        for (const piece of junk) {
          const changed = text.slice(0, at) + piece + text.slice(at)
          const expected = parsed(changed)
          let line
          try {
            line = readTemplateLine(changed, old)
          } catch (error) {
            assert.ok(error instanceof Problem, changed)
            refused++
            continue
          }
          taken++
          const { vector, data, model, fingerprint, ...others } = expected!.document as Record<string, unknown>
          const numbers =
            vector === undefined ? float32FromBase64(data as string) : Float32Array.from(vector as number[])
          assert.deepEqual(line.vector, numbers, changed)
          assert.deepEqual(JSON.parse(`{${otherMembers(line).join(',')}}`), others, changed)
          const written = JSON.parse(writeTemplateLine(line, fresh, translated)) as object
          const members = { ...others, model, fingerprint, vector }
          assert.equal(Object.keys(written).length, Object.keys(members).length, changed)
        }
      }
    }
    assert.ok(taken > 500 && refused > 1500, `${taken} taken, ${refused} refused`)
  })

  test('what is no template of the space is refused without a word of what the line holds', () => {
    const secret = 0.123456789
    const refused: [string, RegExp][] = [
      [`{"vector":[${secret},1`, /expected a JSON object/],
      [`\ufeff{"vector":[${secret},1,2]}`, /byte order mark/],
      [`[${secret}]`, /object/],
      [`{"vector":[${secret},2]}`, /expected 3 numbers for model "old", received 2/],
      [`{"vector":[${secret},2,"x"]}`, /vector/],
      ['{"vector":[0,0,0]}', /norm zero/],
      [`{"vector":[${secret},1,1e99]}`, /finite/],
      ['{"data":"AAAA"}', /base64 of 3/],
      ['{"id":"x"}', /exactly one of "vector" and "data", received neither/],
      [`{"vector":[${secret},1,2],"model":"other"}`, /model "old", received one of "other"/],
      [`{"vector":[${secret},1,2],"model":null}`, /model/],
      [`{"vector":[${secret},1,2],"fingerprint":"${fresh.fingerprint}"}`, /fingerprint/],
      // The last of them would count, and the first be read by somebody else.
      [`{"vector":[${secret},1,2],"v\\u0065ctor":[3,2,1]}`, /"vector" once/],
      ['{"model":"other","vector":[1,2,3],"model":"old"}', /"model" once/]
    ]
    for (const [text, message] of refused) {
      assert.throws(
        () => readTemplateLine(text, old),
        (error: Error) =>
          error instanceof Problem && message.test(error.detail) && !error.detail.includes(String(secret)),
        text
      )
    }
  })
})
