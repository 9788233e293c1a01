import { Problem } from '../../../errors.js'
import type { Database, Session } from '../../../platform/database/database.js'
import type { Vault } from '../../../platform/encryption/vault.js'
import { pageOf, positionAfter, type Page, type PageRequest } from '../../../platform/database/page.js'
import { beginEpoch, changeGallery, openGallery, takePositions } from './head.js'
import { createMigrationPages, isTranslated } from './migration-pages.js'
import { createMigrationPurge } from './migration-purge.js'
import {
  changeMigration,
  endedMigration,
  findInShards,
  migrationOf,
  requireActiveMap,
  selectMigrations,
  type MigrationRow,
  type StoredMigration
} from './migration-rows.js'

/**
 * The jobs of migrations, updated in the transaction that changes the migration. Both change atomically, even if the
 * process is killed at any moment.
 */
export interface MigrationJobs {
  /** A gallery's jobs that have not ended. */
  open(session: Session, gallery: string): Promise<readonly { readonly id: string, readonly migration: string }[]>
  /**
   * @param attempt of the caller, when only the attempt that runs the job may end it
   * @returns whether this call ended it
   */
  end(
    session: Session,
    id: string,
    ending: { outcome: 'succeeded', result: string } | { outcome: 'cancelled' },
    attempt?: number
  ): Promise<boolean>
}

const noJobs: MigrationJobs = { open: async () => [], end: async () => true }

/** An attempt at a migration's job. */
export interface MigrationAttempt {
  readonly id: string
  readonly attempt: number
}

/**
 * The life of a gallery's migrations, with the pages they translate and the deletion of what they leave. Each step is a
 * transaction that can be repeated: a process that is killed leaves the rest to the next.
 */
