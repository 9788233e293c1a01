import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { projectRoot } from '../../../src/config.js'
import { catalogue } from '../../../src/errors.js'
import { documentedOperations, exampleBody } from '../../support/documented-operations.js'
import { startCheckingProxy } from '../../smoke/proxy.mjs'
import { call, startService, type Json, type RunningService } from '../../support/service.js'

describe('documentation', () => {
  let running: RunningService
  let document: Json
  let folder: string
  before(async () => {
    // As without configuration: then the key lies in the data directory.
    folder = await mkdtemp(join(tmpdir(), 'crosswalk-documentation-'))
    running = await startService({ kind: 'embedded', config: { signingKeyFile: join(folder, 'signing-key.pem') } })
    document = (await call(running.url, 'GET', '/openapi.json')).json
  })
  after(async () => {
    await running.stop()
    await rm(folder, { recursive: true })
  })

  const operations = () => documentedOperations(document)

  test('every operation has a name, tags, a summary and documented answers', () => {
    assert.ok(operations().length >= 18)
    for (const { method, path, operation } of operations()) {
      assert.ok(operation.operationId && operation.summary && operation.tags.length === 1, `${method} ${path}`)
      assert.ok(Object.keys(operation.responses).some(status => status.startsWith('2')), `${method} ${path}`)
      if (path.startsWith('/v1') && path !== '/v1/models') {
        assert.ok(
          Object.keys(operation.responses).some(status => status.startsWith('4')),
          `${method} ${path} has no 4xx`
        )
      }
    }
  })

  // What "Try it out" sends: the example of every required parameter and of the body, as they stand in the document.
  test('every example succeeds unchanged on a fresh start, and is answered as the document says', async t => {
    const proxy = await startCheckingProxy(running.url)
    t.after(proxy.close)
    const tried = []
    /** what was downloaded, by media type */
    const files = new Map<string, Buffer>()
    for (const documented of operations()) {
      const { id, method, address } = documented
      const { status, json, bytes, headers } = await call(proxy.url, method, address, exampleBody(documented, files))
      assert.ok(status >= 200 && status < 300, `${id}: ${status} ${JSON.stringify(json)}`)
      tried.push(id)
      if (headers.has('content-disposition')) files.set(headers.get('content-type')!, bytes)
    }
    assert.ok(tried.length >= 16, tried.join())
    assert.deepEqual(proxy.findings(), [])
    assert.ok(proxy.seen().length >= tried.length, proxy.seen().join())
  })

  test('the committed document matches the routes', async () => {
    const committed = JSON.parse(await readFile(join(projectRoot, 'openapi', 'openapi.json'), 'utf8'))
    assert.deepEqual(committed, document)
  })

  test('Swagger UI is served', async () => {
    const { status, bytes } = await call(running.url, 'GET', '/docs/')
    assert.equal(status, 200)
    assert.match(bytes.toString(), /swagger-ui/)
  })

  test('the address of every problem explains it and its remedy', async () => {
    for (const [code, { title }] of Object.entries(catalogue)) {
      const { status, headers, bytes } = await call(running.url, 'GET', `/problems/${code}`)
      assert.equal(status, 200, code)
      assert.match(headers.get('content-type')!, /^text\/html/)
      assert.ok(bytes.toString().includes(title.replaceAll("'", '&#39;')), code)
    }
    const { status, json } = await call(running.url, 'GET', '/problems/nothing')
    assert.deepEqual([status, json.code], [404, 'route-unknown'])
  })
})
