import { readConfig } from './config.js'
import { operatorMessage } from './errors.js'
import { exitCodeOf } from './platform/cli/exit-codes.js'
import { openDatabase } from './platform/database/open-database.js'
import { migrate } from './platform/database/migrations.js'
import { keepFilesPrivate } from './platform/private-files.js'

/**
 * Migrates the database and exits: a step of a deployment, before the service starts. The service also migrates when it
 * starts. As a separate step, a failed migration leaves the running version alone, and the service can run as a
 * database user who may not change the schema.
 */
async function run (): Promise<void> {
  const database = await openDatabase(readConfig().database)
  try {
    const done = await migrate(database, message => process.stderr.write(`${message}\n`))
    for (const name of done) process.stdout.write(`migrated ${name}\n`)
    process.stdout.write(
      done.length === 0
        ? 'the database is up to date\n'
        : `the database is up to date: ${done.length} migrations were run\n`
    )
  } finally {
    await database.close()
  }
}

keepFilesPrivate()
run().catch((error: unknown) => {
  process.stderr.write(`crosswalk did not migrate: ${operatorMessage(error)}\n`)
  process.exitCode = exitCodeOf(error)
})
