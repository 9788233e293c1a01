import { createSearchesRepository, type SearchesRepository } from '../../src/features/galleries/store/searches.js'
import { randomUUID } from 'node:crypto'
import { createAuditRepository } from '../../src/features/audit/audit-repository.js'
import { createApiKeyRepository } from '../../src/features/access/api-keys-repository.js'
import { createMapRepository } from '../../src/features/catalogue/store/maps.js'
import { createCorpusRepository } from '../../src/features/corpora/store/corpora.js'
import { createGalleryReader, type GalleryReader } from '../../src/features/galleries/store/contents.js'
import { createGalleryRepository } from '../../src/features/galleries/store/galleries.js'
import {
  createGalleryMigrationRepository,
  type GalleryMigrationRepository
} from '../../src/features/galleries/store/migrations.js'
import { createCollectionRows, type CollectionRows } from '../../src/features/galleries/store/qdrant/collection-rows.js'
import { createReenrolmentRepository } from '../../src/features/galleries/store/reenrolment.js'
import { createSubjectRepository } from '../../src/features/galleries/store/subjects.js'
import { createJobQueue } from '../../src/features/jobs/store/job-queue.js'
import { createJobRepository, type JobRepository } from '../../src/features/jobs/store/jobs.js'
import type { Database } from '../../src/platform/database/database.js'
import { createVault } from '../../src/platform/encryption/vault.js'
import { Problem } from '../../src/errors.js'
import type { FilledDatabase } from './filled-database.js'
import { onlyShard } from './only-shard.js'
import { explaining, faultsOf, largeTables, type ExplainedStatement } from './statement-plans.js'
import { numbersOf, sha256 } from './stored-fixtures.js'

/** A call whose statements read or change tables that grow, and how many rows of them each may look at. */
interface GrowingCall {
  readonly most: number
  run(): Promise<unknown>
}

/** What the server says of the statements of a call. */
export interface ExplainedCall {
  /** repository and method, such as `jobs.list` */
  readonly name: string
  /** each under both kinds of plans, with what is wrong with the plan, see `faultsOf` */
  readonly statements: readonly (ExplainedStatement & { readonly faults: readonly string[] })[]
  /** what the call ended with, where it did not succeed */
  readonly failure: unknown
}

/**
 * Calls everything that repositories do with tables that grow, and has the server explain each statement.
 *
 * @param database filled, and analysed as the plans should find it
 */
export async function* explainedCalls (
  database: Database,
  filled: FilledDatabase
): AsyncGenerator<ExplainedCall, void> {
  const large = await largeTables(database)
  const explained: ExplainedStatement[] = []
  const calls = growingCalls(explaining(database, statement => explained.push(statement)), database, filled)
  for (const [name, { most, run }] of Object.entries(calls)) {
    const failure = await run().then(() => undefined, (error: unknown) => error)
    yield {
      name,
      statements: explained.splice(0).map(each => ({ ...each, faults: faultsOf(each, large, most) })),
      failure
    }
  }
}

/** Every method of `Repository` by its name: one that is new and not looked at does not compile. */
type CallsOf<Repository> = Readonly<Record<keyof Repository, GrowingCall | 'reads one row' | 'as another'>>

/** Rows that a page or a batch may look at: 16,384 of its own at most, and as many that they refer to. */
const batch = 40_000
/** Of a statement that has to look at all of them: a table, its index, and what it is joined with. */
const times = 6

/**
 * What repositories do with tables that grow. Each is called as the service calls it, in the middle of what there is.
 *
 * @param database that explains
 * @param plain the same, for what puts things back
 */
function growingCalls (
  database: Database,
  plain: Database,
  filled: FilledDatabase
): Readonly<Record<string, GrowingCall>> {
  const all = {
    ...named('reader', readerCalls(database, filled)),
    ...named('galleries', galleryCalls(database, plain, filled)),
    ...named('subjects', subjectCalls(database, filled)),
    ...named('migrations', migrationCalls(database, plain, filled)),
    ...named('re-enrolment', reenrolmentCalls(database, filled)),
    ...named('corpora', corpusCalls(database, filled)),
    ...named('maps', mapCalls(database)),
    ...named('jobs', jobCalls(database)),
    ...named('audit', auditCalls(database, filled)),
    ...named('keys', keyCalls(database)),
    ...named('searches', searchCalls(database, filled)),
    ...named('collections', collectionCalls(database, plain, filled))
  }
  return Object.fromEntries(
    Object.entries(all).flatMap(([name, call]) => typeof call === 'string' ? [] : [[name, call]])
  )
}

