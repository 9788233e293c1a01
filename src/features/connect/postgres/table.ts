import { StartupError } from '../../../errors.js'
import type { Session } from '../../../platform/database/database.js'
import { forms, type Form } from './forms.js'
import { quoteName, quoteTable } from './names.js'

/** Which column of which table, and what names its rows. */
export interface TableChoice {
  /** with its schema before a point, if it is not on the search_path */
  readonly table: string
  readonly id: string
  readonly column: string
}

/** A table whose templates can be replaced in place. */
export interface Table {
  readonly oid: string
  readonly schema: string
  readonly name: string
  /** quoted, with the schema */
  readonly sql: string
  readonly id: { readonly name: string, readonly type: string }
  readonly column: TemplateColumn
  readonly indexes: readonly ColumnIndex[]
  /** Triggers that every update of a row runs, by name. */
  readonly triggers: readonly string[]
  /** by the last ANALYZE, or counted when there was none */
  readonly rows: number
}

interface TemplateColumn {
  readonly name: string
  /** as declared, such as `vector(512)` */
  readonly type: string
  readonly form: Form
  /** whether the type limits the numbers of a template */
  readonly limited: boolean
  readonly notNull: boolean
  /** how Postgres stores long values: plain, main, external or extended */
  readonly storage: string
  /** oid of the type `vector`, where there is one */
  readonly vectorOid: number | undefined
}

/** An index of the column alone. */
export interface ColumnIndex {
  readonly name: string
  readonly method: string
  /** quoted, with its schema */
  readonly operatorClass: string
  /** such as `m=16` */
  readonly options: readonly string[]
}

/**
 * Reads what a table is like.
 *
 * @param own names of columns and triggers of an earlier run, which are passed over
 * @throws StartupError when there is no such table or column, or when replacing it would break something
 */
export async function inspectTable (
  session: Session,
  choice: TableChoice,
  own: readonly string[] = []
): Promise<Table> {
  const relation = await findTable(session, choice.table)
  const sql = `${quoteName(relation.schema)}.${quoteName(relation.name)}`
  const columns = await readColumns(session, relation.oid)
  const [id, column] = [choice.id, choice.column].map(name => {
    const found = columns.find(each => each.name === name)
    if (found === undefined) {
      const names = columns.map(each => each.name).join(', ')
      throw new StartupError(`${choice.table}: expected a column ${JSON.stringify(name)}, found ${names}`)
    }
    return found
  }) as [Column, Column]
  await requireUnique(session, relation.oid, id, choice.table)
  const form = forms[column.base]
  if (form === undefined) {
    throw new StartupError(
      `${choice.table}.${column.name}: expected vector, halfvec, real[], double precision[], text or jsonb, found ` +
        column.type
    )
  }
  if (column.hasPrivileges) {
    throw new StartupError(
      `${choice.table}.${column.name}: expected no privileges of the column alone, which the new one would lack`
    )
  }
  const indexes = await readIndexes(session, relation.oid, column)
  await refuseDependents(session, relation.oid, column, [...indexes.map(({ name }) => name), ...own], choice.table)
  return {
    ...relation,
    sql,
    id: { name: id.name, type: id.type },
    column: {
      name: column.name,
      type: column.type,
      form,
      limited: column.limited,
      notNull: column.notNull,
      storage: column.storage,
      vectorOid: await vectorOid(session)
    },
    indexes: indexes.filter(({ name }) => !own.includes(name)),
    triggers: await updateTriggers(session, relation.oid, own),
    rows: relation.estimate >= 0 ? relation.estimate : await countRows(session, sql)
  }
}

async function findTable (session: Session, table: string) {
  const { rows: [found] } = await session.query<
    { oid: string, schema: string, name: string, kind: string, inherits: boolean, estimate: number, secured: boolean }
  >(
    `SELECT c.oid::text AS oid, nspname AS schema, relname AS name, relkind::text AS kind, relrowsecurity AS secured,
      reltuples::float8 AS estimate,
      EXISTS (SELECT FROM pg_inherits WHERE c.oid IN (inhrelid, inhparent)) AS inherits
    FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE c.oid = to_regclass($1)`,
    [quoteTable(table)]
  )
  if (found === undefined) {
    throw new StartupError(
      `--table: expected a table of the database, received ${
        JSON.stringify(table)
      }. Names are taken letter by letter, ` +
        'and a schema that is not on the search_path stands before a point'
    )
  }
  if (found.kind !== 'r' || found.inherits) {
    throw new StartupError(`--table: expected an ordinary table, ${table} is a view, partitioned or inherited`)
  }
  if (found.secured) {
    throw new StartupError(`--table: expected a table without row-level security, which hides rows; ${table} has it`)
  }
  return found
}

interface Column {
  readonly name: string
  readonly number: number
  readonly type: string
  readonly base: string
  readonly limited: boolean
  readonly notNull: boolean
  readonly storage: string
  readonly hasPrivileges: boolean
}