export function createGalleryMigrationRepository (database: Database, vault: Vault, jobs: MigrationJobs = noJobs) {
  /** Ends the open job, if there is one: its work is done or no longer wanted. */
  async function endJobs (
    session: Session,
    gallery: string,
    id: string,
    outcome: 'succeeded' | 'cancelled'
  ): Promise<void> {
    for (const job of await jobs.open(session, gallery)) {
      if (job.migration === id) {
        await jobs.end(
          session,
          job.id,
          outcome === 'cancelled' ? { outcome } : { outcome, result: addressOf(gallery, id) }
        )
      }
    }
  }

  async function requireNoneOpen (session: Session, gallery: string, besides?: string): Promise<void> {
    const { rows: [open] } = await session.query<{ id: string }>(
      "SELECT id FROM gallery_migrations WHERE gallery_id = $1 AND ($2::uuid IS NULL OR id <> $2) AND state IN ('running', 'ready')",
      [gallery, besides ?? null]
    )
    if (open !== undefined) throw openMigration(open.id)
  }

  return {
    ...createMigrationPages(database, vault),
    ...createMigrationPurge(database, vault),

    /**
     * Queues a job that begins a migration, with the gallery locked: of two concurrent calls, one learns of the other.
     * @param submit queues it; it calls `admit` unless the call is a repetition
     * @throws Problem `gallery-unknown`, `map-retired`, `map-not-activated`; `migration-open` when a migration has not
     *   ended or waits to begin
     */
    async start<T> (
      gallery: string,
      map: string,
      submit: (session: Session, admit: () => Promise<void>) => Promise<T>
    ): Promise<T> {
      return await changeGallery(database, vault, gallery, async session =>
        await submit(session, async () => {
          await requireNoneOpen(session, gallery)
          const [waiting] = await jobs.open(session, gallery)
          if (waiting !== undefined) throw openMigration(waiting.migration)
          await requireActiveMap(session, map)
        }))
    },

    /**
     * Begins a migration unless it has begun.
     * @throws Problem `gallery-unknown`, `map-retired`, `map-not-activated`; `migration-open` when another migration of
     *   the gallery has not ended
     */
    async begin (
      gallery: string,
      id: string,
      { source, target, map }: { source: string, target: string, map: string }
    ): Promise<StoredMigration> {
      return await changeGallery(database, vault, gallery, async (session, open) => {
        await requireNoneOpen(session, gallery, id)
        for (const shard of open.shards) {
          await session.query(
            `INSERT INTO gallery_migrations (gallery_id, id, source_fingerprint, target_fingerprint, map_id) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (gallery_id, id) DO NOTHING`,
            [shard.id, id, source, target, map]
          )
        }
        const rows = await findInShards(session, open, id)
        if (rows[0]!.state === 'running') await requireActiveMap(session, rows[0]!.map_id)
        return migrationOf(rows)
      })
    },

    /** @throws Problem `gallery-unknown`, `migration-unknown` */
    async get (gallery: string, id: string): Promise<StoredMigration> {
      return migrationOf(await findInShards(database, await openGallery(database, vault, gallery), id))
    },

    /** Oldest first. @throws Problem `gallery-unknown`; `request-invalid` when the cursor is not one of this list */
    async list (gallery: string, { limit, after }: PageRequest): Promise<Page<StoredMigration>> {
      const open = await openGallery(database, vault, gallery)
      const position = positionAfter(after)
      const { rows } = await database.query<MigrationRow>(
        `${selectMigrations} WHERE m.gallery_id = $1 AND (m.created_at, m.id) > ($3::timestamptz, $4::uuid)
         ORDER BY m.created_at, m.id LIMIT $2`,
        [gallery, limit + 1, position.createdAt, position.id]
      )
      const others = open.shards.slice(1).map(shard => shard.id)
      const { rows: inOthers } = others.length === 0 ? { rows: [] } : await database.query<MigrationRow>(
        `${selectMigrations} WHERE m.gallery_id = ANY ($1::uuid[]) AND m.id = ANY ($2::uuid[])`,
        [others, rows.map(row => row.id)]
      )
      return pageOf(rows.map(row => migrationOf([row, ...inOthers.filter(other => other.id === row.id)])), limit)
    },

    /**
     * Marks the migration as ready if everything is translated, and its job as succeeded.
     * @param job that works on it; it must still belong to this attempt, since otherwise it may already be reported as
     *   failed
     * @param except at most this many templates that arrived last, which the commit translates
     * @returns false when more new templates arrived in the meantime
     * @throws Problem `migration-ended` when it is rolled back; `unavailable` when the job no longer belongs to this
     *   attempt
     */
    async finish (gallery: string, id: string, job?: MigrationAttempt, except = 0): Promise<boolean> {
      return await changeMigration(database, vault, gallery, id, async (session, _open, rows) => {
        const { state } = rows[0]!
        if (state === 'rolled-back') throw endedMigration(state)
        if (state === 'committed') return true
        for (const row of rows) if (!await isTranslated(session, row, except)) return false
        await setState(session, rows, 'ready')
        if (
          job !== undefined &&
          !await jobs.end(session, job.id, { outcome: 'succeeded', result: addressOf(gallery, id) }, job.attempt)
        ) {
          throw new Problem('unavailable', `job ${job.id} now belongs to another replica`)
        }
        return true
      })
    },

    /**
     * Resumes a migration whose job was cancelled or has failed. A job that has not ended is the one that continues,
     * even if its process was killed and its lease has not expired: two jobs would do the same work twice.
     *
     * @param submit queues a job
     * @returns id of the job that continues
     * @throws Problem `migration-unknown`, `migration-ended`, `map-retired`, `map-not-activated`
     */
    async resume (
      gallery: string,
      id: string,
      submit: (session: Session, migration: StoredMigration) => Promise<string>
    ): Promise<string> {
      return await changeMigration(database, vault, gallery, id, async (session, _open, rows) => {
        const { state, map_id: map } = rows[0]!
        if (state !== 'running' && state !== 'ready') throw endedMigration(state)
        await requireActiveMap(session, map)
        const working = (await jobs.open(session, gallery)).find(({ migration }) => migration === id)
        if (working !== undefined) return working.id
        await setState(session, rows, 'running')
        return await submit(session, migrationOf(rows))
      })
    },

    /**
     * Makes the translated templates serve instead of the originals, atomically for every reader.
     * @returns false when templates of the source arrived in the meantime and are not translated
     * @throws Problem `migration-not-ready`, `migration-ended`, `map-retired`, `map-not-activated`; a committed
     *   migration stays committed
     */
    async commit (gallery: string, id: string): Promise<boolean> {
      return await changeMigration(database, vault, gallery, id, async (session, open, rows) => {
        const { state, map, translated } = migrationOf(rows)
        if (state === 'committed') return true
        if (state === 'rolled-back') throw endedMigration(state)
        if (state === 'running') {
          throw new Problem(
            'migration-not-ready',
            `expected a ready migration, received one that is running, with ${translated} templates translated so far`
          )
        }
        await requireActiveMap(session, map)
        for (const row of rows) if (!await isTranslated(session, row)) return false
        for (const shard of open.shards) {
          const position = await takePositions(session, shard, 1) + 1
          await session.query(
            "UPDATE gallery_migrations SET state = 'committed', committed_position = $3, ended_at = now() WHERE gallery_id = $1 AND id = $2",
            [shard.id, id, position]
          )
          await beginEpoch(session, shard)
        }
        await endJobs(session, gallery, id, 'succeeded')
        return true
      })
    },

    /**
     * Rolls back: none of its templates will ever serve.
     * @throws Problem `migration-ended` when it is committed; a migration that is rolled back stays so
     */
    async rollBack (gallery: string, id: string): Promise<void> {
      await changeMigration(database, vault, gallery, id, async (session, open, rows) => {
        const { state } = rows[0]!
        if (state === 'committed') throw endedMigration(state)
        for (const shard of open.shards) {
          await session.query(
            "UPDATE gallery_migrations SET state = 'rolled-back', ended_at = now() WHERE gallery_id = $1 AND id = $2 AND state <> 'rolled-back'",
            [shard.id, id]
          )
        }
        await endJobs(session, gallery, id, 'cancelled')
      })
    }
  }
}

export type GalleryMigrationRepository = ReturnType<typeof createGalleryMigrationRepository>

async function setState (
  session: Session,
  rows: readonly MigrationRow[],
  state: 'running' | 'ready'
): Promise<void> {
  for (const { gallery_id: shard, id } of rows) {
    await session.query('UPDATE gallery_migrations SET state = $3 WHERE gallery_id = $1 AND id = $2', [
      shard,
      id,
      state
    ])
  }
}

/** Address of a migration, which is the result of its job. */
const addressOf = (gallery: string, id: string): string => `/v1/galleries/${gallery}/migrations/${id}`

const openMigration = (id: string) =>
  new Problem(
    'migration-open',
    `expected no open migration of the gallery, found ${id}: commit it or roll it back`,
    { migration: id }
  )
