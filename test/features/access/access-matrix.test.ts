import assert from 'node:assert/strict'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { after, before, describe, test } from 'node:test'
import Fastify from 'fastify'
import { Registry } from 'prom-client'
import access, { type RouteAccess } from '../../../src/features/access/plugin.js'
import { generateKey } from '../../../src/features/access/api-key.js'
import { scopes, type Scope } from '../../../src/features/access/api-keys-repository.js'
import exchange from '../../../src/platform/http/plugins/exchange.js'
import { call, startService, type Json, type RunningService } from '../../support/service.js'

/**
 * What each operation is meant to ask for, written down apart from the routes. A new operation has to be added here.
 */
const expected: Record<string, RouteAccess> = {
  getLiveness: 'public',
  getReadiness: 'public',
  getProblem: 'public',
  getMetrics: 'any-key',
  listModels: 'any-key',
  getModel: 'any-key',
  registerModel: 'fit',
  testModel: 'embed',
  testOwnTemplates: 'fit',
  forgetCanaries: 'fit',
  createHub: 'fit',
  embedImage: 'embed',
  translateTemplates: 'translate',
  verify: 'verify',
  compareTemplates: 'verify',
  fitMap: 'fit',
  listMaps: 'any-key',
  getMap: 'any-key',
  getMapCard: 'any-key',
  activateMap: 'admin',
  retireMap: 'admin',
  adviseRefit: 'fit',
  calibrateMap: 'fit',
  listMapCalibrations: 'any-key',
  getMapCalibration: 'any-key',
  activateMapCalibration: 'admin',
  retireMapCalibration: 'admin',
  fitEnsemble: 'fit',
  listEnsembles: 'any-key',
  getEnsemble: 'any-key',
  activateEnsemble: 'admin',
  retireEnsemble: 'admin',
  exportMap: 'admin',
  downloadMapOnnx: 'admin',
  downloadMapOnnxSignature: 'admin',
  downloadMapSafetensors: 'admin',
  downloadMapSafetensorsSignature: 'admin',
  importMap: 'admin',
  evaluateModels: 'fit',
  listEvaluations: 'any-key',
  getEvaluation: 'any-key',
  getEvaluationPage: 'any-key',
  listJobs: 'any-key',
  getJob: 'any-key',
  followJob: 'any-key',
  cancelJob: 'any-key',
  createCorpus: 'fit',
  listCorpora: 'fit',
  getCorpus: 'fit',
  deleteCorpus: 'fit',
  deleteIdentity: 'fit',
  addTemplates: 'fit',
  addImage: 'fit',
  createGallery: 'enrol',
  listGalleries: 'identify',
  getGallery: 'identify',
  deleteGallery: 'enrol',
  enrolTemplates: 'enrol',
  enrolImage: 'enrol',
  listSubjects: 'enrol',
  getSubject: 'enrol',
  replaceSubject: 'enrol',
  changeSubject: 'enrol',
  deleteSubjectTemplate: 'enrol',
  deleteSubject: 'enrol',
  identify: 'identify',
  migrateGallery: 'enrol',
  listMigrations: 'enrol',
  getMigration: 'enrol',
  resumeMigration: 'enrol',
  commitMigration: 'enrol',
  rollBackMigration: 'enrol',
  indexGallery: 'enrol',
  listIndexes: 'identify',
  deleteIndexes: 'enrol',
  listReenrolments: 'enrol',
  createApiKey: 'admin',
  listApiKeys: 'admin',
  revokeApiKey: 'admin',
  listAuditRecords: 'admin'
}