function named (
  of: string,
  calls: Readonly<Record<string, GrowingCall | string>>
): Record<string, GrowingCall | string> {
  return Object.fromEntries(Object.entries(calls).map(([name, call]) => [`${of}.${name}`, call]))
}

/** Rows that a call about one person or a thousand rows may look at. */
const few = (run: () => Promise<unknown>): GrowingCall => ({ most: 5000, run })
const page = (run: () => Promise<unknown>): GrowingCall => ({ most: batch, run })
const whole = (rows: number, run: () => Promise<unknown>): GrowingCall => ({ most: times * rows + batch, run })

/** The first item of what streams; the statements of the others are the same. */
async function first (stream: AsyncGenerator<unknown, void>): Promise<void> {
  await stream.next()
  await stream.return()
}

function readerCalls (
  database: Database,
  { gallery, migrated, committed, map, source, target, dimension, templates }: FilledDatabase
): CallsOf<GalleryReader> {
  const vault = createVault([])
  const reader = createGalleryReader(database, vault)
  const shardOf = async (id: string) => await onlyShard(reader, id)
  const native = { fingerprint: source, migration: null }
  const translated = { fingerprint: target, migration: { id: committed, map } }
  const middle = templates
  const ordinals = Array.from({ length: 1000 }, (_, i) => middle + i)
  return {
    open: 'reads one row',
    openAwaiting: 'reads one row',
    awaiting: 'reads one row',
    heads: 'reads one row',
    translated: 'reads one row',
    unusable: few(async () => {
      vault.unopened.note({
        kind: 'gallery',
        container: gallery,
        rows: ordinals.slice(0, 100).map(ordinal => ({ key: String(ordinal), fingerprint: source }))
      })
      await reader.unusable(await shardOf(gallery))
    }),
    groups: whole(templates, async () => {
      await reader.groups(await reader.open(gallery))
      await reader.groups(await reader.open(migrated))
    }),
    removals: few(async () => {
      const shard = await shardOf(gallery)
      await reader.removals(shard, { position: shard.position - 1000, epoch: 0 })
    }),
    pages: page(async () => {
      for (const after of [0, middle]) {
        await first(reader.pages(await shardOf(gallery), native, dimension, after))
        await first(reader.pages(await shardOf(migrated), translated, dimension, Math.floor(after / 10)))
      }
      await first(
        reader.pages((await reader.openAwaiting(migrated, committed)).shards[0]!, translated, dimension, middle / 10)
      )
    }),
    templatesAt: few(async () => {
      await reader.templatesAt(await shardOf(gallery), native, dimension, ordinals)
    }),
    countAfter: whole(templates, async () => {
      await reader.countAfter(await shardOf(gallery), native, middle)
      await reader.countAfter(await shardOf(migrated), translated, 0)
    }),
    subjectsWith: page(async () => {
      await reader.subjectsWith(await shardOf(gallery), { site: 7 })
    }),
    groupsOf: few(async () => {
      await reader.groupsOf(await shardOf(gallery), ordinals)
    }),
    sampleOfRepeated: whole(templates, async () => {
      await reader.sampleOfRepeated(await shardOf(gallery), { fingerprint: source, dimension }, {
        subjects: 500,
        each: 4
      })
    }),
    describe: few(async () => {
      await reader.describe(await shardOf(gallery), ordinals)
    })
  }
}

