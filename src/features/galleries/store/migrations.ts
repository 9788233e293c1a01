import { Problem } from '../../../errors.js'
import type { TemplateMatrix } from '../../../science/linear-algebra/matrix.js'
import type { Database, Session } from '../../../platform/database/database.js'
import { placeOfReference } from '../../../platform/encryption/places.js'
import type { Vault } from '../../../platform/encryption/vault.js'
import { isUuid, pageOf, positionAfter, type Page, type PageRequest } from '../../../platform/database/page.js'
import { inactiveMap } from '../inactive-map.js'
import { ofSubject } from './contents.js'
import type { EnrolledSpace } from './enrolment.js'
import { beginEpoch, changeGallery, openGallery, takePositions, type OpenGallery } from './head.js'
import { removeTemplates } from './removal.js'
import { openRows, sealColumns, sealsOf, unbound, type StoredReference } from './subject-seals.js'
import { placeTranslated, type PlacedTemplates } from './translated-names.js'

/**
 * `running`: templates are being translated; `ready`: all are translated; `committed`: the translated templates serve
 * and the originals do not; `rolled-back`: the originals serve and the migration never did.
 */
export type MigrationState = 'running' | 'ready' | 'committed' | 'rolled-back'

/** A migration of a gallery's templates from one space to another. */
export interface StoredMigration {
  id: string
  gallery: string
  source: { model: string, fingerprint: string, dimension: number }
  target: EnrolledSpace
  /** id */
  map: string
  state: MigrationState
  /** number of templates translated */
  translated: number
  /** number of templates of the source left out because they could not be read */
  unusable: number
  /** whether the templates it made superfluous are deleted */
  purged: boolean
  createdAt: string
  endedAt: string | null
}

/** Templates to translate and their positions in the gallery. */
export interface UntranslatedPage {
  /** everything of the source up to here is translated or skipped */
  readonly after: number
  readonly ordinals: readonly number[]
  /** (n, d) */
  readonly templates: TemplateMatrix
  readonly places: readonly { readonly subject: string, readonly reference: string }[]
  /** the last template of the source that was examined, readable or not */
  readonly last: number
  /** how many could not be read */
  readonly unusable: number
}

export interface TranslatedPage {
  /** (n, dTarget) */
  readonly templates: TemplateMatrix
  /** (n), from 0 to 1; null if unknown */
  readonly uncertainty: Float32Array | null
}

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

interface MigrationRow {
  id: string
  gallery_id: string
  map_id: string
  state: MigrationState
  translated: string
  unusable: string
  purged: boolean
  read_position: string
  committed_position: string | null
  created_at: Date
  ended_at: Date | null
  source_model: string
  source_fingerprint: string
  source_dimension: number
  target_model: string
  target_fingerprint: string
  target_dimension: number
}

/** Maximum bytes of vectors and rows translated per transaction. Enrolments wait for it. */
const pageBytes = 8 * 2 ** 20
const pageRows = 4096
const rowsPerPurge = 10_000

const nothingPlaced: PlacedTemplates = { names: new Map(), leaving: [], retranslated: 0 }

const select =
  `SELECT m.id, m.gallery_id, m.map_id, m.state, m.translated, m.unusable, m.purged, m.read_position, m.committed_position, m.created_at, m.ended_at,
    s.id AS source_model, s.fingerprint AS source_fingerprint, s.dimension AS source_dimension,
    t.id AS target_model, t.fingerprint AS target_fingerprint, t.dimension AS target_dimension
  FROM gallery_migrations m JOIN models s ON s.fingerprint = m.source_fingerprint JOIN models t ON t.fingerprint = m.target_fingerprint`

/**
 * Migrations of galleries. Each step is a transaction that can be repeated: a process that is killed leaves the rest to
 * the next.
 */
