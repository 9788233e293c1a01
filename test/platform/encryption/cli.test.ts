import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { programOf } from '../../../bench/processes.js'
import { projectRoot } from '../../../src/config.js'
import { exampleCorpusId } from '../../../src/platform/http/documented-examples.js'
import { createCorpusRepository } from '../../../src/features/corpora/store/corpora.js'
import { openDatabase } from '../../../src/platform/database/open-database.js'
import { readKeysFile } from '../../../src/platform/encryption/keys-file.js'
import { createVault } from '../../../src/platform/encryption/vault.js'
import { migrate } from '../../../src/platform/database/migrations.js'
import { startDatabase } from '../../support/databases.js'
import { call, startService } from '../../support/service.js'
import { numbersOf, registerSpace, sha256 } from '../../support/stored-fixtures.js'

describe('crosswalk encryption', () => {
  let folder: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'crosswalk-encryption-'))
  })
  after(() => rm(folder, { recursive: true }))

  const command = (...args: string[]) => [...programOf('src/cli'), 'encryption', ...args]
  const crosswalk = async (
    env: Record<string, string>,
    ...args: string[]
  ): Promise<{ code: number, stdout: string, stderr: string }> =>
    await new Promise(resolve => {
      execFile(
        process.execPath,
        command(...args),
        { cwd: projectRoot, env: { ...process.env, ...env } },
        (error, stdout, stderr) => resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr })
      )
    })

  test('is killed while it encrypts, and completes on the next run', async () => {
    const keys = join(folder, 'keys')
    await writeFile(keys, `# of this test\n${(await crosswalk({}, 'create-key', '--id', 'one')).stdout}`)
    const { config, stop } = await startDatabase('postgres')
    const database = await openDatabase(config)
    try {
      assert.ok('url' in config)
      const env = { DATABASE_URL: config.url, ENCRYPTION_KEYS_FILE: keys }
      await migrate(database)
      const plain = createCorpusRepository(database)
      const [a, b] = [await registerSpace(database, 'killed-a', 256), await registerSpace(database, 'killed-b', 256)]
      const pairs = new Map<string, unknown>()
      for (let corpus = 0; corpus < 6; corpus++) {
        const { id } = (await plain.create({ name: 'c', requestSha256: sha256('c') })).corpus
        const rows = (seed: number) =>
          Array.from({ length: 400 }, (_, i) => ({ sample: `${i}`, identity: null, vector: numbersOf(seed + i, 256) }))
        await plain.addTemplates(id, [{ fingerprint: a, rows: rows(corpus) }, {
          fingerprint: b,
          rows: rows(1000 + corpus)
        }])
        pairs.set(id, await plain.pairs(id, a, b))
      }
      const applying = spawn(process.execPath, command('apply'), {
        cwd: projectRoot,
        env: { ...process.env, ...env },
        stdio: ['ignore', 'pipe', 'inherit']
      })
      await once(applying.stdout, 'data')
      applying.kill('SIGKILL')
      await once(applying, 'exit')
      const sealed = createCorpusRepository(database, createVault(await readKeysFile(keys), { plaintext: 'admit' }))
      for (const [id, expected] of pairs) assert.deepEqual(await sealed.pairs(id, a, b), expected)
      const again = await crosswalk(env, 'apply')
      assert.equal(again.code, 0, again.stderr)
      assert.equal((await crosswalk(env, 'status')).stdout, '6 corpora with the key "one"\n')
      for (const [id, expected] of pairs) assert.deepEqual(await sealed.pairs(id, a, b), expected)
    } finally {
      await database.close()
      await stop()
    }
  })

  test('a service with keys encrypts new templates, and fits the same map', async () => {
    const keys = join(folder, 'service-keys')
    await writeFile(keys, (await crosswalk({}, 'create-key')).stdout)
    const hashes = []
    for (const encryptionKeysFile of [undefined, keys]) {
      const { url, stop } = await startService({ config: { encryptionKeysFile } })
      try {
        const { status, json } = await call(url, 'POST', '/v1/maps', {
          json: { source: 'example-a', target: 'example-b', corpus: exampleCorpusId, method: 'procrustes' }
        })
        assert.equal(status, 201, JSON.stringify(json))
        assert.match(json.sha256, /^[0-9a-f]{64}$/)
        hashes.push(json.sha256)
      } finally {
        await stop()
      }
    }
    assert.equal(hashes[0], hashes[1])
  })

  test('says what it expected, and never prints a key', async () => {
    const file = async (text: string) => {
      const path = join(folder, 'wrong')
      await writeFile(path, text)
      return path
    }
    const secret = Buffer.alloc(32, 7).toString('base64')
    const wrong: [string, RegExp][] = [
      ['', /expected at least one key/],
      [`one ${secret.slice(0, 20)}`, /line 1: expected 32 bytes as base64 after "one"/],
      [`# fine\none ${secret}\none ${secret}`, /line 3: expected every id once/],
      [`${secret}`, /line 1: expected an id/]
    ]
    for (const [text, message] of wrong) {
      await assert.rejects(
        readKeysFile(await file(text)),
        (error: Error) => message.test(error.message) && !error.message.includes(secret.slice(0, 20))
      )
    }
    await assert.rejects(readKeysFile(join(folder, 'none')), /expected a readable file.*ENOENT/)
    const refused = await crosswalk(
      { DATA_DIR: join(folder, 'data'), DATABASE_URL: '', ENCRYPTION_KEYS_FILE: '' },
      'apply'
    )
    assert.equal(refused.code, 1)
    assert.match(refused.stderr, /expected ENCRYPTION_KEYS_FILE/)
  })
})
