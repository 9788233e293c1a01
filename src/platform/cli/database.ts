import { readConfig } from '../../config.js'
import { StartupError } from '../../errors.js'
import type { Database } from '../database/database.js'
import { openDatabase } from '../database/open-database.js'
import { migrate } from '../database/migrations.js'

/**
 * Runs a command on the configured database, after migrating it.
 * @param instead what to do while the service has the embedded database open, a sentence
 */
export async function withDatabase (instead: string, work: (database: Database) => Promise<void>): Promise<void> {
  const database = await openDatabase(readConfig().database).catch((error: unknown) => {
    if (!(error instanceof StartupError)) throw error
    throw new StartupError(`${error.message}. ${instead}`)
  })
  try {
    await migrate(database)
    await work(database)
  } finally {
    await database.close()
  }
}
