import { parseArgs } from 'node:util'
import { UsageError } from '../cli/command-line.js'
import { withDatabase } from '../cli/database.js'
import { distribute } from './distribution.js'

export const usage = `crosswalk database distribute

  Spreads galleries over the nodes of a Citus cluster, whose coordinator DATABASE_URL names. The schema is brought up to
  date first. What is spread already stays as it is, so the command can be repeated, and has to be once pgvector was
  added. Rows that exist are moved to the nodes, and writers wait meanwhile. docs/galleries.md says what is where then.

  Exit: 0 done, 1 refused or failed, with the reason.
`

/** @throws StartupError stating what was expected */
export async function run ([action = '', ...args]: string[]): Promise<void> {
  if (action !== 'distribute') {
    throw new UsageError(
      `database: expected distribute, received ${action === '' ? 'nothing' : JSON.stringify(action)}\n\n${usage}`
    )
  }
  try {
    parseArgs({ args, options: {} })
  } catch (error) {
    throw new UsageError(`database: ${(error as Error).message}\n\n${usage}`, { cause: error })
  }
  await withDatabase('Only a Postgres server can be distributed: set DATABASE_URL', async database => {
    const done = await distribute(database)
    for (const table of done) process.stdout.write(`distributed ${table}\n`)
    if (done.length === 0) process.stdout.write('everything is distributed\n')
  })
}
