import type { RowMemory } from '../../../engines/threads/row-memory.js'
import type { Session } from '../../../platform/database/database.js'
import { float32FromBytes } from '../../../science/template/float32.js'
import type { BadRow, Batch, Page } from '../end.js'
import { readTemplate } from './forms.js'
import { quoteName, quoteText } from './names.js'
import type { ShadowNames } from './shadow.js'
import type { Table } from './table.js'

/** Reads templates of a table, which may be those of a column beside the given one. */
export function createReader (
  table: Table,
  dimension: number,
  memory: RowMemory,
  columnName = table.column.name
) {
  const { form } = table.column
  // Qualified: by its bare name, ORDER BY would take the text that is selected under the same name.
  const [id, column] = [`t.${quoteName(table.id.name)}`, `t.${quoteName(columnName)}`]
  const selected = `SELECT ${id}::text AS id, ${form.select(column)} AS template FROM ${table.sql} AS t`

  /** @param rows SQL of at most `most` rows `(id, template)` in their order, without parameters */
  async function read (session: Session, rows: string, most: number): Promise<Page | undefined> {
    const data = float32FromBytes(memory.take(4 * most * dimension)) // (n, d)
    const ids: string[] = []
    const bad: BadRow[] = []
    let cursor: string | undefined
    await session.copyOut(rows, ([name, template]) => {
      const from = ids.length * dimension
      cursor = name!.toString()
      const reason = readTemplate(form, template!, data.subarray(from, from + dimension))
      if (reason === undefined) ids.push(cursor)
      else bad.push({ id: cursor, reason })
    })
    return cursor === undefined
      ? undefined
      : {
        ids,
        templates: { rows: ids.length, cols: dimension, data: data.subarray(0, ids.length * dimension) },
        bad,
        cursor
      }
  }

  const present = `${selected} WHERE ${column} IS NOT NULL`
  return {
    /** The rows after one, in the order of their ids. */
    after: async (session: Session, cursor: string | undefined, count: number) => {
      const behind = cursor === undefined ? '' : `AND ${id} > ${quoteText(cursor)}::${table.id.type}`
      return await read(session, `${present} ${behind} ORDER BY ${id} LIMIT ${count}`, count)
    },
    named: async (session: Session, ids: readonly string[]) =>
      ids.length === 0
        ? undefined
        : await read(
          session,
          `${present} AND ${id} = ANY (ARRAY[${ids.map(quoteText).join(', ')}]::${table.id.type}[]) ORDER BY ${id}`,
          ids.length
        ),
    /** About as many rows, each drawn by itself: rows that were stored together are often of one photograph. */
    async sample (session: Session, count: number, rows: number) {
      const percent = Math.min(100, 100 * 1.5 * count / Math.max(1, rows))
      return await read(
        session,
        `${selected} TABLESAMPLE BERNOULLI (${percent}) WHERE ${column} IS NOT NULL LIMIT ${count}`,
        count
      )
    }
  }
}

/** Writes translated templates into the shadow column of a table. */
export function createWriter (table: Table, names: ShadowNames, dimension: number, memory: RowMemory) {
  const { column: { form, vectorOid }, id } = table
  const [shadow, key, changes] = [
    quoteName(names.shadow),
    quoteName(id.name),
    `${quoteName(table.schema)}.${quoteName(names.changes)}`
  ]
  const type = form.type(dimension, table.column)
  const given = form.given(id.type, type, dimension)
  const update = `UPDATE ${table.sql} AS t SET ${shadow} = given.template FROM (${given}) AS given
    WHERE t.${key} = given.id`
  // Rows that somebody else holds are left for later, so that neither waits for the other.
  const updateFree = `WITH given AS (${given}),
    free AS (SELECT ${key} FROM ${table.sql} WHERE ${key} = ANY ($1::${id.type}[]) FOR NO KEY UPDATE SKIP LOCKED),
    done AS (UPDATE ${table.sql} AS t SET ${shadow} = given.template FROM given
      WHERE t.${key} = given.id AND given.id IN (SELECT ${key} FROM free) RETURNING t.${key})
    INSERT INTO ${changes} (id) SELECT id FROM given WHERE id NOT IN (SELECT ${key} FROM done)`

  /** Notes rows whose template is none; what was noted of them before is replaced. */
  async function leaveOut (session: Session, bad: readonly BadRow[]): Promise<void> {
    if (bad.length === 0) return
    await session.query(
      `INSERT INTO ${changes} (id, reason) SELECT * FROM unnest($1::${id.type}[], $2::text[])`,
      [bad.map(row => row.id), bad.map(({ reason }) => reason)]
    )
    await session.query(
      `UPDATE ${table.sql} SET ${shadow} = NULL WHERE ${key} = ANY ($1::${id.type}[]) AND ${shadow} IS NOT NULL`,
      [bad.map(row => row.id)]
    )
  }

  return {
    /** @param wait whether to wait for rows that somebody else holds */
    async write (session: Session, { ids, templates, bad }: Batch, wait: boolean): Promise<void> {
      if (ids.length > 0) {
        const encoded = form.write(templates, { oid: vectorOid, memory })
        await session.query(wait ? update : updateFree, [ids, encoded])
        if (encoded instanceof Uint8Array) memory.give(encoded)
      }
      await leaveOut(session, bad)
    },

    /** Takes some rows that changed. @returns their ids, each once */
    async takeChanged (session: Session, count: number): Promise<string[]> {
      const { rows } = await session.query<{ id: string }>(
        `WITH taken AS (
          DELETE FROM ${changes} WHERE number IN (
            SELECT number FROM ${changes} WHERE reason IS NULL ORDER BY number LIMIT $1
          ) RETURNING id
        ) SELECT DISTINCT id::text AS id FROM taken`,
        [count]
      )
      const ids = rows.map(row => row.id)
      if (ids.length > 0) {
        await session.query(
          `DELETE FROM ${changes} WHERE reason IS NOT NULL AND id = ANY ($1::${id.type}[])`,
          [ids]
        )
      }
      return ids
    },

    /** Empties the shadow of rows that have no template any more. */
    async clear (session: Session, ids: readonly string[]): Promise<void> {
      await session.query(
        `UPDATE ${table.sql} SET ${shadow} = NULL WHERE ${key} = ANY ($1::${id.type}[]) AND ${shadow} IS NOT NULL
          AND ${quoteName(table.column.name)} IS NULL`,
        [ids]
      )
    }
  }
}