async function readColumns (session: Session, oid: string): Promise<Column[]> {
  const { rows } = await session.query<Column>(
    `SELECT attname AS name, attnum AS number, format_type(atttypid, atttypmod) AS type, typname AS base,
      atttypmod >= 0 AS limited, attnotnull AS "notNull", attacl IS NOT NULL AS "hasPrivileges",
      CASE attstorage WHEN 'p' THEN 'PLAIN' WHEN 'e' THEN 'EXTERNAL' WHEN 'm' THEN 'MAIN' ELSE 'EXTENDED' END AS storage
    FROM pg_attribute JOIN pg_type t ON t.oid = atttypid
    WHERE attrelid = $1 AND attnum > 0 AND NOT attisdropped ORDER BY attnum`,
    [oid]
  )
  return rows
}

async function requireUnique (session: Session, oid: string, id: Column, table: string): Promise<void> {
  const { rows } = await session.query(
    `SELECT FROM pg_index WHERE indrelid = $1 AND indisunique AND indisvalid AND indpred IS NULL AND indnkeyatts = 1
      AND indkey[0] = $2`,
    [oid, id.number]
  )
  if (rows.length === 0 || !id.notNull) {
    throw new StartupError(
      `--id: expected a column that is NOT NULL and has a unique index of its own, which ${table}.${id.name} is not`
    )
  }
}

/** Indexes of the column alone, as any search by distance uses. */
async function readIndexes (session: Session, oid: string, column: Column): Promise<ColumnIndex[]> {
  const { rows } = await session.query<Omit<ColumnIndex, 'options'> & { options: string[] | null }>(
    `SELECT c.relname AS name, amname AS method, coalesce(c.reloptions, '{}') AS options,
      quote_ident(nspname) || '.' || quote_ident(opcname) AS "operatorClass"
    FROM pg_index i JOIN pg_class c ON c.oid = indexrelid JOIN pg_am ON pg_am.oid = relam
      JOIN pg_opclass o ON o.oid = indclass[0] JOIN pg_namespace n ON n.oid = opcnamespace
    WHERE indrelid = $1 AND indnatts = 1 AND indkey[0] = $2 AND indpred IS NULL AND indexprs IS NULL
      AND NOT indisunique AND indisvalid
    ORDER BY c.relname`,
    [oid, column.number]
  )
  return rows.map(({ options, ...index }) => ({ ...index, options: options ?? [] }))
}

/**
 * A view or a function keeps reading the column by its number: after the swap it would go on with the templates of the
 * model before, and nobody would see it.
 */
async function refuseDependents (
  session: Session,
  oid: string,
  column: Column,
  known: readonly string[],
  table: string
): Promise<void> {
  const { rows } = await session.query<{ what: string }>(
    `SELECT DISTINCT pg_describe_object(classid, objid, 0) AS what FROM pg_depend
    WHERE refclassid = 'pg_class'::regclass AND refobjid = $1 AND refobjsubid = $2 AND deptype <> 'i'
      AND NOT (classid = 'pg_class'::regclass
        AND EXISTS (SELECT FROM pg_class c WHERE c.oid = objid AND (c.relname = ANY ($3) OR c.relkind = 't')))
      AND NOT (classid = 'pg_trigger'::regclass
        AND EXISTS (SELECT FROM pg_trigger t WHERE t.oid = objid AND t.tgname = ANY ($3)))
      AND NOT (classid = 'pg_constraint'::regclass
        AND EXISTS (SELECT FROM pg_constraint c WHERE c.oid = objid AND c.contype = 'n'))
    ORDER BY what`,
    [oid, column.number, known]
  )
  if (rows.length === 0) return
  throw new StartupError(
    `${table}.${column.name}: expected nothing but plain indexes to depend on the column, found ${
      rows.map(({ what }) => what).join('; ')
    }. Drop it before, and make it again after the swap`
  )
}

async function updateTriggers (session: Session, oid: string, own: readonly string[]): Promise<string[]> {
  // Those of certain columns (tgattr) do not run when the shadow is written. Bit 4 of the type is UPDATE.
  const { rows } = await session.query<{ name: string }>(
    `SELECT tgname AS name FROM pg_trigger WHERE tgrelid = $1 AND NOT tgisinternal AND tgenabled <> 'D'
      AND tgtype & 16 = 16 AND tgattr = '' AND tgname <> ALL ($2) ORDER BY tgname`,
    [oid, own]
  )
  return rows.map(({ name }) => name)
}

async function vectorOid (session: Session): Promise<number | undefined> {
  const { rows: [row] } = await session.query<{ oid: string | null }>("SELECT to_regtype('vector')::oid::text AS oid")
  return row?.oid == null ? undefined : Number(row.oid)
}

async function countRows (session: Session, sql: string): Promise<number> {
  const { rows: [row] } = await session.query<{ rows: string }>(`SELECT count(*)::text AS rows FROM ${sql}`)
  return Number(row!.rows)
}
