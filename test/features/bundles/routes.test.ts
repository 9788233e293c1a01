import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { programOf } from '../../../bench/processes.js'
import { projectRoot } from '../../../src/config.js'
import { exampleMapId, examples } from '../../../src/platform/http/documented-examples.js'
import { createRandom } from '../../../src/science/linear-algebra/random.js'
import { eventually } from '../../support/eventually.js'
import { gaussian } from '../../support/synthetic-pairs.js'
import { call, startService, type Answer, type Json, type RunningService } from '../../support/service.js'

const type = 'application/vnd.crosswalk.map'

// Two services with a database of their own each, of either kind.
describe('a map travels', () => {
  let folder: string
  let from: RunningService
  let to: RunningService
  let stranger: RunningService
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'crosswalk-bundles-'))
    const trustedKeysDir = join(folder, 'trusted')
    await mkdir(trustedKeysDir)
    const shown = await crosswalk('bundle-key', 'create', join(folder, 'from.pem'))
    assert.equal(shown.code, 0, shown.stderr)
    await writeFile(join(trustedKeysDir, 'from.pem'), shown.stdout)
    from = await startService({ config: { signingKeyFile: join(folder, 'from.pem') } })
    to = await startService({ kind: 'embedded', config: { trustedKeysDir } })
    stranger = await startService({ config: { signingKeyFile: join(folder, 'stranger.pem') } })
  })
  after(async () => {
    for (const service of [from, to, stranger]) await service?.stop()
    await rm(folder, { recursive: true })
  })

  const crosswalk = async (...args: string[]): Promise<{ code: number, stdout: string, stderr: string }> =>
    await new Promise(resolve => {
      execFile(
        process.execPath,
        [...programOf('src/cli'), ...args],
        { cwd: projectRoot },
        (error, stdout, stderr) => resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr })
      )
    })
  const fitted = async () =>
    (await call(from.url, 'POST', '/v1/maps', {
      json: { source: 'example-a', target: 'example-b', pairs: examples.pairs, seed: 3 }
    })).json.id as string
  const exported = async (id: string) => await call(from.url, 'GET', `/v1/maps/${id}/bundle`)
  const imported = async (service: RunningService, bytes: Buffer) =>
    await call(service.url, 'POST', '/v1/maps/import', {
      body: new Uint8Array(bytes),
      headers: { 'content-type': type }
    })
  const refused = ({ status, json }: Answer, expected: number, code: string, detail: RegExp) => {
    assert.deepEqual([status, json.code], [expected, code], JSON.stringify(json))
    assert.match(json.detail, detail)
  }

  test('arrives once, with its card, as fitted, and gives the same answers when it is activated', async () => {
    const id = await fitted()
    const { status, headers, bytes } = await exported(id)
    assert.deepEqual([status, headers.get('content-type')], [200, type])
    const there = await imported(to, bytes)
    assert.equal(there.status, 201, JSON.stringify(there.json))
    const { card, sha256, corpusHash } = (await call(from.url, 'GET', `/v1/maps/${id}`)).json
    assert.deepEqual({
      id: there.json.id,
      state: there.json.state,
      card: there.json.card,
      sha256: there.json.sha256,
      corpusHash: there.json.corpusHash
    }, { id, state: 'fitted', card, sha256, corpusHash })
    assert.equal(there.headers.get('location'), `/v1/maps/${id}`)
    const again = await imported(to, bytes)
    assert.deepEqual([again.status, again.json], [200, there.json])

    const translations = []
    for (const { url } of [from, to]) {
      assert.equal((await call(url, 'POST', `/v1/maps/${id}/activate`)).status, 200)
      translations.push(
        (await call(url, 'POST', '/v1/translations', {
          json: { target: 'example-b', templates: [{ model: 'example-a', vector: examples.pairs[0]!.source.vector }] }
        })).json.templates
      )
    }
    assert.deepEqual(translations[0], translations[1])
    const records: Json[] = (await call(to.url, 'GET', '/v1/audit?limit=1000')).json.records
    assert.ok(records.some(({ record }) => record.operation === 'importMap' && record.maps?.includes(id)))
  })

  test('brings what templates of its models look like, for a service that does not know', async () => {
    const random = createRandom(1)
    const rows = () => Array.from({ length: 100 }, () => Array.from({ length: 4 }, () => gaussian(random)))
    for (const [{ url }, models] of [[from, ['ours', 'theirs']], [to, ['ours', 'theirs']]] as const) {
      for (const id of models) {
        const { status } = await call(url, 'POST', '/v1/models', {
          json: { id, title: id, version: '1', dimension: 4 }
        })
        assert.equal(status, 201)
      }
    }
    const [sources, targets] = [rows(), rows()]
    const pairs = sources.map((vector, i) => ({
      sample: `s${i}`,
      identity: `p${i >> 1}`,
      source: { vector },
      target: { vector: targets[i]!.map((value, k) => value + vector[k]!) }
    }))
    const { json: { id } } = await call(from.url, 'POST', '/v1/maps', {
      json: { source: 'ours', target: 'theirs', pairs }
    })
    const judged = async () =>
      (await call(to.url, 'POST', '/v1/translations', {
        json: { target: 'theirs', templates: [{ model: 'ours', vector: sources[0] }] }
      })).json.guard.checked as number
    assert.equal((await imported(to, (await exported(id)).bytes)).status, 201)
    assert.equal((await call(to.url, 'POST', `/v1/maps/${id}/activate`)).status, 200)
    await eventually('that templates are judged', judged, checked => checked === 1)
  })

  test('is refused where its key is not trusted, and if it was changed', async () => {
    const { bytes } = await exported(await fitted())
    refused(await imported(stranger, bytes), 403, 'bundle-untrusted', /expected the signature of a trusted key/)
    const changed = Buffer.from(bytes)
    changed[changed.length - 10]! ^= 1
    refused(await imported(to, changed), 422, 'bundle-invalid', /card: expected SHA-256/)
    refused(await imported(to, Buffer.from('{}')), 422, 'bundle-invalid', /begins differently/)
    const wrongType = await call(to.url, 'POST', '/v1/maps/import', { json: {} })
    refused(wrongType, 415, 'media-type-unsupported', /vnd\.crosswalk\.map/)
    refused(
      await call(to.url, 'GET', `/v1/maps/${exampleMapId}/bundle`),
      409,
      'signing-key-missing',
      /SIGNING_KEY_FILE/
    )
    refused(
      await call(from.url, 'GET', '/v1/maps/00000000-0000-4000-8000-00000000dead/bundle'),
      404,
      'map-unknown',
      /dead/
    )
  })

  test('is refused where a space differs, or its id belongs to another map', async () => {
    for (const [service, version] of [[from, '1'], [to, '2']] as const) {
      await call(service.url, 'POST', '/v1/models', {
        json: { id: 'travelling', title: 'travelling', version, dimension: 4 }
      })
    }
    const { json: { id } } = await call(from.url, 'POST', '/v1/maps', {
      json: { source: 'travelling', target: 'example-b', pairs: examples.pairs }
    })
    refused(
      await imported(to, (await exported(id)).bytes),
      409,
      'fingerprint-mismatch',
      /source: expected the space \w+ of model "travelling", the map is for \w+/
    )
    refused(
      await imported(stranger, await readFile(join(folder, 'from.pem'))),
      422,
      'bundle-invalid',
      /begins differently/
    )
  })

  test('can be verified without a service', async () => {
    const id = await fitted()
    const file = join(folder, 'map.crosswalk')
    await writeFile(file, (await exported(id)).bytes)
    const good = await crosswalk('verify-bundle', file, '--trusted', join(folder, 'trusted'))
    assert.equal(good.code, 0, good.stderr)
    assert.match(good.stdout, new RegExp(`^map +${id}\nsource +example-a, 4-d, \\w{64}\ntarget +example-b, 3-d`))
    const bytes = await readFile(file)
    bytes[bytes.length - 1]! ^= 1
    await writeFile(file, bytes)
    const cases: [number, string[], RegExp][] = [
      [1, ['verify-bundle', file, '--trusted', join(folder, 'trusted')], /card: expected SHA-256/],
      [1, ['verify-bundle', file, '--trusted', join(folder, 'from.pem')], /expected an Ed25519 public key/],
      [2, ['verify-bundle', file], /expected --trusted/],
      [2, ['verify-bundle', file, '--trust', folder], /unknown option --trust: did you mean --trusted\?/],
      [1, ['verify-bundle', join(folder, 'none'), '--trusted', join(folder, 'trusted')], /ENOENT/],
      [1, ['bundle-key', 'create', join(folder, 'from.pem')], /EEXIST/],
      [2, ['bundle-key', 'creat', join(folder, 'from.pem')], /did you mean create\?/],
      [2, ['bundle-key'], /expected create or show and a FILE/]
    ]
    await Promise.all(cases.map(async ([expected, args, message]) => {
      const { code, stderr } = await crosswalk(...args)
      assert.match(stderr, message)
      assert.equal(code, expected)
    }))
  })
})
