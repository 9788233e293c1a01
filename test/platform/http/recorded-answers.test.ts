import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { AjvCompiler } from '@fastify/ajv-compiler'
import { documentedOperations } from '../../support/documented-operations.js'
import { membersOf, recordAnswers, type RecordedAnswers } from '../../support/recorded-answers.js'
import { call, startService, type Json, type RunningService } from '../../support/service.js'

/** @returns what finds wrong what a schema of the document refuses; each of `schemas` is compiled once */
function complaintsBy (schemas: Record<string, Json>): (schema: Json, value: Json) => string[] {
  const named = (part: Json) => JSON.parse(JSON.stringify(part).replaceAll(/#\/components\/schemas\/(\w+)/g, '$1#'))
  const compile = AjvCompiler()(
    Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, { ...named(schema), $id: name }])),
    { customOptions: { coerceTypes: false, removeAdditional: false, strict: false, allErrors: true } }
  ) as unknown as (route: { schema: Json }) => ((value: Json) => boolean) & { errors?: Json[] }
  return (schema, value) => {
    const validate = compile({ schema: named(schema) })
    return validate(value) ? [] : validate.errors!.map(({ instancePath, message }) => `${instancePath} ${message}`)
  }
}

describe('examples of the documentation', () => {
  let running: RunningService
  let folder: string
  let document: Json
  let fresh: RecordedAnswers
  let complaints: (schema: Json, value: Json) => string[]
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'crosswalk-answers-'))
    running = await startService({ kind: 'embedded', config: { signingKeyFile: join(folder, 'signing-key.pem') } })
    document = (await call(running.url, 'GET', '/openapi.json')).json
    complaints = complaintsBy(document.components.schemas)
    fresh = await recordAnswers(running.url)
  })
  after(async () => {
    await running.stop()
    await rm(folder, { recursive: true })
  })

  /** The examples of answers in JSON, with the schemas that they are examples of. */
  const examples = () =>
    documentedOperations(document).flatMap(({ id, operation: { responses } }) =>
      Object.entries<Json>(responses).flatMap(([status, { content = {} }]) => {
        const { schema, example } = content['application/json'] ?? {}
        return schema === undefined ? [] : [{ id, status, schema, example }]
      })
    )

  test('every operation shows an answer, and each is one that its schema allows', () => {
    const shown = new Set<string>()
    for (const { id, status, schema, example } of examples()) {
      if (example === undefined) continue
      shown.add(id)
      assert.deepEqual(complaints(schema, example), [], `${id} ${status}`)
    }
    const without = [...new Set(examples().map(({ id }) => id))].filter(id => !shown.has(id))
    assert.deepEqual(without, [], 'operations whose answers have no example: run `npm run answers`')
  })

  test('the service answers so now, member by member', () => {
    for (const { id, status, example } of examples()) {
      if (example === undefined) continue
      assert.deepEqual(
        membersOf(fresh.answers[id]?.[status]),
        membersOf(example),
        `${id} ${status}: run \`npm run answers\``
      )
    }
  })

  test('every request that takes JSON shows one', () => {
    for (const { id, operation: { requestBody } } of documentedOperations(document)) {
      const json = requestBody?.content['application/json']
      if (json === undefined) continue
      assert.notEqual(json.example, undefined, id)
      assert.deepEqual(complaints(json.schema, json.example), [], id)
      // What is shown is to be read: only an image is longer.
      if (json.example.image === undefined) assert.ok(!/[A-Za-z0-9+/=]{200}/.test(JSON.stringify(json.example)), id)
    }
  })

  test('each problem that can occur is shown once, those that were met as the service refused', () => {
    const { Problem } = document.components.schemas
    for (const [code, { value }] of Object.entries<Json>(document.components.examples)) {
      assert.equal(value.code, code)
      assert.deepEqual(complaints(Problem, value), [], code)
      assert.notEqual(value.detail, value.title, `${code} has no detail of its own`)
      if (code in fresh.problems) assert.deepEqual(membersOf(fresh.problems[code]), membersOf(value), code)
    }
    const answers = JSON.stringify([document.paths, document.components.responses])
    const described = new Set([...answers.matchAll(/\(\/problems\/([a-z-]+)\)/g)].map(([, code]) => code!))
    assert.ok(described.size >= 50)
    assert.deepEqual(Object.keys(document.components.examples).sort(), [...described].sort())
    for (const code of described) assert.ok(answers.includes(`"#/components/examples/${code}"`), code)
  })

  test('the bundle to try is imported', async () => {
    const { description } = document.paths['/v1/maps/import'].post
    const address = /\[a bundle[^\]]*\]\(([^)]+)\)/.exec(description)![1]!
    const { status, bytes } = await call(running.url, 'GET', address)
    assert.equal(status, 200)
    const send = async () =>
      await call(running.url, 'POST', '/v1/maps/import', {
        body: new Uint8Array(bytes),
        headers: { 'content-type': 'application/vnd.crosswalk.map' }
      })
    const first = await send()
    assert.deepEqual([first.status, first.json.state], [201, 'fitted'], JSON.stringify(first.json))
    assert.equal((await send()).status, 200)
  })
})