describe('access to every operation', () => {
  let running: RunningService
  let document: Json
  let operations: { method: string, address: string, id: string, security: Json, responses: Json }[]
  const handled: string[] = []
  const note = (message: unknown) => {
    const { request } = message as { request: { method: string, url: string } }
    handled.push(`${request.method} ${request.url}`)
  }

  before(async () => {
    running = await startService({ config: { apiKeysRequired: true } })
    document = (await call(running.url, 'GET', '/openapi.json')).json
    operations = Object.entries<Json>(document.paths).flatMap(([path, methods]) =>
      Object.entries<Json>(methods).map(([method, operation]) => ({
        method: method.toUpperCase(),
        // Nothing has this id: what gets past is harmless.
        address: path.replace(/\{\w+\}/g, '00000000-0000-4000-8000-ffffffffffff'),
        id: operation.operationId,
        security: operation.security,
        responses: operation.responses
      }))
    )
    // Fastify tells here of every handler that it calls.
    subscribe('tracing:fastify.request.handler:start', note)
  })
  after(async () => {
    unsubscribe('tracing:fastify.request.handler:start', note)
    await running.stop()
  })

  const issue = async (...given: Scope[]) => (await running.service.access.issue({ name: 'test', scopes: given })).key
  const bearer = (key: string) => ({ headers: { authorization: `Bearer ${key}` } })
  const guarded = () =>
    operations.flatMap(operation => {
      const scope = expected[operation.id]
      return scope === undefined || scope === 'public' ? [] : [{ ...operation, scope }]
    })

  test('the document states what each operation requires', () => {
    const { type, scheme } = document.components.securitySchemes.apiKey
    assert.deepEqual([type, scheme], ['http', 'bearer'])
    assert.deepEqual(operations.map(({ id }) => id).sort(), Object.keys(expected).sort())
    for (const { id, security, responses } of operations) {
      const scope = expected[id]!
      assert.deepEqual(security, scope === 'public' ? [] : [{ apiKey: scope === 'any-key' ? [] : [scope] }], id)
      for (const status of ['401', '403', '429']) {
        assert.equal(status in responses, scope !== 'public', `${id} ${status}`)
      }
    }
  })

  test('no handler is reached without a valid key that has the scope', async t => {
    const valid = await issue(...scopes)
    const revoked = await running.service.access.issue({ name: 'revoked', scopes: [...scopes] })
    await running.service.access.revoke(revoked.stored.id)
    const expiring = await running.service.access.issue({
      name: 'expiring',
      scopes: [...scopes],
      expiresAt: new Date(Date.now() + 3_600_000).toISOString()
    })
    // It is in the cache, and valid, before it expires.
    assert.equal((await call(running.url, 'GET', '/v1/models', bearer(expiring.key))).status, 200)
    t.mock.timers.enable({ apis: ['Date'], now: Date.now() + 3_600_000 })
    handled.length = 0

    const wrong: [string, string | undefined, RegExp][] = [
      ['no key', undefined, /^Bearer realm="crosswalk"$/],
      ['another scheme', `Basic ${Buffer.from(`x:${valid}`).toString('base64')}`, /error="invalid_token"/],
      ['the key without a scheme', valid, /error="invalid_token"/],
      ['two keys', `Bearer ${valid}, Bearer ${valid}`, /error="invalid_token"/],
      ['malformed', 'Bearer cw_short', /error="invalid_token"/],
      ['a space and nothing', 'Bearer  ', /error="invalid_token"/],
      ['unknown', `Bearer ${generateKey()}`, /error="invalid_token"/],
      ['a wrong secret', `Bearer ${valid.slice(0, 17)}${generateKey().slice(17)}`, /error="invalid_token"/],
      [
        'one character off',
        `Bearer ${valid.slice(0, -2)}${valid.at(-2) === 'A' ? 'B' : 'A'}${valid.at(-1)}`,
        /error="invalid_token"/
      ],
      ['a longer secret', `Bearer ${valid}A`, /error="invalid_token"/],
      ['expired', `Bearer ${expiring.key}`, /error_description="expired"/],
      ['revoked', `Bearer ${revoked.key}`, /error_description="revoked"/]
    ]
    let refused = 0
    for (const { method, address, id, scope } of guarded()) {
      for (const [what, authorization, challenge] of wrong) {
        const { status, json, headers } = await call(
          running.url,
          method,
          address,
          authorization === undefined ? {} : { headers: { authorization } }
        )
        assert.equal(status, 401, `${id}, ${what}: ${JSON.stringify(json)}`)
        assert.equal(json.code, what === 'no key' ? 'key-missing' : 'key-invalid')
        assert.match(headers.get('www-authenticate')!, challenge)
        refused++
      }
      if (method === 'GET') assert.equal((await call(running.url, 'HEAD', address)).status, 401, `HEAD ${address}`)
      if (scope === 'any-key') continue
      const { status, json, headers } = await call(
        running.url,
        method,
        address,
        bearer(await issue(...scopes.filter(other => other !== scope)))
      )
      assert.equal(status, 403, `${id}, under-scoped: ${JSON.stringify(json)}`)
      assert.equal(json.code, 'scope-missing')
      assert.equal(
        headers.get('www-authenticate'),
        `Bearer realm="crosswalk", error="insufficient_scope", scope="${scope}"`
      )
      refused++
    }
    assert.deepEqual(handled, [])
    console.log(`${guarded().length} operations, ${refused} calls refused, ${handled.length} handlers reached`)
  })

  test('the scope alone is sufficient, whatever the body', async () => {
    handled.length = 0
    for (const { method, address, id, scope } of guarded()) {
      const { status, json } = await call(
        running.url,
        method,
        address,
        bearer(await issue(scope === 'any-key' ? 'verify' : scope))
      )
      assert.ok(![401, 403, 500].includes(status), `${id}: ${status} ${JSON.stringify(json)}`)
    }
    assert.ok(handled.length > 0, 'handlers that are reached are seen here')
    for (
      const address of [
        '/health/live',
        '/health/ready',
        '/openapi.json',
        '/docs/',
        '/docs/static/swagger-initializer.js'
      ]
    ) {
      assert.equal((await call(running.url, 'GET', address)).status, 200, address)
    }
    // The scheme's name is read in any case (RFC 9110, section 11.1).
    assert.equal(
      (await call(running.url, 'GET', '/v1/models', { headers: { authorization: `bearer ${await issue('embed')}` } }))
        .status,
      200
    )
  })

  test('a route that does not declare its access stops the start', async () => {
    for (const config of [undefined, {}, { access: 'everybody' }]) {
      const app = Fastify()
      app.decorate('service', running.service)
      await app.register(exchange, { registry: new Registry() })
      await app.register(access, { required: true, sessions: false })
      app.get('/declared', { config: { access: 'public' } }, async () => 'x')
      app.get('/forgotten', config === undefined ? {} : { config: config as object }, async () => 'x')
      await assert.rejects(async () => {
        await app.ready()
      }, /config\.access on every route, received none for GET \/forgotten, HEAD \/forgotten/)
    }
  })
})