export function createGalleryMigrationRepository (database: Database, vault: Vault, jobs: MigrationJobs = noJobs) {
  async function findRow (session: Session, gallery: string, id: string): Promise<MigrationRow> {
    const { rows: [row] } = isUuid(id)
      ? await session.query<MigrationRow>(`${select} WHERE m.gallery_id = $1 AND m.id = $2`, [gallery, id])
      : { rows: [] }
    if (row === undefined) {
      throw new Problem('migration-unknown', `the gallery has no migration with the id ${JSON.stringify(id)}`)
    }
    return row
  }

  async function change<T> (
    gallery: string,
    id: string,
    work: (session: Session, open: OpenGallery, row: MigrationRow) => Promise<T>
  ): Promise<T> {
    return await changeGallery(
      database,
      vault,
      gallery,
      async (session, open) => await work(session, open, await findRow(session, gallery, id))
    )
  }

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

  async function untranslated (session: Session, gallery: OpenGallery, source: string, after: number, limit: number) {
    const { rows } = await session.query<StoredReference>(
      `SELECT t.ordinal, ${sealColumns(gallery)}, t.reference, t.migration_id AS migration, t.vector
       FROM (SELECT * FROM serving_templates WHERE gallery_id = $1 AND fingerprint = $2 AND ordinal > $3 ORDER BY ordinal LIMIT $4) t
       ${ofSubject} ORDER BY t.ordinal`,
      [gallery.id, source, after, limit]
    )
    return rows
  }

  return {
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
      return await changeGallery(database, vault, gallery, async session => {
        await requireNoneOpen(session, gallery, id)
        await session.query(
          `INSERT INTO gallery_migrations (gallery_id, id, source_fingerprint, target_fingerprint, map_id) VALUES ($1, $2, $3, $4, $5)
           ON CONFLICT (gallery_id, id) DO NOTHING`,
          [gallery, id, source, target, map]
        )
        const row = await findRow(session, gallery, id)
        if (row.state === 'running') await requireActiveMap(session, row.map_id)
        return migrationOf(row)
      })
    },

    /** @throws Problem `gallery-unknown`, `migration-unknown` */
    async get (gallery: string, id: string): Promise<StoredMigration> {
      await openGallery(database, vault, gallery)
      return migrationOf(await findRow(database, gallery, id))
    },

    /** Oldest first. @throws Problem `gallery-unknown`; `request-invalid` when the cursor is not one of this list */
    async list (gallery: string, { limit, after }: PageRequest): Promise<Page<StoredMigration>> {
      await openGallery(database, vault, gallery)
      const position = positionAfter(after)
      const { rows } = await database.query<MigrationRow>(
        `${select} WHERE m.gallery_id = $1 AND (m.created_at, m.id) > ($3::timestamptz, $4::uuid)
         ORDER BY m.created_at, m.id LIMIT $2`,
        [gallery, limit + 1, position.createdAt, position.id]
      )
      return pageOf(rows.map(migrationOf), limit)
    },

    /** Serving templates of the source that have not been examined yet. */
    async remaining (gallery: string, id: string): Promise<number> {
      const row = await findRow(database, gallery, id)
      const { rows: [counted] } = await database.query<{ count: string }>(
        'SELECT count(*) FROM serving_templates WHERE gallery_id = $1 AND fingerprint = $2 AND ordinal > $3',
        [gallery, row.source_fingerprint, row.read_position]
      )
      return Number(counted!.count)
    },

    /**
     * The templates to translate, by position, from where the migration stands to the end of the gallery. A page may be
     * read before the previous one is stored.
     */
    async *pages (gallery: string, id: string): AsyncGenerator<UntranslatedPage, void> {
      const {
        source_fingerprint: source,
        source_dimension: dimension,
        target_dimension: other,
        read_position: position
      } = await findRow(database, gallery, id)
      const open = await openGallery(database, vault, gallery)
      const limit = Math.max(1, Math.min(pageRows, Math.floor(pageBytes / 4 / Math.max(dimension, other))))
      for (let after = Number(position);;) {
        const rows = await untranslated(database, open, source, after, limit)
        if (rows.length === 0) return
        const { opened, templates } = openRows(open, source, dimension, rows)
        const last = Number(rows.at(-1)!.ordinal)
        const places = opened.map(({ subject, reference }) => ({ subject, reference }))
        yield {
          after,
          last,
          ordinals: opened.map(({ ordinal }) => Number(ordinal)),
          places,
          templates,
          unusable: rows.length - opened.length
        }
        after = last
      }
    },

    /**
     * Stores a translated page beside its originals, under their names, see `placeTranslated`. Nothing is stored for an
     * original that was removed in the meantime or a subject that already has a template made by the target's model.
     * @returns false when the migration is not at this page: another process works on it too, or it is committed
     * @throws Problem `migration-ended` when it is rolled back; `map-retired`, `map-not-activated` when its map may no
     *   longer decide
     */
    async store (
      gallery: string,
      id: string,
      page: UntranslatedPage,
      { templates, uncertainty }: TranslatedPage
    ): Promise<boolean> {
      return await change(gallery, id, async (session, open, row) => {
        if (row.state === 'rolled-back') throw ended(row.state)
        // The migration may be ready or committed by now: a late worker's page is then already behind it.
        if (row.state === 'committed' || Number(row.read_position) !== page.after) return false
        await requireActiveMap(session, row.map_id)
        const places = page.ordinals.map((_, place) => place)
        const inserted = await insertTranslated(places, page.places.map(({ reference }) => reference))
        const left = places.filter(place => !inserted.has(place))
        const { names, leaving, retranslated } = left.length === 0
          ? nothingPlaced
          : await placeTranslated(session, {
            gallery,
            migration: id,
            source: row.source_model,
            target: row.target_fingerprint,
            page
          }, left)
        await removeTemplates(session, open, leaving)
        const placed = await insertTranslated(
          left.filter(place => names.has(place)),
          left.flatMap(place => names.get(place) ?? [])
        )
        await session.query(
          'UPDATE gallery_migrations SET read_position = $3, translated = translated + $4, unusable = unusable + $5 WHERE gallery_id = $1 AND id = $2',
          [gallery, id, page.last, inserted.size + placed.size - retranslated, page.unusable]
        )
        return true

        /** @returns those whose originals still exist and whose names were free */
        async function insertTranslated (places: readonly number[], names: readonly string[]): Promise<Set<number>> {
          if (places.length === 0) return new Set()
          const { target_fingerprint: target, target_dimension: dimension } = row
          const { cipher } = open
          const before = await takePositions(session, open, places.length)
          const seals = await sealsOf(session, open, places.map(place => page.places[place]!.subject))
          const vectors = places.map((place, i) => {
            const { subject } = page.places[place]!
            const bound = placeOfReference({
              ...seals.get(subject) ?? unbound(subject),
              fingerprint: target,
              reference: names[i]!,
              ordinal: before + i + 1,
              migration: id
            })
            return cipher.store(templates.data.subarray(place * dimension, (place + 1) * dimension), bound)
          })
          const { rows } = await session.query<{ ordinal: string }>(
            `INSERT INTO gallery_templates (gallery_id, ordinal, subject_number, reference, fingerprint, dimension, vector, quality, migration_id, uncertainty, original)
             SELECT $1, $2::bigint + place, t.subject_number, given.name, $3, $4, substring($5::bytea FROM (place::integer - 1) * $6 + 1 FOR $6), t.quality, $7, given.uncertainty, t.ordinal
             FROM unnest($8::bigint[], $9::real[], $10::text[]) WITH ORDINALITY AS given (ordinal, uncertainty, name, place)
             JOIN gallery_templates t ON t.gallery_id = $1 AND t.ordinal = given.ordinal AND t.ordinal BETWEEN $11 AND $12
             ON CONFLICT (gallery_id, fingerprint, subject_number, reference) DO NOTHING
             RETURNING ordinal`,
            [
              gallery,
              before,
              target,
              dimension,
              Buffer.concat(vectors),
              4 * dimension + cipher.overhead,
              id,
              places.map(place => page.ordinals[place]),
              places.map(place => uncertainty?.[place] ?? null),
              names,
              // Both bounds: otherwise the planner reads the whole gallery for each page.
              page.ordinals[0],
              page.ordinals.at(-1)
            ]
          )
          return new Set(rows.map(({ ordinal }) => places[Number(ordinal) - before - 1]!))
        }
      })
    },

    /**
     * Marks the migration as ready if everything is translated, and its job as succeeded.
     * @param job that works on it; it must still belong to this attempt, since otherwise it may already be reported as
     *   failed
     * @returns false when new templates arrived in the meantime
     * @throws Problem `migration-ended` when it is rolled back; `unavailable` when the job no longer belongs to this
     *   attempt
     */
    async finish (gallery: string, id: string, job?: MigrationAttempt): Promise<boolean> {
      return await change(gallery, id, async (session, open, row) => {
        if (row.state === 'rolled-back') throw ended(row.state)
        if (row.state === 'committed') return true
        if ((await untranslated(session, open, row.source_fingerprint, Number(row.read_position), 1)).length > 0) {
          return false
        }
        await session.query("UPDATE gallery_migrations SET state = 'ready' WHERE gallery_id = $1 AND id = $2", [
          gallery,
          id
        ])
        if (
          job !== undefined &&
          !await jobs.end(session, job.id, { outcome: 'succeeded', result: addressOf(gallery, id) }, job.attempt)
        ) {
          throw new Problem('unavailable', `job ${job.id} is another replica's by now`)
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
      return await change(gallery, id, async (session, _open, row) => {
        if (row.state !== 'running' && row.state !== 'ready') throw ended(row.state)
        await requireActiveMap(session, row.map_id)
        const working = (await jobs.open(session, gallery)).find(({ migration }) => migration === id)
        if (working !== undefined) return working.id
        await session.query("UPDATE gallery_migrations SET state = 'running' WHERE gallery_id = $1 AND id = $2", [
          gallery,
          id
        ])
        return await submit(session, migrationOf(row))
      })
    },

    /**
     * Makes the translated templates serve instead of the originals, atomically for every reader.
     * @returns false when templates of the source arrived in the meantime and are not translated
     * @throws Problem `migration-not-ready`, `migration-ended`, `map-retired`, `map-not-activated`; a committed
     *   migration stays committed
     */
    async commit (gallery: string, id: string): Promise<boolean> {
      return await change(gallery, id, async (session, open, row) => {
        if (row.state === 'committed') return true
        if (row.state === 'rolled-back') throw ended(row.state)
        if (row.state === 'running') {
          throw new Problem(
            'migration-not-ready',
            `expected a migration that is ready, received one that is running, with ${row.translated} templates translated so far`
          )
        }
        await requireActiveMap(session, row.map_id)
        if ((await untranslated(session, open, row.source_fingerprint, Number(row.read_position), 1)).length > 0) {
          return false
        }
        const position = await takePositions(session, open, 1) + 1
        await session.query(
          "UPDATE gallery_migrations SET state = 'committed', committed_position = $3, ended_at = now() WHERE gallery_id = $1 AND id = $2",
          [gallery, id, position]
        )
        await beginEpoch(session, open)
        await endJobs(session, gallery, id, 'succeeded')
        return true
      })
    },

    /**
     * Rolls back: none of its templates will ever serve.
     * @throws Problem `migration-ended` when it is committed; a migration that is rolled back stays so
     */
    async rollBack (gallery: string, id: string): Promise<void> {
      await change(gallery, id, async (session, _open, row) => {
        if (row.state === 'committed') throw ended(row.state)
        await session.query(
          "UPDATE gallery_migrations SET state = 'rolled-back', ended_at = coalesce(ended_at, now()) WHERE gallery_id = $1 AND id = $2",
          [gallery, id]
        )
        await endJobs(session, gallery, id, 'cancelled')
      })
    },

    /**
     * Deletes a part of the templates that an ended migration made superfluous, none of which serves. Enrolments wait
     * meanwhile: an enrolment that finds a name taken has to find the template that takes it. Concurrent purges wait
     * too: each would mistake rows that the other deletes for the end.
     * @returns whether there is more
     * @throws Problem `gallery-unknown`, `migration-unknown`
     */
    async purge (gallery: string, id: string): Promise<boolean> {
      return await change(gallery, id, async (session, _open, row) => {
        if (row.state !== 'committed' && row.state !== 'rolled-back') return false
        // Each case uses its own index in order: as one condition it was a scan of the gallery for every part.
        const [which, values] = row.state === 'committed'
          ? ['fingerprint = $2 AND ordinal <= $3', [row.source_fingerprint, row.committed_position]]
          : ['migration_id = $2', [id]]
        const { rowCount } = await session.query(
          `DELETE FROM gallery_templates WHERE gallery_id = $1 AND ordinal IN (
             SELECT ordinal FROM gallery_templates WHERE gallery_id = $1 AND ${which} ORDER BY ordinal LIMIT ${rowsPerPurge})`,
          [gallery, ...values]
        )
        if (rowCount === rowsPerPurge) return true
        await session.query('UPDATE gallery_migrations SET purged = true WHERE gallery_id = $1 AND id = $2', [
          gallery,
          id
        ])
        return false
      })
    },

    /** Deletes a part of the templates that any ended migration made superfluous. @returns whether there may be more */
    async purgeSome (): Promise<boolean> {
      const [left] = await this.unpurged()
      if (left === undefined) return false
      // If the gallery is deleted in the meantime, that deletion removes everything.
      await this.purge(left.gallery, left.id).catch((error: unknown) => {
        if (!(error instanceof Problem)) throw error
      })
      return true
    },

    /** Ended migrations that left something to delete. */
    async unpurged (): Promise<{ gallery: string, id: string }[]> {
      const { rows } = await database.query<{ gallery: string, id: string }>(
        `SELECT gallery_id AS gallery, m.id FROM gallery_migrations m JOIN galleries g ON g.id = gallery_id
         WHERE g.deleted_at IS NULL AND NOT purged AND state IN ('committed', 'rolled-back')`
      )
      return rows
    }
  }
}

export type GalleryMigrationRepository = ReturnType<typeof createGalleryMigrationRepository>

/** Address of a migration, which is the result of its job. */
const addressOf = (gallery: string, id: string): string => `/v1/galleries/${gallery}/migrations/${id}`

/**
 * Only an active map may decide. The row is locked until the transaction ends, so that nothing is stored after a
 * retirement has been acknowledged.
 */
async function requireActiveMap (session: Session, id: string): Promise<void> {
  const { rows: [map] } = await session.query<{ state: 'fitted' | 'active' | 'retired' }>(
    'SELECT state FROM maps WHERE id = $1 FOR SHARE',
    [id]
  )
  if (map?.state !== 'active') throw inactiveMap(id, map?.state === 'retired')
}

const openMigration = (id: string) =>
  new Problem(
    'migration-open',
    `expected no migration of the gallery that has not ended, there is ${id}: commit it or roll it back`,
    { migration: id }
  )

const ended = (state: MigrationState) =>
  new Problem('migration-ended', `expected a migration that has not ended, received one that is ${state}`)

function migrationOf (row: MigrationRow): StoredMigration {
  return {
    id: row.id,
    gallery: row.gallery_id,
    source: { model: row.source_model, fingerprint: row.source_fingerprint, dimension: row.source_dimension },
    target: { model: row.target_model, fingerprint: row.target_fingerprint, dimension: row.target_dimension },
    map: row.map_id,
    state: row.state,
    translated: Number(row.translated),
    unusable: Number(row.unusable),
    purged: row.purged,
    createdAt: row.created_at.toISOString(),
    endedAt: row.ended_at?.toISOString() ?? null
  }
}
