import { StartupError } from '../../../errors.js'
import type { Session } from '../../../platform/database/database.js'
import type { Task } from '../end.js'
import { nameWith, quoteName, quoteText } from './names.js'
import type { Table, TableChoice } from './table.js'

/** Names of what a run puts beside a table. */
export interface ShadowNames {
  /** column of the translated templates, until they serve */
  readonly shadow: string
  /** column of the templates before, afterwards */
  readonly replaced: string
  /** table of the rows that changed during the run */
  readonly changes: string
  /** trigger and function that note them */
  readonly trigger: string
}

export function shadowNames ({ table, column }: TableChoice): ShadowNames {
  const bare = table.slice(table.indexOf('.') + 1)
  return {
    shadow: nameWith(column, '_translated'),
    replaced: nameWith(column, '_replaced'),
    changes: nameWith(`crosswalk_${bare}_${column}`, '_changes'),
    trigger: nameWith(`crosswalk_${bare}_${column}`, '_trigger')
  }
}

/** Name of an index of the shadow, until it takes the name of the one before. */
export const shadowIndex = (name: string): string => nameWith(name, '_translated')
/** Name of an index of the templates before, afterwards. */
export const replacedIndex = (name: string): string => nameWith(name, '_replaced')

/** Every name that an earlier run may have left. */
export const ownNames = (names: ShadowNames): string[] => Object.values(names)

/** A run as the database remembers it. */
export interface StoredRun {
  readonly map: string
  readonly numbersSha256: string
  /** fingerprints of the spaces */
  readonly source: string
  readonly target: string
  readonly state: 'copying' | 'swapped'
  readonly cursor: string | null
  readonly rows: number
  readonly notNull: boolean
}

const runs = 'crosswalk_connect'
export const runsTable = ({ schema }: { readonly schema: string }): string => `${quoteName(schema)}.${quoteName(runs)}`

/** What the database knows of a run for a column; undefined when there is none. */
export async function readRun (session: Session, schema: string, oid: string, column: string) {
  const { rows: [exists] } = await session.query<{ found: boolean }>(
    'SELECT to_regclass($1) IS NOT NULL AS found',
    [runsTable({ schema })]
  )
  if (exists?.found !== true) return undefined
  const { rows: [run] } = await session.query<Omit<StoredRun, 'rows'> & { rows: string }>(
    `SELECT state, map, numbers_sha256 AS "numbersSha256", source, target, scan_cursor AS cursor, rows::text AS rows,
      not_null AS "notNull"
    FROM ${runsTable({ schema })} WHERE relation = $1 AND template_column = $2`,
    [oid, column]
  )
  return run === undefined ? undefined : { ...run, rows: Number(run.rows) } satisfies StoredRun
}

/** @throws StartupError saying what differs */
export function requireSameRun (begun: StoredRun, { map, numbersSha256, source, target }: Task): void {
  const now = { map, numbersSha256, source: source.fingerprint, target: target.fingerprint }
  const differences = (['map', 'numbersSha256', 'source', 'target'] as const).filter(key => begun[key] !== now[key])
  if (differences.length === 0) return
  throw new StartupError(
    `expected to resume the run that was begun, but ${
      differences.map(key => `${key} was ${begun[key]} and is ${now[key]}`).join('; ')
    }. --undo gives that run up`
  )
}

/**
 * Makes the shadow column, and notes from now on which rows change. The lock that a column and a trigger need is short:
 * nothing is rewritten.
 */
