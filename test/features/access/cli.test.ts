import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { programOf } from '../../../bench/processes.js'
import { projectRoot } from '../../../src/config.js'
import { parseKey, sameSecret } from '../../../src/features/access/api-key.js'
import { createApiKeyRepository } from '../../../src/features/access/api-keys-repository.js'
import { openDatabase } from '../../../src/platform/database/open-database.js'
import { prepareDataDirectory } from '../../support/prepared.js'

describe('crosswalk keys', () => {
  let dataDir: string
  before(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'crosswalk-cli-'))
    await prepareDataDirectory(dataDir)
  })
  after(() => rm(dataDir, { recursive: true }))

  const crosswalk = async (...args: string[]): Promise<{ code: number, stdout: string, stderr: string }> =>
    await new Promise(resolve => {
      execFile(process.execPath, [...programOf('src/cli'), ...args], {
        cwd: projectRoot,
        env: { ...process.env, DATABASE_URL: '', DATA_DIR: dataDir, HOST: '0.0.0.0' }
      }, (error, stdout, stderr) => resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }))
    })

  test('creates, lists and revokes on the embedded database, while the service does not run', async () => {
    const before = Date.now()
    const created = await crosswalk(
      'keys',
      'create',
      '--name',
      'gate 7',
      '--scope',
      'translate,verify',
      '--pair',
      'dlib128:r512',
      '--templates-per-day',
      '100',
      '--expires',
      '90d'
    )
    assert.equal(created.code, 0, created.stderr)
    const { prefix, secretSha256 } = parseKey(created.stdout.trim())!
    assert.match(created.stderr, /shown only this once/)

    const listed = JSON.parse((await crosswalk('keys', 'list', '--json')).stdout)
    assert.deepEqual([listed.prefix, listed.name, listed.scopes, listed.translatePairs, listed.templatesPerDay], [
      prefix,
      'gate 7',
      ['translate', 'verify'],
      [{ source: 'dlib128', target: 'r512' }],
      100
    ])
    const madeAt = Date.parse(listed.expiresAt) - 90 * 86_400_000
    assert.ok(madeAt >= before && madeAt <= Date.now(), listed.expiresAt)

    const revoked = await crosswalk('keys', 'revoke', prefix)
    assert.match(revoked.stdout, /revoked 20/)

    const database = await openDatabase({ dataDir })
    try {
      const stored = (await createApiKeyRepository(database).findByPrefix(prefix))!
      assert.ok(sameSecret(stored.secretSha256, secretSha256))
      assert.notEqual(stored.key.revokedAt, null)
      const refused = await crosswalk('keys', 'list')
      assert.equal(refused.code, 1)
      assert.match(refused.stderr, /in use[\s\S]*\/v1\/api-keys/)
    } finally {
      await database.close()
    }
  })

  test('says what it expected', async () => {
    const wrong: [string[], number, RegExp][] = [
      [[], 2, /expected a command, received none/],
      [['toString'], 2, /expected a command, received "toString"/],
      [['keys'], 2, /expected create, list or revoke/],
      [['keys', 'create', '--name', 'x'], 2, /--scope: expected one or more of embed, translate/],
      [['keys', 'create', '--name', 'x', '--scope', 'root'], 2, /received "root"/],
      [['keys', 'create', '--name', 'x', '--scope', 'all', '--pair', 'a'], 2, /--pair: expected SOURCE:TARGET/],
      [['keys', 'create', '--colour', 'red'], 2, /--colour/]
    ]
    const answers = await Promise.all(wrong.map(([args]) => crosswalk(...args)))
    answers.forEach(({ code, stderr, stdout }, i) => {
      assert.deepEqual([code, stdout], [wrong[i]![1], ''], wrong[i]![0].join(' '))
      assert.match(stderr, wrong[i]![2])
    })
  })
})