function galleryCalls (
  database: Database,
  plain: Database,
  { gallery, templates }: FilledDatabase
): CallsOf<ReturnType<typeof createGalleryRepository>> {
  const galleries = createGalleryRepository(database, createVault([]))
  return {
    find: 'reads one row',
    create: 'reads one row',
    createWithId: 'reads one row',
    list: page(async () => {
      await galleries.list({ limit: 100 })
    }),
    get: whole(templates, async () => {
      await galleries.get(gallery)
    }),
    // Of a small gallery, in the same tables.
    remove: whole(templates, async () => {
      const { gallery: { id } } = await galleries.create({ name: 'small', requestSha256: sha256('small') })
      await plain.query("INSERT INTO gallery_subjects (gallery_id, subject, number) VALUES ($1, 'one', 1)", [id])
      await galleries.remove(id)
    }),
    purgeSome: 'as another'
  }
}

function subjectCalls (
  database: Database,
  { gallery, source, dimension }: FilledDatabase
): CallsOf<ReturnType<typeof createSubjectRepository>> {
  const subjects = createSubjectRepository(database, createVault([]))
  const space = { model: 'filled-a', fingerprint: source, dimension }
  const row = (subject: string, seed: number) => ({
    subject,
    reference: 'new',
    quality: null,
    vector: numbersOf(seed, dimension)
  })
  return {
    enrol: page(async () => {
      const rows = Array.from({ length: 1000 }, (_, i) => row(`subject ${i + 1}`, i + 1))
      await subjects.enrol(gallery, [{ space, rows }])
      await subjects.enrol(gallery, [{ space, rows }])
    }),
    replace: few(async () => {
      await subjects.replace(gallery, 'subject 3000', { site: 1 }, [{ space, rows: [row('subject 3000', 1)] }])
    }),
    remove: few(async () => {
      await subjects.enrol(gallery, [{ space, rows: [row('somebody', 1)] }])
      await subjects.remove(gallery, 'somebody')
    }),
    patch: few(async () => {
      await subjects.patch(gallery, 'subject 7', { attributes: { site: 8 }, quality: 0.5 })
    }),
    removeTemplates: few(async () => {
      await subjects.enrol(gallery, [{
        space,
        rows: [row('somebody else', 1), { ...row('somebody else', 2), reference: 'second' }]
      }])
      await subjects.removeTemplates(gallery, 'somebody else', 'filled-a', 'second')
      await subjects.remove(gallery, 'somebody else')
    }),
    get: few(async () => {
      await subjects.get(gallery, 'subject 7')
    }),
    list: page(async () => {
      await subjects.list(gallery, { limit: 1000 })
      await subjects.list(gallery, { limit: 1000, after: 'subject 5' })
      await subjects.list(gallery, { limit: 100, attributes: { site: 7 } })
    })
  }
}

function migrationCalls (
  database: Database,
  plain: Database,
  { gallery, migration, migrated, committed, target, dimension, templates }: FilledDatabase
): CallsOf<GalleryMigrationRepository> {
  const migrations = createGalleryMigrationRepository(database, createVault([]))
  return {
    begin: 'reads one row',
    get: 'reads one row',
    list: page(async () => {
      await migrations.list(gallery, { limit: 100 })
    }),
    start: 'reads one row',
    remaining: whole(templates, async () => {
      await migrations.remaining(gallery, migration)
    }),
    pages: page(async () => {
      await first(migrations.pages(gallery, migration))
    }),
    store: page(async () => {
      const { value } = await migrations.pages(gallery, migration).next()
      const rows = value!.ordinals.length
      await migrations.store(migration, value!, {
        templates: { rows, cols: dimension, data: new Float32Array(rows * dimension).fill(0.5) },
        uncertainty: null
      })
      await plain.query('UPDATE gallery_migrations SET read_position = $2 WHERE id = $1', [migration, value!.after])
      // Once more: all names are taken, by what the migration itself has made.
      await migrations.store(migration, value!, {
        templates: { rows, cols: dimension, data: new Float32Array(rows * dimension).fill(0.5) },
        uncertainty: null
      })
      await plain.query(
        'DELETE FROM gallery_templates WHERE gallery_id = $1 AND fingerprint = $2 AND uncertainty IS NULL',
        [gallery, target]
      )
    }),
    finish: page(async () => {
      await migrations.finish(gallery, migration)
    }),
    resume: 'reads one row',
    commit: page(async () => {
      await plain.query("UPDATE gallery_migrations SET state = 'ready' WHERE id = $1", [migration])
      await migrations.commit(gallery, migration)
      await plain.query("UPDATE gallery_migrations SET state = 'running' WHERE id = $1", [migration])
    }),
    rollBack: 'reads one row',
    purge: page(async () => {
      await migrations.purge(migrated, committed)
    }),
    purgeSome: 'as another',
    unpurged: few(async () => {
      await migrations.unpurged()
    })
  }
}

