import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import { vector } from '@electric-sql/pglite-pgvector'
import { migrate } from '../../src/platform/database/migrations.js'
import { openDatabase } from '../../src/platform/database/open-database.js'
import { createDatabase } from './postgres-server.js'

/**
 * Environment variables by which a run tells its test files where the prepared databases are: the file of the embedded
 * one, and the name of that on the server. A file that is run alone does without, and migrates.
 */
export const preparedCopy = 'TEST_EMBEDDED_COPY'
export const preparedTemplate = 'TEST_DATABASE_TEMPLATE'

/**
 * Migrates one database of each kind for all suites to begin with copies of: initdb and the migrations are four fifths
 * of what opening the embedded one takes, and the migrations most of what opening one on the server takes.
 */
export async function prepareDatabases (
  serverUrl: string
): Promise<{ env: Readonly<Record<string, string>>, remove(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'crosswalk-prepared-'))
  const [template] = await Promise.all([prepareTemplate(serverUrl), prepareCopy(folder)])
  return {
    env: { [preparedCopy]: copyIn(folder), [preparedTemplate]: template.name },
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

const copyIn = (folder: string): string => join(folder, 'embedded.tar')

async function prepareCopy (folder: string): Promise<void> {
  const dataDir = join(folder, 'data')
  const database = await openDatabase({ dataDir })
  await migrate(database)
  await database.close()
  const stored = await PGlite.create({ dataDir: join(dataDir, 'postgres'), extensions: { vector } })
  const archive = await stored.dumpDataDir('none')
  await stored.close()
  await writeFile(copyIn(folder), Buffer.from(await archive.arrayBuffer()))
}