export async function makeShadow (
  session: Session,
  table: Table,
  names: ShadowNames,
  task: Task
): Promise<void> {
  const { column, id } = table
  await refuseTaken(session, table, names)
  const changes = `${quoteName(table.schema)}.${quoteName(names.changes)}`
  const called = `${quoteName(table.schema)}.${quoteName(names.trigger)}`
  await session.query(`CREATE TABLE IF NOT EXISTS ${runsTable(table)} (
    relation oid NOT NULL,
    template_column text NOT NULL,
    state text NOT NULL CHECK (state IN ('copying', 'swapped')),
    map text NOT NULL,
    numbers_sha256 text NOT NULL,
    source text NOT NULL,
    target text NOT NULL,
    scan_cursor text,
    rows bigint NOT NULL DEFAULT 0,
    not_null boolean NOT NULL,
    begun timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (relation, template_column)
  )`)
  await clearLost(session, table, names)
  await session.query(
    `INSERT INTO ${runsTable(table)}
      (relation, template_column, state, map, numbers_sha256, source, target, not_null)
    VALUES ($1, $2, 'copying', $3, $4, $5, $6, $7)`,
    [
      table.oid,
      column.name,
      task.map,
      task.numbersSha256,
      task.source.fingerprint,
      task.target.fingerprint,
      column.notNull
    ]
  )
  const shadow = quoteName(names.shadow)
  const type = column.form.type(task.target.dimension, column)
  await session.query(
    `CREATE TABLE ${changes} (
      number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      id ${id.type} NOT NULL,
      reason text
    )`
  )
  await session.query(`COMMENT ON COLUMN ${changes}.reason IS 'why the row is left out; null while it is to be done'`)
  await session.query(`CREATE INDEX ON ${changes} (id)`)
  await session.query(
    `ALTER TABLE ${table.sql} ADD COLUMN ${shadow} ${type}, ALTER COLUMN ${shadow} SET STORAGE ${column.storage}`
  )
  // Whoever may write the table need not know of the changes: the function runs as its owner.
  await session.query(
    `CREATE FUNCTION ${called}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS ${
      quoteText(`BEGIN INSERT INTO ${changes} (id) VALUES (NEW.${quoteName(id.name)}); RETURN NULL; END`)
    }`
  )
  await session.query(
    `CREATE TRIGGER ${quoteName(names.trigger)}
    AFTER INSERT OR UPDATE OF ${quoteName(column.name)}, ${quoteName(id.name)}
    ON ${table.sql} FOR EACH ROW EXECUTE FUNCTION ${called}()`
  )
}

/** A run whose table was dropped left what noted its changes, under the names of a run on a new table of that name. */
async function clearLost (session: Session, table: Table, names: ShadowNames): Promise<void> {
  const { rowCount: lost } = await session.query(
    `DELETE FROM ${runsTable(table)} WHERE template_column = $1 AND relation NOT IN (SELECT oid FROM pg_class)`,
    [table.column.name]
  )
  if (lost > 0) await dropChanges(session, table, names)
}

/** Columns of these names would be taken for those of a run. */
async function refuseTaken (session: Session, table: Table, names: ShadowNames): Promise<void> {
  const { rows: taken } = await session.query<{ name: string }>(
    'SELECT attname AS name FROM pg_attribute WHERE attrelid = $1 AND attname = ANY ($2) AND NOT attisdropped',
    [table.oid, [names.shadow, names.replaced]]
  )
  if (taken[0] !== undefined) {
    throw new StartupError(
      `${table.name}: expected no column ${
        taken[0].name
      }, found one of nobody's run. Drop it, or --finish an earlier run`
    )
  }
}

/** Removes what notes changes. */
export async function dropChanges (session: Session, table: Table, names: ShadowNames): Promise<void> {
  const [schema, trigger, changes] = [table.schema, names.trigger, names.changes].map(quoteName)
  await session.query(`DROP TRIGGER IF EXISTS ${trigger} ON ${table.sql}`)
  await session.query(`DROP FUNCTION IF EXISTS ${schema}.${trigger}()`)
  await session.query(`DROP TABLE IF EXISTS ${schema}.${changes}`)
}

/** Forgets a run, and the table of runs with the last of them. */
export async function forgetRun (session: Session, table: Table, column: string): Promise<void> {
  await session.query(
    `DELETE FROM ${runsTable(table)} WHERE relation = $1 AND template_column = $2`,
    [table.oid, column]
  )
  const { rows } = await session.query(`SELECT FROM ${runsTable(table)} LIMIT 1`)
  if (rows.length === 0) await session.query(`DROP TABLE ${runsTable(table)}`)
}
