import type { TemplateMatrix } from '../../science/linear-algebra/matrix.js'
import { Problem } from '../../errors.js'
import type { GalleryReader } from './store/contents.js'
import type { UntranslatedPage } from './store/migration-pages.js'
import type { StoredMigration } from './store/migration-rows.js'
import type { GalleryMigrationRepository, MigrationAttempt } from './store/migrations.js'
import type { Catalogue, createMapRepository, KnownSpace, StoredMap } from '../catalogue/index.js'
import type { JobContext, StoredJob } from '../jobs/index.js'
import type { Session } from '../../platform/database/database.js'
import { inactiveMap } from './inactive-map.js'
import { inOrder } from '../../science/template/row-chunks.js'
import type { Translator } from '../translations/index.js'
import type { Statistics } from '../../platform/database/statistics.js'
import type { WarmUp } from './warm-up.js'
import type { Purger } from './purger.js'

/** The parameters of a migration, as a caller gives them. */
export interface MigrationOrder {
  /** the model to migrate from; when absent, the only other model that the gallery has templates of */
  readonly source?: string | undefined
  readonly target: string
  /** id; the active map when absent */
  readonly map?: string | undefined
}

export interface MigrationPlan {
  readonly source: KnownSpace
  readonly target: KnownSpace
  readonly map: StoredMap
}

/** The request of a migration job, the same on each attempt. */
export interface MigrationJob {
  readonly gallery: string
  /** the migration to resume; when absent, the migration with the job's id */
  readonly migration?: string | undefined
  readonly source: string
  readonly target: string
  readonly map: string
}

/** Queues the job of a migration in the given transaction; it calls `admit` unless the call is a repetition. */
export type SubmitMigration = (session: Session, job: MigrationJob, admit: () => Promise<void>) => Promise<StoredJob>

/** Estimates the uncertainty of each translated template. */
export type UncertaintyOf = (map: StoredMap, templates: TemplateMatrix) => Promise<Float32Array | null>

/** Builds an index of what a migration has translated, before it is ready, where the gallery has one now. */
export type PrepareIndex = (
  migration: StoredMigration,
  context: Pick<JobContext, 'signal' | 'progress' | 'checkpoint'>
) => Promise<void>

/**
 * Maximum rounds in which a commit translates newly enrolled templates before it gives up on a gallery that fills
 * faster.
 */
const maxRounds = 20
/**
 * A migration of a gallery that somebody enrols in all the time is ready, though some templates may be left, after so
 * many rounds that had to be followed by another: without this it would never be.
 */
const maxRefusals = 3
const maxLeft = 1000

/**
 * Moves galleries from one model to another. Translated templates are stored beside their originals, which serve until
 * the migration is committed, so searches answer as before while it runs.
 */
