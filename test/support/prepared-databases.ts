import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import { vector } from '@electric-sql/pglite-pgvector'
import { readConfig } from '../../src/config.js'
import { createLogger } from '../../src/logger.js'
import type { DatabaseConfig } from '../../src/platform/database/database.js'
import { migrate } from '../../src/platform/database/migrations.js'
import { openDatabase } from '../../src/platform/database/open-database.js'
import { createService } from '../../src/service.js'
import { createDatabase } from './postgres-server.js'
import { prepared } from './prepared.js'

/**
 * Migrates one database of each kind for all suites to begin with copies of: initdb and the migrations are four fifths
 * of what opening the embedded one takes, and the migrations most of what opening one on the server takes. On a copy of
 * each a service starts once, for suites of the whole service: the shipped maps and profiles, with the digests that the
 * database checks, are half of what starting it on the embedded one takes.
 */
export async function prepareDatabases (
  serverUrl: string
): Promise<{ env: Readonly<Record<string, string>>, remove(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'crosswalk-prepared-'))
  const [empty, served] = [join(folder, 'empty'), join(folder, 'served')]
  const [templates] = await Promise.all([prepareTemplates(serverUrl), prepareEmbedded(empty, served)])
  return {
    env: {
      [prepared.archive]: await archiveOf(empty),
      [prepared.folder]: join(empty, 'postgres'),
      [prepared.template]: templates.empty.name,
      [prepared.servedArchive]: await archiveOf(served),
      [prepared.servedFolder]: join(served, 'postgres'),
      [prepared.servedTemplate]: templates.served.name
    },
    async remove () {
      for (const { drop } of [templates.empty, templates.served]) await drop()
      await rm(folder, { recursive: true, force: true })
    }
  }
}

async function prepareTemplates (serverUrl: string) {
  const empty = await createDatabase(serverUrl)
  await migrateOnce({ url: empty.url })
  const served = await createDatabase(serverUrl, empty.name)
  await serveOnce({ url: served.url })
  return { empty, served }
}

async function prepareEmbedded (empty: string, served: string): Promise<void> {
  await migrateOnce({ dataDir: empty })
  await cp(empty, served, { recursive: true })
  await serveOnce({ dataDir: served })
}

async function migrateOnce (config: DatabaseConfig): Promise<void> {
  const database = await openDatabase(config)
  await migrate(database)
  await database.close()
}

async function serveOnce (database: DatabaseConfig): Promise<void> {
  const config = { ...readConfig({}), database, examples: true, embedThreads: 1, signingKeyFile: undefined }
  const { close } = await createService(config, createLogger('silent'))
  await close()
}

/**
 * Archives the database of a data directory, without what every copy would have to write again: the log of what is in
 * the tables by now, and the database that others are made from.
 *
 * @returns the file
 */
async function archiveOf (dataDir: string): Promise<string> {
  const file = `${dataDir}.tar`
  const stored = await PGlite.create({
    dataDir: join(dataDir, 'postgres'),
    startParams: [...PGlite.defaultStartParams, '-c', 'min_wal_size=32MB', '-c', 'wal_recycle=off'],
    extensions: { vector }
  })
  await stored.exec("UPDATE pg_database SET datistemplate = false WHERE datname = 'template0'")
  await stored.exec('DROP DATABASE template0')
  await stored.exec('SELECT pg_switch_wal()')
  await stored.exec('CHECKPOINT')
  await writeFile(file, Buffer.from(await (await stored.dumpDataDir('none')).arrayBuffer()))
  await stored.close()
  return file
}
