/**
 * Explains every statement that pages, counts, joins or deletes by data that grow, on a real Postgres server, and
 * prints what each took.
 *
 *   DATABASE_URL=postgres://… tsx bench/statements.ts [TEMPLATES]
 *
 * The database has to be empty, and its user a superuser: keys are not checked while it is filled. Of the server of
 * `scripts/with-postgres.ts` the user is one.
 */
import { openDatabase } from '../src/platform/database/open-database.js'
import { migrate } from '../src/platform/database/migrations.js'
import { fillDatabase } from '../test/support/filled-database.js'
import { explainedCalls } from '../test/support/growing-statements.js'
import { accessOf, analyse, rowsVisited } from '../test/support/statement-plans.js'
import { markdownTable } from './section.js'

const url = process.env.DATABASE_URL
if (url === undefined) throw new Error('expected DATABASE_URL')
const templates = Number(process.argv[2] ?? 1_000_000)
const database = await openDatabase({ url })
try {
  await migrate(database)
  const { rows: [server] } = await database.query<{ version: string }>(
    "SELECT current_setting('server_version') AS version"
  )
  const filled = await fillDatabase(database, { templates, samples: templates, dimension: 128 })
  // As autovacuum leaves them: it looks at partitions, and never at the table that they are of.
  await analyse(database, 'r')
  console.log(`PostgreSQL ${server!.version.split(' ')[0]}, ${templates} templates\n`)
  const table: string[][] = []
  for await (const { name, statements, failure } of explainedCalls(database, filled)) {
    for (const explained of statements) {
      if (rowsVisited(explained) < 1000) continue
      table.push([
        name,
        shortened(explained.text),
        explained.mode.split('_')[1]!,
        rowsVisited(explained).toFixed(0),
        accessOf(explained),
        explained.milliseconds.toFixed(1),
        explained.faults.join('; ')
      ])
    }
    if (failure !== undefined) {
      table.push([
        name,
        String((failure as Error).message),
        '',
        '',
        '',
        '',
        String((failure as { cause?: unknown }).cause ?? '')
      ])
    }
  }
  console.log(markdownTable(['call', 'statement', 'plan', 'rows looked at', 'by', 'ms', 'faults'], table))
} finally {
  await database.close()
}

/** The beginning of a statement, in the form in which it stands in a table. */
function shortened (text: string): string {
  const line = text.replace(/\s+/g, ' ').replaceAll('|', '\\|').trim()
  return line.length <= 60 ? line : `${line.slice(0, 59)}…`
}
