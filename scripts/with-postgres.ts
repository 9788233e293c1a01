/**
 * Runs a command with DATABASE_URL of an empty database on a real Postgres server, which is started before it and
 * stopped after it. With TEST_DATABASE_URL the database is made on that server instead.
 *
 *   tsx scripts/with-postgres.ts COMMAND [ARGUMENT]...
 *
 * Ends with the exit code of the command.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { availablePostgresServer, createDatabase } from '../test/support/postgres-server.js'

async function run (command: string, parameters: string[]): Promise<number> {
  const server = await availablePostgresServer()
  try {
    const database = await createDatabase(server.url)
    try {
      const child = spawn(command, parameters, {
        stdio: 'inherit',
        env: { ...process.env, DATABASE_URL: database.url }
      })
      // The command handles signals itself; this process ends after it.
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal))
      const [code] = await once(child, 'close') as [number | null]
      return code ?? 1
    } finally {
      await database.drop()
    }
  } finally {
    await server.stop()
  }
}

const [command, ...parameters] = process.argv.slice(2)
if (command === undefined) {
  console.error('with-postgres: expected a command to run')
  process.exitCode = 2
} else {
  process.exitCode = await run(command, parameters)
}
