import { StartupError } from '../../../errors.js'
import type { Session } from '../../../platform/database/database.js'
import type { Proof } from '../end.js'
import { quoteName, quoteText } from './names.js'
import { dropChanges, forgetRun, replacedIndex, runsTable, shadowIndex, type ShadowNames } from './shadow.js'
import type { ColumnIndex, Table } from './table.js'

/** SQL of the indexes of the shadow column, made as those of the column are. */
export function indexStatement (table: Table, names: ShadowNames, index: ColumnIndex): string {
  const options = index.options.map(option => {
    const at = option.indexOf('=')
    return `${option.slice(0, at)} = ${quoteText(option.slice(at + 1))}`
  })
  return `CREATE INDEX CONCURRENTLY ${quoteName(shadowIndex(index.name))} ON ${table.sql}
    USING ${quoteName(index.method)} (${quoteName(names.shadow)} ${index.operatorClass})
    ${options.length === 0 ? '' : `WITH (${options.join(', ')})`}`
}

/**
 * Counts every row by what it has. Rows that are still noted as changed count as missing, those that were left out do
 * not.
 */
export async function prove (session: Session, table: Table, names: ShadowNames): Promise<Proof> {
  const [column, shadow, id] = [table.column.name, names.shadow, table.id.name].map(quoteName)
  const changes = `${quoteName(table.schema)}.${quoteName(names.changes)}`
  const both = `${column} IS NOT NULL AND ${shadow} IS NOT NULL`
  const { rows: [found] } = await session.query<Record<keyof Proof, string>>(
    `SELECT count(*)::text AS rows, count(*) FILTER (WHERE ${both})::text AS translated,
      count(*) FILTER (WHERE ${column} IS NULL AND ${shadow} IS NULL)::text AS empty,
      coalesce(sum(hashtextextended(${id}::text, 0)) FILTER (WHERE ${both}), 0)::text AS digest,
      (SELECT count(DISTINCT c.id) FROM ${changes} c JOIN ${table.sql} t ON t.${id} = c.id
        WHERE c.reason IS NOT NULL AND t.${shadow} IS NULL AND t.${column} IS NOT NULL)::text AS "leftOut"
    FROM ${table.sql}`
  )
  const [rows, translated, empty, leftOut] = (['rows', 'translated', 'empty', 'leftOut'] as const)
    .map(name => Number(found![name])) as [number, number, number, number]
  return { rows, translated, empty, leftOut, missing: rows - translated - empty - leftOut, digest: found!.digest }
}

/** Lets the shadow serve, and keeps what served before. Nobody else has the table meanwhile. */
export async function swapColumns (session: Session, table: Table, names: ShadowNames, proof: Proof): Promise<void> {
  const { column } = table
  if (proof.missing !== 0) {
    throw new StartupError(
      `${table.name}: expected every row to be translated, ${proof.missing} of ${proof.rows} are not. Nothing was swapped`
    )
  }
  if (column.notNull && proof.leftOut > 0) {
    throw new StartupError(
      `${table.name}.${column.name} is NOT NULL, and ${proof.leftOut} rows have no template that can be translated: ` +
        `correct or delete them (see ${names.changes}), then run the same command again`
    )
  }
  await rename(session, table, {
    from: names.shadow,
    aside: names.replaced,
    indexes: { from: shadowIndex, aside: replacedIndex }
  })
  await dropChanges(session, table, names)
  const [schema, trigger] = [table.schema, names.trigger].map(quoteName)
  // Whoever gets another template has none of the model before.
  await session.query(
    `CREATE FUNCTION ${schema}.${trigger}() RETURNS trigger LANGUAGE plpgsql AS ${
      quoteText(`BEGIN NEW.${quoteName(names.replaced)} := NULL; RETURN NEW; END`)
    }`
  )
  await session.query(
    `CREATE TRIGGER ${trigger} BEFORE UPDATE OF ${quoteName(column.name)} ON ${table.sql}
    FOR EACH ROW EXECUTE FUNCTION ${schema}.${trigger}()`
  )
  await session.query(
    `UPDATE ${runsTable(table)} SET state = 'swapped' WHERE relation = $1 AND template_column = $2`,
    [table.oid, column.name]
  )
}

/** Gives up a run that has not swapped, or goes back behind the swap. */
export async function undoColumns (
  session: Session,
  table: Table,
  names: ShadowNames,
  { swapped, notNull, force }: { readonly swapped: boolean, readonly notNull: boolean, readonly force: boolean }
): Promise<void> {
  const [column, replaced] = [table.column.name, names.replaced].map(quoteName)
  if (swapped) {
    const { rows: [found] } = await session.query<{ rows: string }>(
      `SELECT count(*)::text AS rows FROM ${table.sql} WHERE ${replaced} IS NULL AND ${column} IS NOT NULL`
    )
    const newer = Number(found!.rows)
    if (newer > 0 && !force) {
      throw new StartupError(
        `${table.name}: ${newer} rows have come or changed since the swap and have no template of the model before. ` +
          '--force goes back all the same and leaves them without one'
      )
    }
    await rename(session, { ...table, column: { ...table.column, notNull: notNull && newer === 0 } }, {
      from: names.replaced,
      aside: names.shadow,
      indexes: { from: replacedIndex, aside: shadowIndex }
    })
  }
  await dropChanges(session, table, names)
  await session.query(`ALTER TABLE ${table.sql} DROP COLUMN IF EXISTS ${quoteName(names.shadow)}`)
  await forgetRun(session, table, table.column.name)
}

/** Drops the templates before, after which nothing can be undone. */
export async function finishColumns (session: Session, table: Table, names: ShadowNames): Promise<void> {
  await dropChanges(session, table, names)
  await session.query(`ALTER TABLE ${table.sql} DROP COLUMN IF EXISTS ${quoteName(names.replaced)}`)
  await forgetRun(session, table, table.column.name)
}

interface Renaming {
  /** column that takes the name of the column */
  readonly from: string
  /** name that the column gets */
  readonly aside: string
  readonly indexes: Readonly<Record<'from' | 'aside', (name: string) => string>>
}

/** Lets another column take the place of the column, with the indexes of both. */
async function rename (session: Session, table: Table, { from, aside, indexes }: Renaming): Promise<void> {
  const column = quoteName(table.column.name)
  await session.query(`ALTER TABLE ${table.sql} ALTER COLUMN ${column} DROP NOT NULL`)
  await session.query(`ALTER TABLE ${table.sql} RENAME COLUMN ${column} TO ${quoteName(aside)}`)
  await session.query(`ALTER TABLE ${table.sql} RENAME COLUMN ${quoteName(from)} TO ${column}`)
  if (table.column.notNull) await session.query(`ALTER TABLE ${table.sql} ALTER COLUMN ${column} SET NOT NULL`)
  const schema = quoteName(table.schema)
  for (const { name } of table.indexes) {
    await session.query(
      `ALTER INDEX IF EXISTS ${schema}.${quoteName(name)} RENAME TO ${quoteName(indexes.aside(name))}`
    )
    await session.query(`ALTER INDEX IF EXISTS ${schema}.${quoteName(indexes.from(name))} RENAME TO ${quoteName(name)}`)
  }
}
