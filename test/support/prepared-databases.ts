import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import { vector } from '@electric-sql/pglite-pgvector'
import { migrate } from '../../src/platform/database/migrations.js'
import { openDatabase } from '../../src/platform/database/open-database.js'
import { createDatabase } from './postgres-server.js'

/**
 * Environment variables by which a run tells its test files where the prepared databases are: the embedded one as an
 * archive and as a folder, and the name of that on the server. A file that is run alone does without, and migrates.
 */
export const prepared = {
  archive: 'TEST_EMBEDDED_ARCHIVE',
  folder: 'TEST_EMBEDDED_FOLDER',
  template: 'TEST_DATABASE_TEMPLATE'
} as const

/**
 * Migrates one database of each kind for all suites to begin with copies of: initdb and the migrations are four fifths
 * of what opening the embedded one takes, and the migrations most of what opening one on the server takes.
 */
export async function prepareDatabases (
  serverUrl: string
): Promise<{ env: Readonly<Record<string, string>>, remove(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'crosswalk-prepared-'))
  const [archive, files] = [join(folder, 'embedded.tar'), join(folder, 'data', 'postgres')]
  const [template] = await Promise.all([prepareTemplate(serverUrl), prepareEmbedded(join(folder, 'data'))])
  const stored = await PGlite.create({ dataDir: files, extensions: { vector } })
  await writeFile(archive, Buffer.from(await (await stored.dumpDataDir('none')).arrayBuffer()))
  await stored.close()
  return {
    env: { [prepared.archive]: archive, [prepared.folder]: files, [prepared.template]: template.name },
    async remove () {
      await template.drop()
      await rm(folder, { recursive: true, force: true })
    }
  }
}

async function prepareTemplate (serverUrl: string) {
  const template = await createDatabase(serverUrl)
  const database = await openDatabase({ url: template.url })
  await migrate(database)
  await database.close()
  return template
}

async function prepareEmbedded (dataDir: string): Promise<void> {
  const database = await openDatabase({ dataDir })
  await migrate(database)
  await database.close()
}
