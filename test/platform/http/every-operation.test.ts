import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { documentedOperations, exampleBody, type DocumentedOperation } from '../../support/documented-operations.js'
import { call, startService, type Answer, type RunningService } from '../../support/service.js'

const reads = ({ method }: DocumentedOperation) => method === 'GET'
const hasHeader = ({ operation }: DocumentedOperation, name: string): boolean =>
  (operation.parameters ?? []).some((parameter: { in: string, name: string }) =>
    parameter.in === 'header' && parameter.name === name
  )
const isNegotiated = ({ operation }: DocumentedOperation): boolean =>
  Object.keys(operation.responses['200']?.content ?? {}).length > 1

/** What has to be on an answer, whatever it says. */
function assertHeaders (documented: DocumentedOperation, { status, headers }: Answer, requestId: string): void {
  const what = `${documented.id}: ${status}`
  assert.equal(headers.get('x-request-id'), requestId, what)
  assert.equal(
    headers.get('cache-control'),
    headers.has('etag') && reads(documented) && status < 400 ? 'private, no-cache' : 'no-store',
    what
  )
  assert.equal(headers.get('x-content-type-options'), 'nosniff', what)
  assert.match(headers.get('content-security-policy')!, /default-src 'none'/, what)
  assert.equal(headers.get('x-frame-options'), 'DENY', what)
  assert.equal(headers.get('referrer-policy'), 'no-referrer', what)
  assert.equal(/\bAccept\b/.test(headers.get('vary') ?? ''), isNegotiated(documented), what)
}

describe('every operation of the document', () => {
  let running: RunningService
  let folder: string
  let operations: DocumentedOperation[]
  /** bundles, which one operation gives and another takes */
  const files = new Map<string, Buffer>()
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'crosswalk-operations-'))
    running = await startService({ kind: 'embedded', config: { signingKeyFile: join(folder, 'signing-key.pem') } })
    operations = documentedOperations((await call(running.url, 'GET', '/openapi.json')).json)
    const { bytes, headers } = await call(running.url, 'GET', operations.find(({ id }) => id === 'exportMap')!.address)
    files.set(headers.get('content-type')!, bytes)
  })
  after(async () => {
    await running.stop()
    await rm(folder, { recursive: true })
  })

  const send = (
    documented: DocumentedOperation,
    headers: Record<string, string> = {},
    address = documented.address
  ) => {
    const body = exampleBody(documented, files)
    return call(running.url, documented.method, address, { ...body, headers: { ...body.headers, ...headers } })
  }

  test('refuses an unknown parameter, and names the known ones', async () => {
    for (const documented of operations) {
      const { address, id, query } = documented
      const answer = await send(
        documented,
        { 'x-request-id': `query-${id}` },
        `${address}${address.includes('?') ? '&' : '?'}unheard-of=0.1`
      )
      assert.deepEqual(
        [answer.status, answer.json?.code],
        [400, 'request-invalid'],
        `${id}: ${JSON.stringify(answer.json)}`
      )
      for (const name of ['unheard-of', ...query]) {
        assert.ok(answer.json.detail.includes(`"${name}"`), `${id}: ${answer.json.detail}`)
      }
      assertHeaders(documented, answer, `query-${id}`)
    }
  })

  test('evaluates a precondition, or refuses it', async () => {
    const changing = operations.filter(documented => !reads(documented))
    assert.ok(changing.some(documented => hasHeader(documented, 'if-match')))
    for (const documented of changing) {
      const answer = await send(documented, {
        'if-match': '"of another time"',
        'x-request-id': `match-${documented.id}`
      })
      const expected = hasHeader(documented, 'if-match') ? [412, 'precondition-failed'] : [400, 'request-invalid']
      assert.deepEqual([answer.status, answer.json?.code], expected, `${documented.id}: ${JSON.stringify(answer.json)}`)
      assertHeaders(documented, answer, `match-${documented.id}`)
    }
  })

  test('refuses a body where it reads none', async () => {
    for (
      const { id, method, address } of operations.filter(documented =>
        !reads(documented) && documented.operation.requestBody === undefined
      )
    ) {
      const answer = await call(running.url, method, address, { json: { dryRun: true } })
      assert.deepEqual([answer.status, answer.json?.code], [400, 'request-invalid'], id)
    }
  })

  test('has the headers of its answer on the 304 too, without a type', async () => {
    const tagged = operations.filter(documented => documented.operation.responses['304'] !== undefined)
    assert.ok(tagged.length >= 9)
    for (const documented of operations.filter(reads)) {
      const full = await send(documented)
      assert.equal(full.headers.has('etag'), tagged.includes(documented), documented.id)
      if (!tagged.includes(documented)) continue
      const etag = full.headers.get('etag')!
      for (const method of ['GET', 'HEAD']) {
        for (const condition of [etag, `W/${etag}`, `"x,y", ${etag}`, '*']) {
          const unchanged = await call(running.url, method, documented.address, {
            headers: { 'if-none-match': condition, 'x-request-id': 'again' }
          })
          assert.deepEqual([unchanged.status, unchanged.bytes.length, unchanged.headers.get('content-type')], [
            304,
            0,
            null
          ], `${documented.id} ${condition}`)
          assertHeaders(documented, unchanged, 'again')
          for (const name of ['etag', 'content-security-policy']) {
            assert.equal(unchanged.headers.get(name), full.headers.get(name), documented.id)
          }
        }
      }
      assert.equal((await send(documented, { 'if-none-match': '"another"' })).status, 200, documented.id)
      assert.equal((await send(documented, { 'if-match': etag })).status, 200, documented.id)
      assert.equal((await send(documented, { 'if-match': `W/${etag}` })).status, 412, documented.id)
      assert.equal((await send(documented, { 'if-none-match': 'no tag' })).status, 400, documented.id)
    }
  })

  // Last: it deletes.
  test('answers with the id of the request, however caches may keep it', async () => {
    for (const documented of operations) {
      const answer = await send(documented, { 'x-request-id': `example-${documented.id}` })
      assert.ok(
        answer.status >= 200 && answer.status < 300,
        `${documented.id}: ${answer.status} ${JSON.stringify(answer.json)}`
      )
      assertHeaders(documented, answer, `example-${documented.id}`)
      if (answer.status === 204) assert.equal(answer.headers.has('content-type'), false, documented.id)
    }
  })
})