function reenrolmentCalls (
  database: Database,
  { gallery, target, templates }: FilledDatabase
): CallsOf<ReturnType<typeof createReenrolmentRepository>> {
  const reenrolments = createReenrolmentRepository(database, createVault([]))
  return {
    list: whole(templates, async () => {
      await reenrolments.list(gallery, target, 100)
    })
  }
}

function corpusCalls (
  database: Database,
  { corpus, source, target, dimension, samples }: FilledDatabase
): CallsOf<ReturnType<typeof createCorpusRepository>> {
  const corpora = createCorpusRepository(database)
  return {
    create: 'reads one row',
    createWithId: 'reads one row',
    list: page(async () => {
      await corpora.list({ limit: 100 })
    }),
    get: whole(samples, async () => {
      await corpora.get(corpus)
    }),
    addTemplates: few(async () => {
      const rows = Array.from(
        { length: 1000 },
        (_, i) => ({ sample: `new ${i}`, identity: `person ${i}`, vector: numbersOf(i + 1, dimension) })
      )
      await corpora.addTemplates(corpus, [{ fingerprint: source, rows }])
      await corpora.addTemplates(corpus, [{ fingerprint: source, rows }])
    }),
    pairs: whole(samples, async () => {
      await corpora.pairs(corpus, source, target)
    }),
    pairingOf: 'reads one row',
    pairedPeople: whole(samples, async () => {
      await corpora.pairedPeople(corpus, source, target)
    }),
    sides: whole(samples, async () => {
      await corpora.sides(corpus, source, target)
    }),
    join: whole(samples, async () => {
      await corpora.join(corpus, [source, target])
    }),
    removeIdentity: few(async () => {
      await corpora.removeIdentity(corpus, 'person 7')
    }),
    remove: whole(samples, async () => {
      const { corpus: { id } } = await corpora.create({ name: 'small', requestSha256: sha256('small') })
      await corpora.addTemplates(id, [{
        fingerprint: source,
        rows: [{ sample: 'one', identity: null, vector: numbersOf(1, dimension) }]
      }])
      await corpora.remove(id)
    })
  }
}

function mapCalls (database: Database): Record<string, GrowingCall> {
  const maps = createMapRepository(database)
  return {
    list: page(async () => {
      await maps.list({ limit: 100 })
    })
  }
}

function jobCalls (database: Database): CallsOf<JobRepository> {
  const jobs = createJobRepository(database, createJobQueue(database), {
    recordOf: () => undefined,
    lease: 60,
    perKey: 100
  })
  const job = {
    kind: 'fit',
    queue: 'fitting' as const,
    request: {},
    origin: { request: 'r', operation: 'o', key: null },
    attempts: 1,
    idempotencyKey: 'new',
    requestSha256: sha256('new')
  }
  return {
    insert: few(async () => {
      await jobs.cancel((await jobs.insert({ ...job, idempotencyKey: randomUUID() })).job.id, null)
    }),
    insertWithin: 'as another',
    pending: few(async () => {
      await jobs.pending()
    }),
    openOf: few(async () => {
      await jobs.openOf(database, 'migration', { gallery: 'none' })
    }),
    endWithin: 'as another',
    insertEnded: 'reads one row',
    get: 'reads one row',
    list: page(async () => {
      const { next } = await jobs.list({ limit: 100 }, null)
      await jobs.list({ limit: 100, after: next! }, null)
      await jobs.list({ limit: 100, kind: 'fit', state: 'succeeded' }, null)
    }),
    cancel: 'as another',
    claim: page(async () => {
      await jobs.insert({ ...job, idempotencyKey: randomUUID() })
      const claimed = await jobs.claim('fitting')
      if (claimed === undefined) throw new Problem('internal', 'expected a job')
      await jobs.renew(claimed)
      await jobs.report(claimed, { stage: 'half', fraction: 0.5 })
      await jobs.end(claimed, { outcome: 'cancelled' })
    }),
    renew: 'as another',
    report: 'as another',
    end: 'as another',
    release: 'reads one row',
    retry: 'reads one row',
    recover: few(async () => {
      await jobs.recover(new Problem('job-abandoned', 'once more'))
    })
  }
}

