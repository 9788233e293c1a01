import { setTimeout } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { Config } from './config.js'
import { Problem, StartupError } from './errors.js'
import { createAdmissions } from './platform/http/admission.js'
import { createAccess } from './features/access/access.js'
import { loadAdminKey } from './features/access/admin-key-file.js'
import { createAudit } from './features/audit/audit.js'
import { createBundles } from './features/bundles/bundles.js'
import { loadSigningKey, readTrustedKeys } from './features/bundles/keys.js'
import { createCatalogueLease } from './features/catalogue/catalogue-lease.js'
import { createCatalogue } from './features/catalogue/catalogue.js'
import { followChanges } from './features/catalogue/catalogue-follower.js'
import { createCorpora } from './features/corpora/corpora.js'
import { createEmbedding, createLargestEmbedding } from './features/embeddings/embedding.js'
import { createEvaluations } from './features/evaluations/evaluations.js'
import { storeExamples } from './features/examples.js'
import { createEvaluator } from './features/evaluations/evaluator.js'
import { createFitter } from './features/maps/fitting/fitter.js'
import { createGalleries } from './features/galleries/galleries.js'
import { createGroupViews } from './features/galleries/group-views.js'
import { createGalleryMigrations } from './features/galleries/migration.js'
import { createMigrationEstimate } from './features/galleries/migration-estimate.js'
import { createIndexSearch } from './features/galleries/index-search.js'
import { createIndexing } from './features/galleries/indexing.js'
import { createUncertainty } from './features/galleries/uncertainty.js'
import { createPurger } from './features/galleries/purger.js'
import { createIdentification } from './features/galleries/identification.js'
import { createExactSearch } from './features/galleries/search/exact-search.js'
import { createViewCache } from './features/galleries/search/view-cache.js'
import { createTranslator } from './features/translations/translator/translator.js'
import { exampleContainers, storeGalleryExamples } from './features/gallery-examples.js'
import { createGuard } from './features/guard/guard.js'
import { createMeasurer } from './features/guard/measurer.js'
import { createProfiles } from './features/guard/profiles.js'
import { createHubs } from './features/maps/hubs.js'
import { recordOfEnd } from './features/jobs/audit-record.js'
import { createEvaluationJob } from './features/evaluations/evaluation-job.js'
import { createActivation } from './features/maps/activation.js'
import { createFitJob } from './features/maps/fit-job.js'
import { createIndexJob } from './features/galleries/index-job.js'
import { createMigrationJob, jobsOfMigrations } from './features/galleries/migration-job.js'
import { createHubJob } from './features/maps/hub-job.js'
import { createJobs } from './features/jobs/jobs.js'
import { createMaps } from './features/maps/maps.js'
import { createModels } from './features/catalogue/models.js'
import { loadShippedMaps } from './features/maps/shipped-maps.js'
import { loadShippedProfiles } from './features/guard/shipped-profiles.js'
import { createTranslations } from './features/translations/translation.js'
import { createVerification } from './features/verifications/verification.js'
import { createEngineProducts } from './engines/onnx/products.js'
import { openModelsFolder, type ModelsFolder } from './engines/recognition/models-folder.js'
import { createRecognition } from './engines/recognition/recognition.js'
import { apiKeysChanged, createApiKeyRepository } from './features/access/api-keys-repository.js'
import { createAuditRepository } from './features/audit/audit-repository.js'
import { createCorpusRepository } from './features/corpora/store/corpora.js'
import { openDatabase } from './platform/database/open-database.js'
import type { Database } from './platform/database/database.js'
import { readKeysFile } from './platform/encryption/keys-file.js'
import { applyEncryption } from './platform/encryption/apply.js'
import { createVault, keysInUse, type Vault } from './platform/encryption/vault.js'
import { createEvaluationRepository } from './features/evaluations/evaluations-repository.js'
import { createGalleryReader } from './features/galleries/store/contents.js'
import { createGalleryMigrationRepository } from './features/galleries/store/migrations.js'
import { createGalleryRepository } from './features/galleries/store/galleries.js'
import { createReenrolmentRepository } from './features/galleries/store/reenrolment.js'
import { createSubjectRepository } from './features/galleries/store/subjects.js'
import { createJobQueue } from './features/jobs/store/job-queue.js'
import { createJobRepository } from './features/jobs/store/jobs.js'
import { createMapRepository, mapsChanged } from './features/catalogue/store/maps.js'
import { createStatistics } from './platform/database/statistics.js'
import { migrate, migrationsPending } from './platform/database/migrations.js'
import { createModelRepository, modelsChanged } from './features/catalogue/models-repository.js'
import { createSpaceProfileRepository, spaceProfilesChanged } from './features/catalogue/store/space-profiles.js'
import { openVectorIndex } from './features/galleries/store/vector-index.js'
import { recogniserFingerprint } from './engines/recognition/manifest.js'

