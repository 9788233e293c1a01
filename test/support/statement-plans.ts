import pg from 'pg'
import type { Database, Session } from '../../src/platform/database/database.js'

/** How the server is made to plan: for the values of this call, or once for any. */
export const planModes = ['force_custom_plan', 'force_generic_plan'] as const
type PlanMode = typeof planModes[number]

/** A node of `EXPLAIN (ANALYZE, FORMAT JSON)`; rows are the mean of its loops. */
interface PlanNode {
  'Node Type': string
  'Parent Relationship'?: string
  'Subplan Name'?: string
  'Relation Name'?: string
  'Index Name'?: string
  'Actual Rows': number
  'Actual Loops': number
  'Rows Removed by Filter'?: number
  'Rows Removed by Index Recheck'?: number
  'Rows Removed by Join Filter'?: number
  Plans?: PlanNode[]
}

export interface ExplainedStatement {
  readonly text: string
  readonly mode: PlanMode
  readonly plan: PlanNode
  /** of all that it did */
  readonly milliseconds: number
}

const explainable = /^\s*(SELECT|INSERT|UPDATE|DELETE|WITH)\b/i
const cursor = /^\s*DECLARE .*? CURSOR FOR\s/is

/**
 * The same database, which explains every statement before it runs it, under both kinds of plans. What a statement
 * changes is rolled back before it is run, so that it finds what it would have found.
 *
 * @param note told of each
 */
export function explaining (database: Database, note: (explained: ExplainedStatement) => void): Database {
  const explainedSession = (session: Session): Session => ({
    async query (text, values = []) {
      const statement = text.replace(cursor, '')
      if (explainable.test(statement)) {
        for (const mode of planModes) note(await explain(session, statement, values, mode))
      }
      return await session.query(text, values)
    },
    async copyOut (text, onRow) {
      for (const mode of planModes) note(await explain(session, text, [], mode))
      await session.copyOut(text, onRow)
    }
  })
  return {
    ...database,
    async query (text, values) {
      const undone = Symbol('undone')
      await database.transaction(async session => {
        await explainedSession(session).query(text, values)
        throw undone
      }).catch((error: unknown) => {
        if (error !== undone) throw error
      })
      return await database.query(text, values)
    },
    transaction: async (work, options) =>
      await database.transaction(async session => await work(explainedSession(session)), options)
  }
}

let prepared = 0

async function explain (
  session: Session,
  text: string,
  values: readonly unknown[],
  mode: PlanMode
): Promise<ExplainedStatement> {
  const name = `explained_${++prepared}`
  await session.query('SAVEPOINT explained')
  await session.query(`SET LOCAL plan_cache_mode = ${mode}`)
  await session.query(`PREPARE ${name} AS ${text}`)
  const { rows: [row] } = await session.query<{ 'QUERY PLAN': { Plan: PlanNode, 'Execution Time': number }[] }>(
    `EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) EXECUTE ${name} ${
      values.length === 0 ? '' : `(${values.map(literal).join(', ')})`
    }`
  )
  await session.query(`DEALLOCATE ${name}`)
  await session.query('ROLLBACK TO SAVEPOINT explained')
  const [{ Plan: plan, 'Execution Time': milliseconds }] = row!['QUERY PLAN'] as [
    { Plan: PlanNode, 'Execution Time': number }
  ]
  return { text, mode, plan, milliseconds }
}

/** As the driver sends it. */
function literal (value: unknown): string {
  if (value === null || value === undefined) return 'NULL'
  return pg.escapeLiteral(Array.isArray(value) ? `{${value.map(element).join(',')}}` : textOf(value))
}

/** Of an array's text. */
function element (value: unknown): string {
  return value === null ? 'NULL' : `"${textOf(value).replace(/["\\]/g, '\\$&')}"`
}

function textOf (value: unknown): string {
  if (Buffer.isBuffer(value)) return `\\x${value.toString('hex')}`
  if (value instanceof Date) return value.toISOString()
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

/** Every node of a plan, and whether it is begun anew for each row of another. */
function* nodesOf (node: PlanNode, repeated = false): Generator<{ node: PlanNode, repeated: boolean }, void> {
  yield { node, repeated }
  for (const child of node.Plans ?? []) {
    const again = (node['Node Type'] === 'Nested Loop' && child['Parent Relationship'] === 'Inner') ||
      (child['Parent Relationship'] === 'SubPlan' && child['Subplan Name']?.startsWith('CTE') !== true)
    yield* nodesOf(child, repeated || again)
  }
}

const isSequential = ({ 'Node Type': type }: PlanNode): boolean => type.endsWith('Seq Scan')

/** Rows that a statement has looked at, whether it kept them or not. */
export function rowsVisited ({ plan }: ExplainedStatement): number {
  let sum = 0
  for (const { node } of nodesOf(plan)) {
    const removed = (node['Rows Removed by Filter'] ?? 0) + (node['Rows Removed by Index Recheck'] ?? 0) +
      (node['Rows Removed by Join Filter'] ?? 0)
    sum += node['Actual Loops'] * (removed + (node['Relation Name'] === undefined ? 0 : node['Actual Rows']))
  }
  return sum
}

/** What reads the tables of a plan: names of nodes, with their index or table, without the number of a partition. */
export function accessOf ({ plan }: ExplainedStatement): string {
  const access = [...nodesOf(plan)].filter(({ node }) =>
    node['Relation Name'] !== undefined || node['Index Name'] !== undefined
  )
    .map(({ node }) =>
      `${node['Node Type']} ${(node['Index Name'] ?? node['Relation Name']!).replace(/_\d+(?=_|$)/, '')}`
    )
  return [...new Set(access)].join(', ')
}

/**
 * Vacuums and analyses relations one by one.
 * @param kind as `pg_class` has it: `r` are tables and partitions, `p` partitioned tables
 */
export async function analyse (database: Database, kind: 'r' | 'p'): Promise<void> {
  await database.dedicated(async client => {
    const { rows } = await client.query<{ name: string }>(
      "SELECT oid::regclass::text AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = $1",
      [kind]
    )
    for (const { name } of rows) await client.query(`VACUUM ANALYZE ${name}`)
  })
}

/** Tables and partitions of so many rows that to read all of them again and again takes long. */
export async function largeTables (database: Session): Promise<Set<string>> {
  const { rows } = await database.query<{ name: string }>(
    "SELECT relname AS name FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND reltuples >= 1000"
  )
  return new Set(rows.map(({ name }) => name))
}

/**
 * What makes a plan one that ends only while its tables are small: a sequential scan of a large one that is repeated
 * for each row of another, and more rows looked at than its answer is worth.
 *
 * @param large names of tables and partitions, see `largeTables`
 * @param most rows that it may look at
 */
export function faultsOf (explained: ExplainedStatement, large: ReadonlySet<string>, most: number): string[] {
  const repeated = [...nodesOf(explained.plan)].filter(({ node, repeated }) =>
    repeated && isSequential(node) && large.has(node['Relation Name'] ?? '')
  )
    .map(({ node }) => `${node['Node Type']} of ${node['Relation Name']} for each row of another table`)
  const visited = rowsVisited(explained)
  return visited > most ? [...repeated, `looked at ${visited} rows, expected at most ${most}`] : repeated
}
