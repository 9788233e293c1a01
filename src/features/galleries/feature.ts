import type { Logger } from 'pino'
import type { Registry } from 'prom-client'
import type { OnClose } from '../../closers.js'
import { Problem } from '../../errors.js'
import { createEngineProducts } from '../../engines/onnx/products.js'
import type { Database } from '../../platform/database/database.js'
import type { Statistics } from '../../platform/database/statistics.js'
import { copiedCounter, gauge } from '../../platform/measures.js'
import type { Vault } from '../../platform/encryption/vault.js'
import type { Catalogue, CatalogueStore } from '../catalogue/index.js'
import type { EmbedLargest, MergeImages } from '../embeddings/index.js'
import type { Guard, Measurer, Profiles } from '../guard/index.js'
import type { JobRepository } from '../jobs/index.js'
import type { Translator } from '../translations/index.js'
import { createGalleries } from './galleries.js'
import { createGroupViews } from './group-views.js'
import { createIdentification } from './identification.js'
import { openEngine, type EngineConfig } from './engines.js'
import { createIndexJob } from './index-job.js'
import { createIndexSearch } from './index-search.js'
import { createIndexing } from './indexing.js'
import { createMigrationEstimate } from './migration-estimate.js'
import { createMigrationJob, jobsOfMigrations } from './migration-job.js'
import { createGalleryMigrations } from './migration.js'
import { createPurger } from './purger.js'
import { createExactSearch } from './search/exact-search.js'
import { createWarmUp, type WarmUp } from './warm-up.js'
import { createViewCache, type ViewCache } from './search/view-cache.js'
import { createGalleryReader } from './store/contents.js'
import { createGalleryCounts } from './store/gallery-counts.js'
import type { OpenGallery } from './store/head.js'
import { createGalleryRepository } from './store/galleries.js'
import { createGalleryMigrationRepository } from './store/migrations.js'
import { createReenrolmentRepository } from './store/reenrolment.js'
import { createSubjectRepository } from './store/subjects.js'
import { createSearchesRepository } from './store/searches.js'
import { createUncertainty } from './uncertainty.js'

type GalleryStore = ReturnType<typeof openGalleryStore>

/** The repositories of galleries. */
export function openGalleryStore (
  { database, vault, jobs, shards }: {
    readonly database: Database
    readonly vault: Vault
    readonly jobs: JobRepository
    /** number of shards of a gallery that is created without one */
    readonly shards: number
  }
) {
  const counts = createGalleryCounts()
  return {
    galleries: createGalleryRepository(database, vault, counts, shards),
    subjects: createSubjectRepository(database, vault, counts),
    migrations: createGalleryMigrationRepository(database, vault, jobsOfMigrations(jobs)),
    reenrolments: createReenrolmentRepository(database, vault),
    reader: createGalleryReader(database, vault),
    groups: async (gallery: OpenGallery) => await counts.groups(database, gallery)
  }
}

interface GalleriesDependencies {
  readonly database: Database
  readonly store: GalleryStore
  readonly catalogueStore: Pick<CatalogueStore, 'maps'>
  readonly catalogue: Catalogue
  readonly embedLargest: EmbedLargest
  readonly mergeImages: MergeImages
  readonly translator: Translator
  readonly guard: Guard
  readonly profiles: Profiles
  readonly measurer: Measurer
  readonly statistics: Statistics
  readonly registry: Registry
  /** what indexes galleries in place of pgvector */
  readonly vectorEngine: EngineConfig | undefined
  /** worker threads for searches */
  readonly threads: number
  /** maximum bytes of galleries kept in memory for searches */
  readonly memory: number
  readonly log: Logger
  readonly onClose: OnClose
}

/** Galleries: enrolment, search, indexes, migrations, and the jobs of the last two. */
export async function createGalleriesFeature (given: GalleriesDependencies) {
  const { database, store, catalogue, translator, statistics, log, onClose } = given
  const { maps } = given.catalogueStore
  const { index, options } = await openEngine({ ...given, config: given.vectorEngine })
  const search = createExactSearch({ threads: given.threads })
  onClose(() => search.close())
  const groupViews = createGroupViews(store.reader, catalogue, maps, translator)
  const viewCache = createViewCache({ bytes: given.memory, search })
  const indexing = createIndexing(index, store.reader, groupViews, catalogue, options)
  const warmUp = createWarmUp({
    reader: store.reader,
    views: groupViews,
    cache: viewCache,
    catalogue,
    searches: createSearchesRepository(database),
    log
  })
  onClose(() => warmUp.stop())
  measureViews(given.registry, viewCache, warmUp)
  const purger = createPurger([indexing.purgeable, store.galleries, store.migrations], log)
  onClose(() => purger.stop())
  const galleryMigrations = createGalleryMigrations(
    store.migrations,
    store.reader,
    catalogue,
    maps,
    translator,
    createUncertainty(given.profiles, given.measurer),
    purger,
    statistics,
    warmUp,
    async (migration, context) => {
      await indexing.prepare(migration, context).catch((error: unknown) => {
        if (context.signal.aborted || error instanceof Problem) throw error
        log.warn(
          { err: error, gallery: migration.gallery, migration: migration.id },
          'the translated templates have no index: until PUT /v1/galleries/{id}/indexes/{model} makes one they are ' +
            'searched exactly'
        )
      })
    }
  )
  const products = createEngineProducts()
  onClose(() => products.release())
  return {
    galleries: createGalleries(
      store.galleries,
      store.subjects,
      catalogue,
      given,
      given.guard,
      indexing,
      viewCache,
      statistics,
      log
    ),
    identify: createIdentification(store, groupViews, viewCache, createIndexSearch(indexing), warmUp, catalogue),
    indexing,
    galleryMigrations,
    estimateMigration: createMigrationEstimate(store.reader, maps, translator, products),
    reenrolments: store.reenrolments,
    jobs: { migration: createMigrationJob(galleryMigrations), index: createIndexJob(indexing) }
  }
}

/** What galleries hold in memory, and how often they were read for it. */
function measureViews (registry: Registry, { statistics }: ViewCache, { status }: WarmUp): void {
  gauge(
    registry,
    'crosswalk_gallery_views_waiting',
    'Galleries searched lately that wait to be read into memory.',
    () => status().waiting
  )
  gauge(registry, 'crosswalk_gallery_views', 'Projections of galleries in memory.', () => statistics().views)
  gauge(
    registry,
    'crosswalk_gallery_views_quantised',
    'Projections of galleries in memory whose vectors are quantised, since there is no room for whole ones.',
    () => statistics().quantised
  )
  gauge(registry, 'crosswalk_gallery_view_bytes', 'Bytes of galleries in memory.', () => statistics().bytes)
  const counters = {
    loads: 'Reads of a whole projection into memory.',
    updates: 'Reads of what a projection in memory lacked.',
    streams: 'Searches that read the gallery from the database, since it does not fit.',
    rescored: 'Templates that searches of quantised vectors read from the database, to score them exactly.',
    evictions: 'Projections that made room for others.'
  }
  for (const [name, help] of Object.entries(counters) as [keyof typeof counters, string][]) {
    copiedCounter(registry, `crosswalk_gallery_view_${name}_total`, help, () => statistics()[name])
  }
}