/** Templates that the embedded database makes an index of: it answers nothing meanwhile, some 25 ms for each. */
const mostIndexedEmbedded = 5000
/** Milliseconds that the database has to answer in to be called ready. */
const patienceOfReadiness = 2000

export type Service = Awaited<ReturnType<typeof createService>>

/**
 * Puts the parts together: database, models, workers, and what the service does with them.
 *
 * @param onPanic told that the embedded database cannot go on
 * @param now milliseconds, of a clock that only goes forward
 * @throws StartupError when the database, a manifest or a shipped map stands in the way
 */
export async function createService (config: Config, log: Logger, onPanic: (error: Error) => void = () => {}, now = () => performance.now()) {
  const closers: (() => Promise<unknown>)[] = []
  const close = async () => {
    const failures: unknown[] = []
    // Each is closed even when one before it fails: the lock on the data directory must go.
    for (const closer of closers.splice(0).reverse()) await closer().catch((error: unknown) => { failures.push(error) })
    if (failures.length > 0) throw new AggregateError(failures, 'the service did not close cleanly')
  }
  try {
    const models = await openModelsFolder(config.modelsDir, config.modelCacheDir)
    requireDefaultModel(models, config.defaultModel)
    const database = await openDatabase(config.database, {
      onConnectionError: error => log.warn({ err: error }, 'database connection lost'),
      onPanic
    })
    closers.push(() => database.close())
    const migrations = await migrate(database).catch((error: unknown) => { throw unreachable(error) })
    for (const migration of migrations) log.info({ migration }, 'migrated')
    const vectorIndex = await openVectorIndex(database)
    if (vectorIndex === undefined) log.info('galleries have no index: the database has no pgvector from 0.7 on, or its user may not make indexes')

    const modelRepository = createModelRepository(database)
    const mapRepository = createMapRepository(database)
    const vault = await openVault(config, database, log)
    const statistics = createStatistics(database, log)
    closers.push(() => statistics.close())
    const corpusRepository = createCorpusRepository(database, vault)
    const galleryRepository = createGalleryRepository(database, vault)
    const subjectRepository = createSubjectRepository(database, vault)
    const evaluationRepository = createEvaluationRepository(database)
    await modelRepository.syncRecognisers(models.recognisers.map(({ manifest }) => ({
      id: manifest.id,
      fingerprint: recogniserFingerprint(manifest),
      kind: 'recogniser',
      dimension: manifest.dimension,
      title: manifest.title,
      licence: manifest.licence,
      manifest
    })))
    const apiKeyRepository = createApiKeyRepository(database)
    const jobRepository = createJobRepository(database, createJobQueue(database), {
      lease: config.jobLease, perKey: config.jobsPerKey, recordOf: config.audit === 'off' ? () => undefined : recordOfEnd
    })
    if (config.examples) {
      await storeExamples({
        models: modelRepository, corpora: corpusRepository, evaluations: evaluationRepository, apiKeys: apiKeyRepository, jobs: jobRepository
      })
    }
    if (config.adminKeyFile !== undefined) log.info(await loadAdminKey(config.adminKeyFile, apiKeyRepository), 'the key of ADMIN_KEY_FILE')
    await loadShippedMaps(config.mapsDir, modelRepository, mapRepository, log)
    const migrationRepository = createGalleryMigrationRepository(database, vault, jobsOfMigrations(jobRepository))
    if (config.examples) await storeGalleryExamples(galleryRepository, subjectRepository, migrationRepository)
    const profileRepository = createSpaceProfileRepository(database)
    await loadShippedProfiles(config.mapsDir, modelRepository, profileRepository, log)

    const loaded = new Set(models.recognisers.map(({ manifest }) => recogniserFingerprint(manifest)))
    const catalogue = createCatalogue(modelRepository, mapRepository, loaded, () => lease.assertValid())
    const lease = createCatalogueLease(database, catalogue, { lease: config.mapLease, log })
    closers.push(() => lease.stop())
    const follower = followChanges(catalogue, lease.renew, log)
    closers.push(async () => follower.stop())
    for (const channel of [mapsChanged, modelsChanged]) closers.push(await database.listen(channel, follower.changed))
    await catalogue.refresh()
    await lease.start()

    const recognition = await createRecognition({ models, detector: config.detector, threads: config.embedThreads, maxPixels: config.imageMaxPixels })
    closers.push(() => recognition.close())
    const fitter = createFitter({ threads: config.fitThreads, log: progress => log.info(progress, 'a fit goes on') })
    closers.push(() => fitter.close())
    const evaluator = createEvaluator({ threads: config.fitThreads })
    closers.push(() => evaluator.close())
    const translator = createTranslator({ threads: config.translateThreads })
    closers.push(() => translator.close())

    const measurer = createMeasurer({ threads: config.translateThreads })
    closers.push(() => measurer.close())
    const profiles = createProfiles(profileRepository, measurer)
    const refreshProfiles = () => { profiles.refresh().catch((error: unknown) => log.error({ err: error }, 'the profiles could not be read')) }
    closers.push(await database.listen(spaceProfilesChanged, refreshProfiles))
    await profiles.refresh()

    const access = createAccess(apiKeyRepository, log)
    closers.push(() => access.close(), await database.listen(apiKeysChanged, access.changed))

    const audit = createAudit(createAuditRepository(database), config.audit, log)
    closers.push(() => audit.close())

    const signingKey = config.signingKeyFile === undefined ? undefined : await loadSigningKey(config.signingKeyFile)
    if (signingKey !== undefined) log.info({ key: signingKey.id, written: signingKey.written }, 'the key of SIGNING_KEY_FILE')
    const trusted = config.trustedKeysDir === undefined ? new Map() : await readTrustedKeys(config.trustedKeysDir, 'TRUSTED_KEYS_DIR')

    const admissions = createAdmissions({ maxWait: config.maxWait, now })
    const embed = createEmbedding(recognition, catalogue, admissions.open({ of: 'images', parallel: config.embedThreads }), config.defaultModel)
    const embedLargest = createLargestEmbedding(embed)
    const galleryReader = createGalleryReader(database, vault)
    const search = createExactSearch({ threads: config.searchThreads })
    closers.push(() => search.close())
    const guard = createGuard(config.guard, catalogue, profiles, measurer)
    const groupViews = createGroupViews(galleryReader, catalogue, mapRepository, translator)
    const viewCache = createViewCache({ bytes: config.searchMemory, search })
    const indexing = createIndexing(vectorIndex, galleryReader, groupViews, catalogue, database.kind === 'embedded' ? { mostTemplates: mostIndexedEmbedded } : {})
    const purger = createPurger([indexing.purgeable, galleryRepository, migrationRepository], log)
    closers.push(() => purger.stop())
    const galleryMigrations = createGalleryMigrations(migrationRepository, galleryReader, catalogue, mapRepository, translator, createUncertainty(profiles, measurer), purger, statistics)
    const products = createEngineProducts()
    closers.push(() => products.release())
    const hubs = createHubs(modelRepository, corpusRepository, catalogue, fitter)
    const activate = createActivation(mapRepository, config.audit !== 'off')
    const maps = createMaps(mapRepository, corpusRepository, catalogue, fitter, profiles, activate, lease)
    const evaluations = createEvaluations(evaluationRepository, corpusRepository, catalogue, evaluator)
    const jobs = await createJobs(jobRepository, {
      fit: createFitJob(maps, catalogue, activate),
      hub: createHubJob(hubs, catalogue),
      evaluation: createEvaluationJob(evaluations),
      migration: createMigrationJob(galleryMigrations),
      index: createIndexJob(indexing)
    }, database, { lease: config.jobLease, log })
    closers.push(() => jobs.close())
    return {
      access,
      admissions,
      audit,
      catalogue,
      models: createModels(modelRepository, catalogue, loaded),
      corpora: createCorpora(corpusRepository, embedLargest, statistics),
      hubs,
      maps,
      bundles: createBundles(mapRepository, catalogue, signingKey, trusted),
      evaluations,
      jobs,
      spaceProfiles: profileRepository,
      /** Stored templates that were found not to open. */
      unopened: vault.unopened,
      guard,
      galleryMigrations,
      reenrolments: createReenrolmentRepository(database, vault),
      estimateMigration: createMigrationEstimate(galleryReader, mapRepository, translator, products),
      galleries: createGalleries(galleryRepository, subjectRepository, catalogue, embedLargest, guard, indexing, viewCache, statistics),
      identify: createIdentification(galleryReader, groupViews, viewCache, createIndexSearch(indexing), catalogue),
      indexing,
      embed,
      rowMemory: translator.memory,
      translationBetween: createTranslations(catalogue, translator),
      verify: createVerification(catalogue, embedLargest, translator, config.defaultModel),

      /** What the service needs to do its work, each part by itself. */
      async readiness () {
        const state = (ok: boolean) => ok ? 'ok' as const : 'failing' as const
        // A database that does not answer is one that is away, long before its statements run out of time.
        const late = new AbortController()
        const [pending] = await Promise.allSettled([Promise.race([
          migrationsPending(database),
          setTimeout(patienceOfReadiness, undefined, { signal: late.signal }).then(() => { throw new Problem('unavailable', 'the database does not answer') })
        ])])
        late.abort()
        return {
          database: state(pending.status === 'fulfilled'),
          migrations: state(pending.status === 'fulfilled' && pending.value.length === 0),
          catalogue: state(follower.current() && lease.valid()),
          models: state(recognition.ready()),
          admissions: state(!admissions.stuck())
        }
      },

      close
    }
  } catch (error) {
    await close()
    throw error
  }
}

