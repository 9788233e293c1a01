import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { access, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { exampleMapId, examples } from '../../../src/platform/http/documented-examples.js'
import { createKeyLine } from '../../../src/platform/encryption/keys-file.js'
import { administer, startPostgresServer } from '../../support/postgres-server.js'
import { call, startService, type Json, type RunningService } from '../../support/service.js'

const run = promisify(execFile)

/** A folder with a server and with the programs that dump and restore it; npm brings the server alone. */
async function installedPrograms (): Promise<string | undefined> {
  const folder = await run('pg_config', ['--bindir']).then(({ stdout }) => stdout.trim(), () => undefined)
  if (folder === undefined) return undefined
  const found = await Promise.all(
    ['initdb', 'postgres', 'pg_dump', 'pg_restore'].map(async name =>
      await access(join(folder, name)).then(() => true, () => false)
    )
  )
  return found.every(Boolean) ? folder : undefined
}
const programs = await installedPrograms()

const asRole = (serverUrl: string, role: string, database: string): string => {
  const url = new URL(serverUrl)
  url.username = role
  url.password = role
  url.pathname = `/${database}`
  return url.href
}

/** What a deployment answers from what it keeps. */
async function stateOf ({ url }: RunningService, galleryId: string, key: string): Promise<Json> {
  const asked = async (method: 'GET' | 'POST', path: string, json?: object) => {
    const answer = await call(url, method, path, { headers: { authorization: `Bearer ${key}` }, ...json && { json } })
    assert.equal(answer.status, 200, `${method} ${path}: ${JSON.stringify(answer.json)}`)
    return answer.json
  }
  return {
    maps: await asked('GET', '/v1/maps'),
    map: await asked('GET', `/v1/maps/${exampleMapId}`),
    gallery: await asked('GET', `/v1/galleries/${galleryId}`),
    found: (await asked('POST', `/v1/galleries/${galleryId}/identifications`, {
      candidates: 3,
      probes: examples.pairs.slice(0, 6).map(({ source: { vector } }) => ({ model: 'example-a', vector }))
    })).results
  }
}

test('a dump and the files of docs/deployment.md restore a deployment into the database of a plain role', {
  skip: programs === undefined && 'needs initdb, postgres, pg_dump and pg_restore in the folder that pg_config names'
}, async () => {
  const server = await startPostgresServer({ programs: programs! })
  const folder = await mkdtemp(join(tmpdir(), 'crosswalk-backup-'))
  try {
    await writeFile(join(folder, 'keys'), createKeyLine('one'))
    const files = {
      apiKeysRequired: true,
      adminKeyFile: join(folder, 'admin-key'),
      encryptionKeysFile: join(folder, 'keys'),
      signingKeyFile: join(folder, 'signing-key.pem')
    }
    for (const role of ['before', 'plain']) {
      await administer(server.url, `CREATE ROLE ${role} LOGIN PASSWORD '${role}'`)
      await administer(server.url, `CREATE DATABASE ${role} OWNER ${role}`)
    }
    const [source, target] = ['before', 'plain'].map(role => asRole(server.url, role, role)) as [string, string]

    const first = await startService({ config: { ...files, database: { url: source } } })
    let before: Json
    let id: string
    let key: string
    try {
      const admin = (await readFile(files.adminKeyFile, 'utf8')).trim()
      const headers = { authorization: `Bearer ${admin}` }
      const made = await call(first.url, 'POST', '/v1/api-keys', {
        headers,
        json: { name: 'an operator', scopes: ['enrol', 'identify', 'admin'] }
      })
      assert.equal(made.status, 201, JSON.stringify(made.json))
      key = made.json.key
      id = (await call(first.url, 'POST', '/v1/galleries', { headers, json: { name: 'a gallery' } })).json.id
      const templates = examples.pairs.filter((_, i) => i % 2 === 0).map(({ identity, source: { vector } }) => ({
        subject: identity,
        vector
      }))
      const enrolled = await call(first.url, 'POST', `/v1/galleries/${id}/templates?model=example-a`, {
        headers,
        json: { templates }
      })
      assert.equal(enrolled.status, 200, JSON.stringify(enrolled.json))
      before = await stateOf(first, id, key)
      assert.equal(before.gallery.encrypted, true)

      // While it is used.
      const dump = join(folder, 'crosswalk.dump')
      await run(join(programs!, 'pg_dump'), ['--format=custom', `--file=${dump}`, `--dbname=${source}`])
      await run(join(programs!, 'pg_restore'), [
        '--no-owner',
        '--no-privileges',
        '--exit-on-error',
        `--dbname=${target}`,
        dump
      ])
    } finally {
      await first.stop()
    }
    await administer(server.url, 'DROP DATABASE before')

    const restored = await startService({ config: { ...files, database: { url: target } } })
    try {
      assert.deepEqual(await stateOf(restored, id, key), before)
      // It can be written too, by sequences and partitions that the role owns now.
      const added = await call(restored.url, 'POST', `/v1/galleries/${id}/templates?model=example-a`, {
        headers: { authorization: `Bearer ${key}` },
        json: { templates: [{ subject: 'somebody new', vector: examples.pairs[0]!.source.vector }] }
      })
      assert.equal(added.status, 200, JSON.stringify(added.json))
    } finally {
      await restored.stop()
    }
    // The templates are as good as gone without the file of the keys, which no dump has.
    const { encryptionKeysFile: _, ...withoutKeys } = files
    await assert.rejects(
      startService({ config: { ...withoutKeys, database: { url: target } } }),
      /ENCRYPTION_KEYS_FILE/
    )
  } finally {
    await server.stop()
    await rm(folder, { recursive: true })
  }
})