function auditCalls (
  database: Database,
  { templates }: FilledDatabase
): CallsOf<ReturnType<typeof createAuditRepository>> {
  const audit = createAuditRepository(database)
  return {
    append: few(async () => {
      await audit.append([{ operation: 'o' }])
    }),
    list: page(async () => {
      await audit.list({ after: Math.floor(templates / 20), limit: 1000 })
    }),
    head: 'reads one row',
    inspect: page(async () => {
      await audit.inspect(async (_head, rows) => {
        await first(rows)
      }, Math.floor(templates / 20))
    })
  }
}

function keyCalls (database: Database): CallsOf<ReturnType<typeof createApiKeyRepository>> {
  const keys = createApiKeyRepository(database)
  return {
    insert: 'reads one row',
    findByPrefixes: 'as another',
    findByPrefix: few(async () => {
      await keys.findByPrefix('000000000007')
    }),
    list: page(async () => {
      const { items: [key], next } = await keys.list({ limit: 100 })
      await keys.list({ limit: 100, after: next! })
      await keys.spend(key!.id, 1, 10)
      await keys.recordUses(new Map([[key!.id, new Date()]]))
    }),
    revoke: few(async () => {
      await keys.revoke('000000000008')
    }),
    spend: 'as another',
    recordUses: 'as another'
  }
}

function searchCalls (
  database: Database,
  { gallery }: FilledDatabase
): CallsOf<SearchesRepository> {
  const searches = createSearchesRepository(database)
  return {
    note: few(async () => {
      await searches.note({ gallery, fingerprint: 'another' })
    }),
    since: page(async () => {
      await searches.since(30)
    })
  }
}

/** Views, of which all but one have followed what was removed. */
const views = 1000

function collectionCalls (
  database: Database,
  plain: Database,
  { gallery, migrated, templates }: FilledDatabase
): CallsOf<CollectionRows> {
  const collections = createCollectionRows(database)
  /** As many views, which take the two galleries in turn. */
  async function filledViews (): Promise<Awaited<ReturnType<CollectionRows['list']>>> {
    await plain.query(
      `INSERT INTO gallery_collections (gallery_id, key, dimension, epoch, erased, state)
       SELECT gallery_id, 'view ' || i, 128, 0, position - (i = 1)::integer, 'ready'
       FROM (SELECT gallery_id, row_number() OVER (ORDER BY gallery_id) AS place, position FROM gallery_heads
             WHERE gallery_id IN ($1, $2)) g JOIN generate_series(1, $3::integer) i ON i % 2 = place - 1
       ON CONFLICT (gallery_id, key, epoch) WHERE state <> 'dropped' DO UPDATE SET erased = excluded.erased`,
      [gallery, migrated, views]
    )
    await plain.dedicated(async client => await client.query('ANALYZE gallery_collections'))
    return await createCollectionRows(plain).list()
  }
  return {
    owner: 'reads one row',
    list: page(async () => {
      await filledViews()
      await collections.list()
      await collections.list(gallery)
    }),
    create: 'reads one row',
    advance: 'reads one row',
    present: 'as another',
    ready: 'reads one row',
    abandon: 'reads one row',
    forget: 'reads one row',
    used: few(async () => {
      await collections.used(await filledViews())
    }),
    unfollowed: page(async () => {
      await collections.unfollowed(await filledViews())
    }),
    removedAfter: page(async () => {
      await collections.removedAfter(gallery, templates)
      await collections.removedAfter(gallery, 0)
    }),
    erasedUpTo: 'reads one row'
  }
}
