import { createRowMemory } from '../../../engines/threads/row-memory.js'
import { StartupError } from '../../../errors.js'
import type { Database } from '../../../platform/database/database.js'
import type { End } from '../end.js'
import { createAlone } from './locks.js'
import { createPostgresMigration } from './migration.js'
import { ownNames, readRun, shadowNames } from './shadow.js'
import { finishColumns, undoColumns } from './swap.js'
import { inspectTable, type Table, type TableChoice } from './table.js'

/**
 * The templates of a Postgres table, replaced in place: a second column is filled while the first one serves, rows that
 * change meanwhile are noted by a trigger and done again, indexes are built, and the columns change places in one
 * transaction. The first column is kept for `undo`.
 *
 * @throws StartupError when the table cannot be migrated, with the reason
 */
export async function openPostgresEnd (database: Database, choice: TableChoice): Promise<End> {
  const names = shadowNames(choice)
  const table = await inspectTable(database, choice, ownNames(names))
  const alone = createAlone(database, table)
  const run = async () => await readRun(database, table.schema, table.oid, table.column.name)

  return {
    rows: table.rows,
    name: `${table.name}.${table.column.name}`,
    kept: names.replaced,
    afterFinish: `VACUUM ${table.name} makes room`,
    plan: dimension => planOf(table, names.replaced, dimension),

    check ({ dimension, model }, force) {
      const { name, triggers, indexes, column: { form: { maxIndexed } } } = table
      if (triggers.length > 0 && !force) {
        throw new StartupError(
          `${name}: expected no triggers that run at every update of a row, found ${triggers.join(', ')}. ` +
            '--force lets them run, as for any other update'
        )
      }
      if (maxIndexed === undefined || dimension <= maxIndexed || indexes.length === 0) return
      throw new StartupError(
        `${name}: expected templates of at most ${maxIndexed} numbers for ${
          indexes.map(index => index.name).join(', ')
        }, those of ${model} have ${dimension}`
      )
    },

    migration: (task, memory = createRowMemory()) =>
      createPostgresMigration({ database, table, names, task, alone, memory }),

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

function planOf (table: Table, replaced: string, dimension: number): string[] {
  const { column, indexes, rows } = table
  const type = column.form.type(dimension, column)
  const bytes = rows * dimension * (type.startsWith('halfvec') ? 2 : 4)
  const count = (value: number) => value.toLocaleString('en-US')
  return [
    `table     ${table.schema}.${table.name}, about ${count(rows)} rows`,
    `column    ${column.name}: ${column.type} becomes ${type}; at least ${count(bytes)} bytes more until --finish`,
    `indexes   ${indexes.length === 0 ? 'none' : indexes.map(({ name, method }) => `${name} (${method})`).join(', ')}`,
    `before    kept in ${replaced} until --finish`
  ]
}
