import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { before, describe, test } from 'node:test'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { projectRoot } from '../../../src/config.js'
import { catalogue } from '../../../src/errors.js'
import { createNames } from '../../../src/platform/http/document/named-schemas.js'
import { documentedOperations, type DocumentedOperation } from '../../support/documented-operations.js'
import type { Json } from '../../support/call.js'

/** Names that a class in Python must not have. */
const pythonNames = ['Exception', 'None', 'True', 'False', 'Ellipsis', 'NotImplemented', 'Warning']

describe('what clients are made from', () => {
  let document: Json
  let operations: DocumentedOperation[]
  let validate: (name: string, value: Json) => boolean
  before(async () => {
    document = JSON.parse(await readFile(join(projectRoot, 'openapi', 'openapi.json'), 'utf8'))
    const resolved = (response: Json) =>
      response.$ref === undefined
        ? response
        : document.components.responses[response.$ref.split('/').at(-1)]
    operations = documentedOperations(document).map(documented => ({
      ...documented,
      operation: {
        ...documented.operation,
        responses: Object.fromEntries(
          Object.entries<Json>(documented.operation.responses).map(([status, response]) => [status, resolved(response)])
        )
      }
    }))
    const ajv = new Ajv2020({ strict: false })
    addFormats.default(ajv)
    ajv.addFormat('binary', true)
    ajv.addSchema(document, 'openapi')
    validate = (name, value) => ajv.getSchema(`openapi#/components/schemas/${name}`)!(value) as boolean
  })

  const bodies = () =>
    operations.flatMap(({ id, operation: { requestBody, responses } }) =>
      [requestBody, ...Object.values<Json>(responses)].flatMap(body =>
        Object.entries<Json>(body?.content ?? {}).map(([type, { schema }]) => ({ name: `${id} ${type}`, type, schema }))
      )
    )

  test('every body is a named schema, and so is every object in one', () => {
    assert.ok(bodies().length > 500)
    assert.deepEqual(bodies().filter(({ schema }) => !/^#\/components\/schemas\/\w+$/.test(schema?.$ref ?? '')), [])
    const anonymous: string[] = []
    const search = (part: Json, path: string) => {
      if (typeof part !== 'object' || part === null) return
      if (Object.keys(part.properties ?? {}).length > 0) anonymous.push(path)
      for (const [name, member] of Object.entries<Json>(part)) search(member, `${path}/${name}`)
    }
    for (const [name, schema] of Object.entries<Json>(document.components.schemas)) {
      for (const [keyword, part] of Object.entries<Json>(schema)) {
        // What a problem has beyond all problems, and what a member requires of the others: no objects of their own.
        if (!['allOf', 'dependentSchemas'].includes(keyword)) {
          search(keyword === 'properties' ? Object.values(part) : part, `${name}/${keyword}`)
        }
      }
    }
    assert.deepEqual(anonymous, [])
  })

  test('no schema takes the name of something that every program has', async () => {
    const folder = join(projectRoot, 'node_modules', 'typescript', 'lib')
    const globals = new Set([...pythonNames, ...Object.getOwnPropertyNames(globalThis)])
    for (const file of (await readdir(folder)).filter(name => /^lib\.(dom|es\w*)\..*d\.ts$/.test(name))) {
      const text = await readFile(join(folder, file), 'utf8')
      for (const [, name] of text.matchAll(/^(?:declare var|interface|type) (\w+)/gm)) globals.add(name!)
    }
    assert.ok(globals.has('Map') && globals.has('Response') && globals.size > 1000, `${globals.size} names`)
    assert.deepEqual(Object.keys(document.components.schemas).filter(name => globals.has(name)), [])
  })

  test('every operation names every status that any operation may answer with, and the headers of each', () => {
    const required: Record<string, string> = {
      401: 'www-authenticate',
      405: 'allow',
      429: 'retry-after',
      503: 'retry-after'
    }
    for (const { id, operation: { responses } } of operations) {
      for (const status of [400, 405, 408, 415, 431, 500]) assert.ok(status in responses, `${id} ${status}`)
      for (const [status, { headers, content, description }] of Object.entries<Json>(responses)) {
        assert.ok('x-request-id' in headers, `${id} ${status}`)
        if (status in required) assert.ok(required[status]! in headers, `${id} ${status}`)
        if (Number(status) === 201 || Number(status) === 202) {
          assert.ok('location' in headers || id === 'replaceSubject', `${id} ${status}`)
        }
        if (Number(status) >= 400) {
          assert.deepEqual(
            Object.keys(content['application/problem+json'].examples),
            [...description.matchAll(/`([a-z-]+)`/g)].map(([, code]) => code),
            `${id} ${status}`
          )
        }
      }
    }
  })

  test('problems are typed by their codes', () => {
    for (const [code, { value }] of Object.entries<Json>(document.components.examples)) {
      const name = `${code.replace(/(?:^|-)([a-z])/g, (_, letter: string) => letter.toUpperCase())}Problem`
      assert.equal(validate(name, value), true, code)
      assert.equal(validate(name, { ...value, code: code === 'internal' ? 'overloaded' : 'internal' }), false, code)
      assert.equal(validate(name, { ...value, status: 418 }), false, code)
      assert.equal(catalogue[code as keyof typeof catalogue].status, value.status)
    }
    const { discriminator } = document.components.schemas.TranslateTemplatesConflict
    assert.equal(discriminator.propertyName, 'code')
    assert.equal(discriminator.mapping['map-missing'], '#/components/schemas/MapMissingProblem')
  })

  test('members that exclude each other are a oneOf', () => {
    const vector = [0.5, 0.25]
    const pairs = [{ source: { vector }, target: { data: 'AAAA' } }]
    const cases: [name: string, good: Json[], bad: Json[]][] = [
      ['Template', [{ model: 'a', vector }, { model: 'a', data: 'AAAA' }], [
        { model: 'a' },
        { model: 'a', vector, data: 'AAAA' },
        { vector }
      ]],
      ['FitMapRequest', [{ source: 'a', target: 'b', corpus: 'x' }, { source: 'a', target: 'b', pairs }], [
        { source: 'a', target: 'b' },
        { source: 'a', target: 'b', corpus: 'x', pairs }
      ]],
      ['CalibrateMapRequest', [{ corpus: 'x' }], [{}, { corpus: 'x', templates: [{ model: 'a', vector }] }]],
      ['ComparisonSide', [
        { template: { model: 'a', vector } },
        { templates: [{ model: 'a', vector }] },
        { image: 'AAAA' },
        { image: 'AAAA', model: 'a', aligned: true },
        { image: 'AAAA', models: ['a', 'b'] }
      ], [
        {},
        { model: 'a' },
        { image: 'AAAA', model: 'a', models: ['a'] },
        { template: { model: 'a', vector }, image: 'AAAA' },
        { template: { model: 'a', vector }, aligned: true }
      ]],
      ['IdentifyRequest', [
        { probes: [{ model: 'a', vector }], candidates: 3 },
        { sets: [{ templates: [{ model: 'a', vector }] }] },
        { image: 'AAAA', minQuality: {} }
      ], [{}, { candidates: 3 }, { probes: [{ model: 'a', vector }], image: 'AAAA' }]]
    ]
    for (const [name, good, bad] of cases) {
      assert.ok(document.components.schemas[name].oneOf.length > 1, name)
      for (const value of good) assert.equal(validate(name, value), true, `${name}: ${JSON.stringify(value)}`)
      for (const value of bad) assert.equal(validate(name, value), false, `${name}: ${JSON.stringify(value)}`)
    }
    assert.ok(!JSON.stringify(document).includes('x-either'))
  })

  test('members go only with the values of others that the service takes them with', () => {
    const fit = { source: 'a', target: 'b', corpus: 'x' }
    const good: Json[] = [
      { ...fit, method: 'ridge', lambda: 1 },
      { ...fit, method: 'low-rank-ridge', lambda: 1, rank: 2 },
      { ...fit, method: 'dual', spread: 'restored' },
      { ...fit, method: 'composition', via: 'c' }
    ]
    const bad: Json[] = [
      { ...fit, lambda: 1 },
      { ...fit, method: 'dual', lambda: 1 },
      { ...fit, method: 'ridge', rank: 2 },
      { ...fit, method: 'auto', spread: 'restored' },
      { ...fit, method: 'ridge', via: 'c' },
      { ...fit, method: 'composition', via: 'c', lambda: 1 }
    ]
    for (const value of good) assert.equal(validate('FitMapRequest', value), true, JSON.stringify(value))
    for (const value of bad) assert.equal(validate('FitMapRequest', value), false, JSON.stringify(value))
    assert.ok(!JSON.stringify(document).includes('x-only-with'))
  })

  test('bytes are bytes, and the events of a stream have a type', () => {
    const schemaOf = (type: string) => bodies().filter(body => body.type === type)
    for (
      const type of ['application/x-npy', 'application/octet-stream', 'application/vnd.crosswalk.map', 'image/jpeg']
    ) {
      assert.ok(schemaOf(type).length > 0)
      for (const { name, schema } of schemaOf(type)) {
        assert.equal(document.components.schemas[schema.$ref.split('/').at(-1)].format, 'binary', name)
      }
    }
    const [events] = schemaOf('text/event-stream')
    assert.equal(events!.schema.$ref, '#/components/schemas/JobEvent')
    const { example } = document.paths['/v1/jobs/{id}'].get.responses[200].content['application/json']
    assert.equal(validate('JobEvent', example), true)
    assert.equal(validate('JobEvent', { ...example, state: 'lost' }), false)
  })

  test('two objects that would have one name are refused rather than mixed up', () => {
    const of = (type: string) => ({
      type: 'object',
      properties: { part: { type: 'object', properties: { a: { type } } } }
    })
    const names = createNames({ Thing: of('string') })
    names.define('Other', { ...of('string') })
    assert.deepEqual(names.all()['Other']!.properties, { part: { $ref: '#/components/schemas/ThingPart' } })
    names.define('ThingPartDetails', { type: 'string' })
    assert.throws(() => names.define('Thing', of('integer')), /two schemas of the document would be named ThingPart/)
  })
})
