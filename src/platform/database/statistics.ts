import type { Logger } from 'pino'
import type { Database } from './database.js'

/**
 * Tables that are filled in bulk, with the columns that statements choose rows by: vectors are chosen by nobody, and
 * are most of what there is to read. Those of galleries are partitioned, and autovacuum analyses partitions only, never
 * the table that they are of.
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
 * Rows that have to have changed, and of those that there were the share: as autovacuum, which is late for what comes
 * at once.
 */
const fewest = 10_000
const share = 0.1

/**
 * Has the planner learn what bulk work has done to tables, when it ends and not a minute later: until then it plans for
 * tables that were empty. The embedded database has nobody else who does. Postgres samples 30,000 rows of a table,
 * however many there are.
 *
 * It is done in the background, of one set of tables at a time. Whatever fails is for the log: only the owner of a
 * table may (or who has MAINTAIN, from Postgres 17 on), and a search is slower without it, not wrong.
 */
export function createStatistics (database: Database, log: Logger) {
  const changed = new Map<AnalysedTables, number>()
  /** rows when they were analysed last */
  const known = new Map<AnalysedTables, number>()
  let running: Promise<void> | undefined
  let closed = false

  const due = () =>
    closed
      ? undefined
      : ([...changed] as [AnalysedTables, number][]).find(([set, rows]) =>
        rows >= Math.max(fewest, share * (known.get(set) ?? 0))
      )?.[0]

  async function analyse (set: AnalysedTables): Promise<void> {
    changed.delete(set)
    await database.dedicated(async client => {
      const refused = ({ message }: { message?: string | undefined }) =>
        log.warn({ set, message }, 'the database has a remark on statistics')
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
        'the statistics of tables could not be brought up to date; plans may be slow until autovacuum does'
      )
    )
  }

  async function work (): Promise<void> {
    for (let set = due(); set !== undefined; set = due()) await analyse(set)
    running = undefined
  }

  return {
    /** Says that bulk work has ended, and how many rows it added or deleted. */
    changed (set: AnalysedTables, rows: number): void {
      changed.set(set, (changed.get(set) ?? 0) + rows)
      if (due() !== undefined) running ??= work()
    },

    /** Waits for what is being analysed. */
    async close (): Promise<void> {
      closed = true
      await running
    }
  }
}

export type Statistics = ReturnType<typeof createStatistics>
