import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { version } from '../../../src/config.js'
import { createAuditRepository } from '../../../src/features/audit/audit-repository.js'
import { findFault } from '../../../src/features/audit/audit-chain.js'
import type { DatabaseConfig } from '../../../src/platform/database/database.js'
import { migrationsPending } from '../../../src/platform/database/migrations.js'
import { openDatabase } from '../../../src/platform/database/open-database.js'
import { checkEncryption, type Checked } from '../../../src/platform/encryption/check.js'
import { readKeysFile } from '../../../src/platform/encryption/keys-file.js'
import { createVault } from '../../../src/platform/encryption/vault.js'
import { examples } from '../../../src/platform/http/documented-examples.js'
import { databaseKinds, startDatabase, type DatabaseKind } from '../../support/databases.js'
import { answersOf, asking, migrationDigests, releaseFolder, type FilledRelease } from '../../support/releases.js'
import { startService, type Json } from '../../support/service.js'

/** Oldest first. */
const releases = readdirSync(releaseFolder('.')).sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))

const readJson = async <T>(release: string, name: string): Promise<T> =>
  JSON.parse(await readFile(join(releaseFolder(release), name), 'utf8')) as T

/** A database as a release left it. */
async function restore (
  release: string,
  kind: DatabaseKind
): Promise<{ config: DatabaseConfig, stop(): Promise<void> }> {
  const started = kind === 'postgres'
    ? await startDatabase(kind, { empty: true })
    : await mkdtemp(join(tmpdir(), 'crosswalk-upgrade-')).then(dataDir => ({
      config: { dataDir },
      stop: () => rm(dataDir, { recursive: true })
    }))
  // Closed afterwards: the dump empties the search path of its session.
  const database = await openDatabase(started.config)
  await database.script(gunzipSync(await readFile(join(releaseFolder(release), 'database.sql.gz'))).toString())
  await database.close()
  return started
}

/** Numbers within 1e-6 of one another, everything else alike; members that are new in an answer are fine. */
function assertAlike (received: Json, expected: Json, path = ''): void {
  if (typeof expected === 'number') {
    return assert.ok(Math.abs(received - expected) <= 1e-6, `${path}: expected ${expected}, received ${received}`)
  }
  if (typeof expected !== 'object' || expected === null) return assert.equal(received, expected, path)
  if (Array.isArray(expected)) assert.equal(received?.length, expected.length, `${path}: the number of elements`)
  for (const [name, value] of Object.entries(expected)) assertAlike(received?.[name], value, `${path}/${name}`)
}

test('there is a release to upgrade from, and none that is newer than the package', () => {
  assert.ok(releases.length > 0)
  assert.ok(releases.every(release => release.localeCompare(version, 'en', { numeric: true }) <= 0), releases.join())
})

test('a migration that was released stays as it is, and new ones come after it', async () => {
  const now = await migrationDigests()
  for (const release of releases) {
    const then = await readJson<Record<string, string>>(release, 'migrations.json')
    for (const [name, digest] of Object.entries(then)) {
      assert.equal(now[name], digest, `${name} was released with ${release}: write a new migration instead`)
    }
    const last = Object.keys(then).sort().at(-1)!
    const early = Object.keys(now).filter(name => !(name in then) && name < last)
    // The runner refuses a database that has run a later one.
    assert.deepEqual(early, [], `new migrations are numbered after ${last}, the last of ${release}`)
  }
})

for (const release of releases) {
  for (const kind of databaseKinds) {
    test(`a database of ${release} is upgraded with everything in it (${kind})`, async () => {
      const folder = releaseFolder(release)
      const { answers, ...filled } = await readJson<FilledRelease & { answers: Json }>(release, 'expected.json')
      const restored = await restore(release, kind)
      try {
        const service = await startService({
          config: {
            database: restored.config,
            apiKeysRequired: true,
            adminKeyFile: undefined,
            encryptionKeysFile: join(folder, 'test-keys')
          }
        })
        try {
          assertAlike(await answersOf(service.url, filled), answers)
          await useOn(service.url, filled)
        } finally {
          await service.stop()
        }
        await assertWhole(restored.config, join(folder, 'test-keys'))
      } finally {
        await restored.stop()
      }
    })
  }
}

/** What was begun before the upgrade goes on after it. */
async function useOn (url: string, { key, gallery, migrating, migration, corpus }: FilledRelease): Promise<void> {
  const ask = asking(url, key)
  await ask('POST', `/v1/galleries/${gallery}/templates?model=example-a`, {
    templates: [{ subject: 'somebody new', vector: [0.1, -0.2, 0.3, 0.4] }]
  })
  const { results: [found] } = await ask('POST', `/v1/galleries/${gallery}/identifications`, {
    probes: [{ model: 'example-a', vector: [0.1, -0.2, 0.3, 0.4] }],
    candidates: 1
  })
  assert.equal(found.candidates[0].subject, 'somebody new')
  await ask('POST', `${migration}/commit`)
  const { templates } = await ask('GET', `/v1/galleries/${migrating}`)
  assert.deepEqual(
    templates.filter(({ model }: Json) => model === 'example-b').map(({ count }: Json) => count),
    [examples.pairs.length]
  )
  const { id: map } = await ask('POST', '/v1/maps', {
    source: 'example-b',
    target: 'example-a',
    corpus,
    method: 'ridge'
  })
  await ask('POST', `/v1/maps/${map}/activate`)
  await ask('POST', '/v1/translations', { target: 'example-a', templates: [{ model: 'example-b', vector: [1, 2, 3] }] })
}

/** The schema is that of this version, every template decrypts, and the audit is one unbroken chain. */
async function assertWhole (config: DatabaseConfig, keysFile: string): Promise<void> {
  const database = await openDatabase(config)
  try {
    assert.deepEqual(await migrationsPending(database), [])
    const checked: Checked[] = []
    await checkEncryption(database, createVault(await readKeysFile(keysFile)), found => checked.push(found))
    assert.ok(checked.reduce((sum, { templates }) => sum + templates, 0) > 6 * examples.pairs.length)
    for (const { label, unopened, refused } of checked) assert.deepEqual([unopened, refused], [[], undefined], label)
    await createAuditRepository(database).inspect(async (head, rows) => {
      assert.ok(head.seq > 10)
      assert.equal(await findFault(rows, head), undefined)
    })
  } finally {
    await database.close()
  }
}
