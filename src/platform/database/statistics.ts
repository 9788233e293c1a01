import type { Logger } from 'pino'
import type { Database } from './database.js'

/**
 * Tables that are filled in bulk, with the columns that statements filter by. Vectors are left out: no statement
 * filters by them, and they are most of the data to read. The tables of galleries are partitioned, and autovacuum
 * analyses partitions only, never their parent.
 */
const tables = {
  galleries: {
    gallery_templates: '(gallery_id, ordinal, subject_number, reference, fingerprint, migration_id)',
    gallery_subjects: '',
    gallery_removals: ''
  },
  corpora: {
    sample_templates: '(corpus_id, sample, fingerprint)',
    samples: ''
  }
} as const

export type AnalysedTables = keyof typeof tables

/**
 * Minimum number of changed rows, and minimum share of the rows that existed: the thresholds of autovacuum, which is
 * too late for bulk work.
 */
const minRows = 10_000
const share = 0.1

/**
 * Analyses the tables after bulk work, when it ends and not a minute later: until then the planner assumes empty
 * tables. The embedded database has no autovacuum that would. Postgres samples 30,000 rows of a table, whatever its
 * size.
 *
 * This runs in the background, for one set of tables at a time. Failures are only logged: only the owner of a table may
 * analyse it (or a role with MAINTAIN, from Postgres 17 on), and without statistics a search is slower, not wrong.
 */
export function createStatistics (database: Database, log: Logger) {
  const changed = new Map<AnalysedTables, number>()
  /** number of rows at the last analysis */
  const known = new Map<AnalysedTables, number>()
  let running: Promise<void> | undefined
  let closed = false

  const due = () =>
    closed
      ? undefined
      : ([...changed] as [AnalysedTables, number][]).find(([set, rows]) =>
        rows >= Math.max(minRows, share * (known.get(set) ?? 0))
      )?.[0]

  async function analyse (set: AnalysedTables): Promise<void> {
    changed.delete(set)
    await database.dedicated(async client => {
      const refused = ({ message }: { message?: string | undefined }) =>
        log.warn({ set, message }, 'notice of the database on statistics')
      client.on('notice', refused)
      try {
        for (const [table, columns] of Object.entries(tables[set])) {
          await client.query(`ANALYZE (SKIP_LOCKED) ${table} ${columns}`)
        }
        const { rows: [row] } = await client.query<{ rows: number }>(
          'SELECT max(reltuples)::float8 AS rows FROM pg_class WHERE oid = ANY ($1::regclass[])',
          [Object.keys(tables[set])]
        )
        known.set(set, row!.rows)
      } finally {
        client.off('notice', refused)
      }
    }).catch((error: unknown) =>
      log.warn(
        { err: error, set },
        'could not update the statistics of tables; plans may be slow until autovacuum does'
      )
    )
  }

  async function work (): Promise<void> {
    for (let set = due(); set !== undefined; set = due()) await analyse(set)
    running = undefined
  }

  return {
    /** Reports that bulk work has ended, and how many rows it added or deleted. */
    changed (set: AnalysedTables, rows: number): void {
      changed.set(set, (changed.get(set) ?? 0) + rows)
      if (due() !== undefined) running ??= work()
    },

    /** Waits for the running analysis. */
    async close (): Promise<void> {
      closed = true
      await running
    }
  }
}

export type Statistics = ReturnType<typeof createStatistics>