async function openVault (config: Config, database: Database, log: Logger): Promise<Vault> {
  const keys = config.encryptionKeysFile === undefined ? [] : await readKeysFile(config.encryptionKeysFile)
  const vault = createVault(keys, {
    plaintext: config.encryptionPlaintext,
    // By position: names of people are not logged.
    onUnopened: ({ kind, container, rows }) => log.error({ [kind]: container, count: rows.length, ...(kind === 'gallery' ? { ordinals: rows.slice(0, 20).map(({ key }) => key) } : {}) },
      'stored templates do not open and are left out: somebody else has changed them; `crosswalk encryption check` names them')
  })
  await vault.admit(database)
  if (!vault.refusesPlaintext) return vault
  // Those of the documentation are the service's own.
  if (config.examples) {
    await applyEncryption(database, createVault(keys, { plaintext: 'admit' }), ({ kind, id, change }) => log.info({ [kind]: id, change }, 'an example is encrypted'), exampleContainers)
  }
  for (const { kind, key, count } of await keysInUse(database)) {
    if (key === null) log.error({ kind, count }, 'not encrypted, and refused as there are keys: `crosswalk encryption apply` encrypts what is older than they are')
  }
  return vault
}

function requireDefaultModel ({ recognisers }: ModelsFolder, defaultModel: string): void {
  const ids = recognisers.map(({ manifest }) => manifest.id)
  if (ids.includes(defaultModel)) return
  throw new StartupError(`DEFAULT_MODEL: expected a recogniser of the models folder, one of ${ids.map(id => `"${id}"`).join(', ')}, received "${defaultModel}"`)
}

/** A server that cannot be reached at the start is for the operator to mend. The address may hold a password and is left out. */
function unreachable (error: unknown): unknown {
  if (!(error instanceof Problem && error.code === 'unavailable')) return error
  const cause = error.cause instanceof Error ? `: ${error.cause.message || (error.cause as { code?: string }).code}` : ''
  return new StartupError(`DATABASE_URL: expected a Postgres server that answers, it cannot be reached${cause}`)
}