export function createGalleryMigrations (
  repository: GalleryMigrationRepository,
  reader: GalleryReader,
  catalogue: Catalogue,
  maps: ReturnType<typeof createMapRepository>,
  translator: Translator,
  uncertaintyOf: UncertaintyOf,
  purger: Pick<Purger, 'kick'>,
  statistics: Pick<Statistics, 'changed'>,
  warmUp: Pick<WarmUp, 'expect' | 'prepare'>,
  prepareIndex: PrepareIndex = async () => {}
) {
  /**
   * Translates what is left, and marks the migration as ready.
   * @param step called for each page that is stored
   * @param then done before the migration is ready
   */
  async function translateAll (
    migration: StoredMigration,
    signal: AbortSignal | undefined,
    step: (translated: number) => Promise<void>,
    then: () => Promise<void> = async () => {},
    job?: MigrationAttempt
  ): Promise<void> {
    const { gallery, id } = migration
    const map = await maps.get(migration.map)
    const numbers = await maps.numbers(migration.map)
    let refusals = 0
    let isAlone: boolean
    do {
      isAlone = true
      // Pipelined: while one page is stored, the next is translated and a third is read.
      let stored: Promise<unknown> = Promise.resolve()
      const store = async (
        page: UntranslatedPage,
        before: Promise<unknown>
      ): Promise<{ count: number, stored: boolean }> => {
        // A page without readable templates needs no translation.
        const isEmpty = page.templates.rows === 0
        const uncertainty = isEmpty ? null : await uncertaintyOf(map, page.templates)
        const templates = isEmpty ? page.templates : await translator.translate(numbers, page.templates)
        await before
        signal?.throwIfAborted()
        return {
          count: page.ordinals.length + page.unusable,
          stored: await repository.store(id, page, { templates, uncertainty })
        }
      }
      try {
        for await (
          const page of inOrder(repository.pages(gallery, id), page => {
            const storing = store(page, stored)
            stored = storing
            return storing
          })
        ) {
          // Another process has advanced further: continue from there.
          if (!page.stored) {
            isAlone = false
            break
          }
          await step(page.count)
        }
      } finally {
        await stored.catch(() => {})
      }
      await then()
    } while (!await repository.finish(gallery, id, job, isAlone && refusals++ >= maxRefusals ? maxLeft : 0))
  }

  /** Deletes templates awaiting deletion, which would hold names that the translated ones need. */
  async function purge (gallery: string): Promise<void> {
    for (const left of await repository.unpurged()) {
      if (left.gallery === gallery) { while (await repository.purge(left.shard, left.id)); }
    }
  }

  return {
    get: repository.get,
    list: repository.list,

    /**
     * Resolves the parameters of a migration.
     * @param dryRun whether this is only an estimate: the map then need not be active yet
     * @throws Problem `gallery-unknown`, `model-unknown`, `map-missing`, `map-unknown`, `map-retired`,
     *   `map-not-activated`; `request-invalid` when the parameters are inconsistent
     */
    async plan (gallery: string, order: MigrationOrder, dryRun: boolean): Promise<MigrationPlan> {
      const target = catalogue.space(order.target)
      const open = await reader.open(gallery)
      const source = order.source === undefined ? await onlySource() : catalogue.space(order.source)
      catalogue.requireDistinct(source, target)
      if (order.map === undefined) return { source, target, map: catalogue.requireMap(source, target) }
      const map = await maps.get(order.map)
      if (map.source.fingerprint !== source.fingerprint || map.target.fingerprint !== target.fingerprint) {
        throw new Problem(
          'request-invalid',
          `map: expected one from "${source.model}" to "${target.model}", received one from "${map.source.model}" to "${map.target.model}"`
        )
      }
      if (map.state === 'retired' || (map.state === 'fitted' && !dryRun)) {
        throw inactiveMap(map.id, map.state === 'retired')
      }
      return { source, target, map }

      async function onlySource (): Promise<KnownSpace> {
        const others = new Set(
          (await reader.groups(open)).map(({ fingerprint }) => fingerprint).filter(fingerprint =>
            fingerprint !== target.fingerprint
          )
        )
        const spaces = catalogue.spaces().filter(({ fingerprint }) => others.has(fingerprint))
        if (spaces.length === 1 && others.size === 1) return spaces[0]!
        throw new Problem(
          'request-invalid',
          `source: expected the model to migrate from, since the gallery has ${
            others.size === 0
              ? `no templates of a model other than "${target.model}"`
              : `templates of ${others.size} models besides "${target.model}"`
          }`
        )
      }
    },

    /** Queues the job of a migration. @throws Problem as `start` of the repository does */
    async start (gallery: string, { source, target, map }: MigrationPlan, submit: SubmitMigration): Promise<StoredJob> {
      return await repository.start(
        gallery,
        map.id,
        async (session, admit) =>
          await submit(session, { gallery, source: source.fingerprint, target: target.fingerprint, map: map.id }, admit)
      )
    },

    /** @returns id of the job that resumes it @throws Problem as `resume` of the repository does */
    async resume (gallery: string, id: string, submit: SubmitMigration): Promise<string> {
      return await repository.resume(
        gallery,
        id,
        async (session, { source, target, map }) =>
          (await submit(session, {
            gallery,
            migration: id,
            source: source.fingerprint,
            target: target.fingerprint,
            map
          }, async () => {})).id
      )
    },

    /**
     * Runs or resumes a migration until it is ready to be committed.
     * @returns its id
     * @throws Problem `migration-open`, `migration-ended`, `gallery-unknown`, `map-retired`, `map-not-activated`
     */
    async run (
      { gallery, migration: id, ...spaces }: MigrationJob,
      { id: job, attempt, signal, progress, checkpoint }: Pick<
        JobContext,
        'id' | 'attempt' | 'signal' | 'progress' | 'checkpoint'
      >
    ): Promise<string> {
      await purge(gallery)
      const migration = await repository.begin(gallery, id ?? job, spaces)
      // An earlier attempt completed it.
      if (migration.state === 'ready' || migration.state === 'committed') return migration.id
      const left = await repository.remaining(gallery, migration.id)
      let done = 0
      const report = () =>
        progress({
          stage: 'translating',
          fraction: left === 0 ? 1 : Math.min(1, done / left),
          done: migration.translated + done,
          total: migration.translated + left
        })
      report()
      await translateAll(migration, signal, async translated => {
        done += translated
        report()
        await checkpoint()
      }, async () => {
        await prepareIndex(await repository.get(gallery, migration.id), { signal, progress, checkpoint })
      }, { id: job, attempt }).finally(() => {
        statistics.changed('galleries', done)
      })
      warmUp.prepare()
      return migration.id
    },

    /**
     * Makes the translated templates serve instead of the originals, which are then deleted. Templates enrolled since
     * the migration was ready are translated first.
     * @throws Problem `migration-unknown`, `migration-not-ready`, `migration-ended`, `map-retired`, `map-not-activated`
     */
    async commit (gallery: string, id: string): Promise<StoredMigration> {
      for (let round = 0; !await repository.commit(gallery, id); round++) {
        if (round === maxRounds) {
          throw new Problem(
            'unavailable',
            'new templates are enrolled faster than they are translated: commit again'
          )
        }
        await translateAll(await repository.get(gallery, id), undefined, async () => {})
      }
      purger.kick()
      const committed = await repository.get(gallery, id)
      warmUp.expect({ gallery, fingerprint: committed.target.fingerprint })
      return committed
    },

    /**
     * Rolls back: deletes the translated templates; the originals serve as before.
     * @throws Problem `migration-unknown`, `migration-ended`
     */
    async rollBack (gallery: string, id: string): Promise<StoredMigration> {
      await repository.rollBack(gallery, id)
      purger.kick()
      return await repository.get(gallery, id)
    }
  }
}

export type GalleryMigrations = ReturnType<typeof createGalleryMigrations>
