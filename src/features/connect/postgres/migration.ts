import type { RowMemory } from '../../../engines/threads/row-memory.js'
import type { Database, Session } from '../../../platform/database/database.js'
import type { Batch, Migration, Progress, Task, Translate } from '../end.js'
import { emptyPage } from '../pages.js'
import { isLockFailure, lockWait, type Alone } from './locks.js'
import { quoteName } from './names.js'
import { createReader, createWriter } from './rows.js'
import { makeShadow, readRun, requireSameRun, runsTable, shadowIndex, type ShadowNames } from './shadow.js'
import { indexStatement, prove, swapColumns } from './swap.js'
import type { Table } from './table.js'

export interface PostgresMigrationOptions {
  readonly database: Database
  readonly table: Table
  readonly names: ShadowNames
  readonly task: Task
  readonly alone: Alone
  readonly memory: RowMemory
}

/** The migration of a table: see `openPostgresEnd`. */
export function createPostgresMigration (
  { database, table, names, task, alone, memory }: PostgresMigrationOptions
): Migration {
  const { source: { dimension: before }, target: { dimension: after }, pageRows } = task
  const reader = createReader(table, before, memory)
  const writer = createWriter(table, names, after, memory)

  async function saveCursor (session: Session, { cursor, ids, bad }: Batch): Promise<void> {
    await session.query(
      `UPDATE ${runsTable(table)} SET scan_cursor = $3, rows = rows + $4 WHERE relation = $1 AND template_column = $2`,
      [table.oid, table.column.name, cursor, ids.length + bad.length]
    )
  }

  /** Does some of what has changed, in the given transaction. */
  async function doChanged (session: Session, translate: Translate, wait: boolean): Promise<number> {
    const ids = await writer.takeChanged(session, pageRows)
    if (ids.length === 0) return 0
    await writer.clear(session, ids)
    const page = await reader.named(session, ids)
    if (page === undefined) return ids.length
    const batch = await translate(page)
    await writer.write(session, batch, wait)
    memory.give(batch.templates.data)
    return ids.length
  }

  /** A transaction that never waits long for others, and leaves what they hold for later when it would. */
  async function beside<T> (work: (session: Session, wait: boolean) => Promise<T>): Promise<T> {
    const once = async (wait: boolean) =>
      await database.transaction(async session => {
        await session.query(`SET LOCAL lock_timeout = ${lockWait}`)
        return await work(session, wait)
      })
    return await once(true).catch(async (error: unknown) => {
      if (!isLockFailure(error)) throw error
      return await once(false)
    })
  }

  return {
    rows: table.rows,
    sample: async count => await reader.sample(database, count, table.rows) ?? emptyPage(before),
    named: async ids => await reader.named(database, ids) ?? emptyPage(before),

    async progress (): Promise<Progress | undefined> {
      const begun = await readRun(database, table.schema, table.oid, table.column.name)
      if (begun === undefined) return undefined
      requireSameRun(begun, task)
      return { cursor: begun.cursor ?? undefined, rows: begun.rows, swapped: begun.state === 'swapped' }
    },

    prepare: async () => await alone(async session => await makeShadow(session, table, names, task)),

    scan: async cursor => await reader.after(database, cursor, pageRows),

    async write (batch, earlier) {
      await beside(async (session, wait) => {
        await writer.write(session, batch, wait)
        await earlier
        await saveCursor(session, batch)
      })
      memory.give(batch.templates.data)
    },

    catchUp: async translate => await beside(async (session, wait) => await doChanged(session, translate, wait)),

    async index (say) {
      for (const index of table.indexes) {
        const name = `${quoteName(table.schema)}.${quoteName(shadowIndex(index.name))}`
        const { rows: [built] } = await database.query<{ valid: boolean }>(
          'SELECT indisvalid AS valid FROM pg_index WHERE indexrelid = to_regclass($1)',
          [name]
        )
        if (built?.valid === true) continue
        say(`building the index ${index.name}`)
        await database.dedicated(async client => {
          // What an interrupted run left of one is of no use.
          if (built !== undefined) await client.query(`DROP INDEX ${name}`)
          await client.query(indexStatement(table, names, index))
        })
      }
    },

    async swap (translate) {
      const proof = await alone(async session => {
        let changed: number
        do changed = await doChanged(session, translate, true)
        while (changed > 0)
        const found = await prove(session, table, names)
        await swapColumns(session, table, names, found)
        return found
      })
      await database.dedicated(async client => await client.query(`ANALYZE ${table.sql}`))
      return proof
    },

    async compare (count) {
      const nothing = { before: emptyPage(before), after: emptyPage(after).templates }
      const now = createReader(table, after, memory)
      const drawn = await now.sample(database, count, table.rows)
      if (drawn === undefined) return nothing
      const kept = await createReader(table, before, memory, names.replaced).named(database, drawn.ids)
      const replaced = kept === undefined ? undefined : await now.named(database, kept.ids)
      return kept === undefined || replaced?.ids.length !== kept.ids.length
        ? nothing
        : { before: kept, after: replaced.templates }
    }
  }
}
