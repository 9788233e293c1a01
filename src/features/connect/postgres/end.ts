import { StartupError } from '../../../errors.js'
import type { Database } from '../../../platform/database/database.js'
import type { End } from '../end.js'
import { createAlone } from './locks.js'
import { createPostgresMigration } from './migration.js'
import { ownNames, readRun, shadowNames } from './shadow.js'
import { finishColumns, undoColumns } from './swap.js'
import { inspectTable, type Table, type TableChoice } from './table.js'

export interface PostgresEnd extends End {
  readonly table: Table
}

/**
 * The templates of a Postgres table, replaced in place: a second column is filled while the first one serves, rows that
 * change meanwhile are noted by a trigger and done again, indexes are built, and the columns change places in one
 * transaction. The first column is kept for `undo`.
 *
 * @throws StartupError when the table cannot be migrated, with the reason
 */
export async function openPostgresEnd (database: Database, choice: TableChoice): Promise<PostgresEnd> {
  const names = shadowNames(choice)
  const table = await inspectTable(database, choice, ownNames(names))
  const alone = createAlone(database, table)
  const run = async () => await readRun(database, table.schema, table.oid, table.column.name)

  return {
    table,
    rows: table.rows,
    migration: task => createPostgresMigration({ database, table, names, task, alone }),

    async undo (force) {
      const begun = await run()
      if (begun === undefined) {
        throw new StartupError(`${table.name}: expected a run to undo, found none of ${table.column.name}`)
      }
      await alone(async session =>
        await undoColumns(session, table, names, {
          swapped: begun.state === 'swapped',
          notNull: begun.notNull,
          force
        })
      )
    },

    async finish () {
      const begun = await run()
      if (begun?.state !== 'swapped') {
        throw new StartupError(
          `${table.name}: expected a run that has swapped, found ${begun === undefined ? 'none' : 'one that has not'}`
        )
      }
      await alone(async session => await finishColumns(session, table, names))
    }
  }
}
