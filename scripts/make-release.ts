import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import { buildApp } from '../src/app.js'
import { projectRoot, readConfig, version } from '../src/config.js'
import { createLogger } from '../src/logger.js'
import { createKeyLine } from '../src/platform/encryption/keys-file.js'
import { createService } from '../src/service.js'
import { answersOf, fillRelease, migrationDigests, releaseFolder } from '../test/support/releases.js'
import { administer, createDatabase, startPostgresServer } from '../test/support/postgres-server.js'

/**
 * Writes what later versions are upgraded from: test/releases/VERSION has a dump of a database that the service of this
 * checkout has filled, the keys to it, what the service answered from it, and the digests of the migrations.
 *
 *   npx tsx scripts/make-release.ts
 *
 * VERSION is that of package.json. It needs the programs of a Postgres server with pg_dump, in the folder that
 * pg_config names: the older the server, the more servers can read the dump.
 */
const run = promisify(execFile)
const folder = releaseFolder(version)
const programs = (await run('pg_config', ['--bindir'])).stdout.trim()
const server = await startPostgresServer({ programs })
const scratch = await mkdtemp(join(tmpdir(), 'crosswalk-release-'))
try {
  // The maps of the pack would make the dump a hundred times as large.
  for (const name of ['example-a-to-example-b', 'example-to-retire']) {
    await cp(join(projectRoot, 'maps', name), join(scratch, 'maps', name), { recursive: true })
  }
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'test-keys'), `${createKeyLine('release')}\n`)
  const { url, drop } = await createDatabase(server.url)
  const config = {
    ...readConfig({}),
    database: { url },
    examples: true,
    mapsDir: join(scratch, 'maps'),
    apiKeysRequired: true,
    adminKeyFile: join(scratch, 'admin-key'),
    signingKeyFile: join(scratch, 'signing-key.pem'),
    encryptionKeysFile: join(folder, 'test-keys'),
    maxWait: 60_000
  }
  const log = createLogger('warn')
  const service = await createService(config, log)
  const app = await buildApp(service, config, log)
  app.addHook('onClose', () => service.close())
  try {
    const address = await app.listen({ host: '127.0.0.1', port: 0 })
    const filled = await fillRelease(address, (await readFile(config.adminKeyFile, 'utf8')).trim())
    const answers = await answersOf(address, filled)
    await writeFile(join(folder, 'expected.json'), `${JSON.stringify({ ...filled, answers })}\n`)
  } finally {
    await app.close()
  }
  // Tests restore it on servers without pgvector as well. Nothing is lost: indexes are built anew.
  for (const what of ['TABLE IF EXISTS gallery_projections, gallery_views', 'EXTENSION IF EXISTS vector']) {
    await administer(url, `DROP ${what}`)
  }
  // By a client that is no psql, so without COPY and without psql's own commands.
  const { stdout } = await run(join(programs, 'pg_dump'), [
    '--inserts',
    '--rows-per-insert=100',
    '--no-owner',
    '--no-privileges',
    '--no-comments',
    `--dbname=${url}`
  ], { maxBuffer: 2 ** 30 })
  const script = stdout.split('\n').filter(line => !/^\\|^--|^$/.test(line)).join('\n')
  await writeFile(join(folder, 'database.sql.gz'), gzipSync(`${script}\n`, { level: 9 }))
  await writeFile(join(folder, 'migrations.json'), `${JSON.stringify(await migrationDigests(), null, 1)}\n`)
  const [{ version: of }] = await administer(server.url, 'SELECT current_setting($$server_version$$) AS version') as [
    { version: string }
  ]
  console.log(`wrote ${folder}: ${script.length} bytes of SQL from Postgres ${of}`)
  await drop()
} finally {
  await server.stop()
  await rm(scratch, { recursive: true })
}
