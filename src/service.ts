import { setTimeout } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { Registry } from 'prom-client'
import { createClosers, type OnClose } from './closers.js'
import { version, type Config } from './config.js'
import type { ModelsFolder } from './engines/recognition/model-graphs.js'
import { readModelsFolder } from './engines/recognition/models-folder.js'
import { createRecognition, type Recognition, type RecognitionOptions } from './engines/recognition/recognition.js'
import { Problem, StartupError } from './errors.js'
import { loadAdminKey } from './features/access/admin-key-file.js'
import { createApiKeyRepository } from './features/access/api-keys-repository.js'
import { createAccessFeature } from './features/access/feature.js'
import { createAuditRepository } from './features/audit/audit-repository.js'
import { createAudit, type Audit } from './features/audit/audit.js'
import { createBundlesFeature } from './features/bundles/feature.js'
import { createCatalogueFeature, openCatalogueStore } from './features/catalogue/feature.js'
import { createComparisonsFeature } from './features/comparisons/feature.js'
import { createCorpora } from './features/corpora/corpora.js'
import { createCorpusRepository } from './features/corpora/store/corpora.js'
import { createEmbeddingsFeature } from './features/embeddings/feature.js'
import { createEnsemblesFeature } from './features/ensembles/feature.js'
import { createEvaluationRepository } from './features/evaluations/evaluations-repository.js'
import { createEvaluationsFeature } from './features/evaluations/feature.js'
import { storeExamples } from './features/examples.js'
import { createGalleriesFeature, openGalleryStore } from './features/galleries/feature.js'
import { storeCalibrationExamples } from './features/calibration-examples.js'
import { storeEnsembleExamples } from './features/ensemble-examples.js'
import { exampleContainers, storeGalleryExamples } from './features/gallery-examples.js'
import { createGuardFeature } from './features/guard/feature.js'
import { loadShippedProfiles } from './features/guard/shipped-profiles.js'
import { recordOfEnd } from './features/jobs/audit-record.js'
import { createJobs } from './features/jobs/jobs.js'
import { createJobQueue } from './features/jobs/store/job-queue.js'
import { createJobRepository } from './features/jobs/store/jobs.js'
import { createMapsFeature } from './features/maps/feature.js'
import { loadShippedMaps } from './features/maps/shipped-maps.js'
import { createTranslationsFeature } from './features/translations/feature.js'
import { createVerificationsFeature } from './features/verifications/feature.js'
import type { Database } from './platform/database/database.js'
import { migrate, migrationsPending } from './platform/database/migrations.js'
import { certificateHint } from './platform/database/failures.js'
import { refusePooler } from './platform/database/poolers.js'
import { openDatabase } from './platform/database/open-database.js'
import { createStatistics } from './platform/database/statistics.js'
import { applyEncryption } from './platform/encryption/apply.js'
import { readKeysFile } from './platform/encryption/keys-file.js'
import { createVault, keysInUse, type Vault } from './platform/encryption/vault.js'
import { createAdmissions } from './platform/http/admission.js'
import { copiedCounter, createMeasures, gauge, gauges } from './platform/measures.js'
import type { SpanExporter } from './platform/tracing/otlp.js'
import { createWebhook, type Webhook } from './platform/webhook.js'

/** Milliseconds the database has to answer before the service is reported as not ready. */
const readinessTimeout = 2000

export type Service = Awaited<ReturnType<typeof createService>>

/**
 * Creates the service from its features.
 *
 * @param onPanic called when the embedded database has failed
 * @param now a monotonic clock, in milliseconds
 * @param recognise opens the recognisers, which are closed with the service
 * @throws StartupError when the database, a manifest, a key or a shipped map cannot be used
 */
export async function createService (
  config: Config,
  log: Logger,
  onPanic: (error: Error) => void = () => {},
  now = () => performance.now(),
  recognise: OpenRecognition = createRecognition
) {
  const { onClose, close } = createClosers()
  try {
    return { ...await open(config, log, { onClose, onPanic, now, recognise }), close }
  } catch (error) {
    await close()
    throw error
  }
}

type OpenRecognition = (options: RecognitionOptions) => Promise<Recognition>

interface Surroundings {
  readonly onClose: OnClose
  readonly onPanic: (error: Error) => void
  readonly now: () => number
  readonly recognise: OpenRecognition
}

async function open (config: Config, log: Logger, surroundings: Surroundings) {
  const { onClose } = surroundings
  const base = await openBase(config, log, surroundings)
  const { database, vault, statistics, stores, admissions, catalogue } = base
  const engines = await openEngines(config, log, base, onClose)
  const { embed, embedLargest, guard, profiles, measurer, translator } = engines
  const { maps, evaluations, ensembles } = openFits(config, log, base, { guard, profiles }, onClose)
  const { jobs: galleryJobs, ...galleries } = await createGalleriesFeature({
    database,
    store: stores.galleries,
    catalogueStore: stores.catalogue,
    catalogue,
    embedLargest,
    mergeImages: engines.mergeImages,
    translator,
    guard,
    profiles,
    measurer,
    statistics,
    registry: base.measures.registry,
    vectorEngine: config.vectorEngine,
    threads: config.searchThreads,
    memory: config.searchMemory,
    log,
    onClose
  })
  const handlers = { ...maps.jobs, ...evaluations.jobs, ...galleryJobs }
  const jobs = await createJobs(stores.jobs, handlers, database, { lease: config.jobLease, log })
  onClose(() => jobs.close())
  engines.testDefaultModel()

  return {
    ...base.served,
    catalogue,
    corpora: createCorpora(stores.corpora, engines, statistics),
    hubs: maps.hubs,
    maps: maps.maps,
    calibrations: maps.calibrations,
    ensembles,
    evaluations: evaluations.evaluations,
    jobs,
    spaceProfiles: stores.catalogue.profiles,
    /** Stored templates that failed to open. */
    unopened: vault.unopened,
    guard,
    ...galleries,
    embed,
    selfTests: engines.selfTests,
    selfTestStates: base.selfTestStates,
    rowMemory: translator.memory,
    translationBetween: engines.translationBetween,
    ...openScoring(config, log, base, { embedLargest, translator }, onClose),
    readiness: createReadiness({ database, current: base.current, ready: engines.ready, stuck: admissions.stuck })
  }
}

type Base = Awaited<ReturnType<typeof openBase>>

/** The database and its stores, access control, and the catalogue of models and maps. */
async function openBase (config: Config, log: Logger, { onClose, onPanic, now, recognise }: Surroundings) {
  log.info('reading the models')
  const modelsFolder = await readModelsFolder(config.modelsDir, config.modelCacheDir)
  requireDefaultModel(modelsFolder, config.defaultModel)
  const opening = openRecognition(recognise, config, modelsFolder, onClose)
  const database = await openMigrated(config, log, { onClose, onPanic })
  // A model that is refused is not stored.
  const recognition = await opening
  const vault = await openVault(config, database, log)
  const statistics = createStatistics(database, log)
  onClose(() => statistics.close())
  const stores = await openStores(config, log, { database, vault, recognisers: modelsFolder.recognisers })
  const catalogue = await createCatalogueFeature({
    database,
    store: stores.catalogue,
    lease: config.mapLease,
    log,
    onClose
  })
  const access = await createAccessFeature({ database, repository: stores.apiKeys, log, onClose })
  const audit = createAudit(createAuditRepository(database), config.audit, log)
  onClose(() => audit.close())
  const bundles = await createBundlesFeature({
    store: stores.catalogue,
    catalogue: catalogue.catalogue,
    signingKeyFile: config.signingKeyFile,
    trustedKeysDir: config.trustedKeysDir,
    log
  })
  const admissions = createAdmissions({ maxWait: config.maxWait, now })
  const measures = createMeasures(version)
  measureBase(measures.registry, database, audit)
  const spans = await openTracing(config, log, measures.registry)
  onClose(() => spans?.close())
  const webhook = openWebhook(config, log, measures.registry)
  onClose(() => webhook?.close())
  const { models, ...followed } = catalogue
  return {
    recognition,
    modelsFolder,
    database,
    vault,
    statistics,
    stores,
    ...followed,
    measures,
    webhook,
    admissions,
    /** what routes use as it is */
    served: { models, access, audit, bundles, admissions, measures, spans }
  }
}

/** Where spans go; undefined unless a collector is configured, and nothing is loaded then. */
async function openTracing ({ tracing }: Config, log: Logger, registry: Registry): Promise<SpanExporter | undefined> {
  const exporter = tracing &&
    (await import('./platform/tracing/otlp.js')).createOtlpExporter({ ...tracing, version }, log)
  copiedCounter(
    registry,
    'crosswalk_spans_dropped_total',
    'Spans that the collector did not take.',
    () => exporter?.dropped() ?? 0
  )
  return exporter
}

/** Where alarms go besides the log and the metrics. */
function openWebhook ({ alarms }: Config, log: Logger, registry: Registry): Webhook | undefined {
  const webhook = alarms && createWebhook(alarms, log)
  copiedCounter(
    registry,
    'crosswalk_alarms_lost_total',
    'Alarms that ALARM_WEBHOOK_URL did not take.',
    () => webhook?.lost() ?? 0
  )
  return webhook
}

/** Starts the recognisers beside what the database takes. They are closed whether they open or not. */
function openRecognition (
  recognise: OpenRecognition,
  { detector, defaultModel, embedThreads, imageMaxPixels }: Config,
  models: ModelsFolder,
  onClose: OnClose
): Promise<Recognition> {
  const recognition = recognise({
    models,
    detector,
    opened: [defaultModel],
    checks: true,
    threads: embedThreads,
    maxPixels: imageMaxPixels
  })
  // A refusal is reported by whoever waits for it, once the database is open.
  const close = recognition.then(({ close }) => close, () => () => {})
  onClose(async () => await (await close)())
  return recognition
}

/** What the base of the service holds. */
function measureBase (registry: Registry, database: Database, audit: Audit): void {
  gauges(
    registry,
    {
      name: 'crosswalk_database_connections',
      help: 'Connections of the pool, idle and in use, and callers that wait for one.',
      labels: ['state']
    },
    async () => {
      const { open, idle, waiting } = database.connections()
      return [[{ state: 'idle' }, idle], [{ state: 'used' }, open - idle], [{ state: 'waiting' }, waiting]]
    }
  )
  gauge(registry, 'crosswalk_audit_waiting', 'Audit records that wait for the database.', audit.waiting)
}

/** The engines that embed, judge and translate templates. */
async function openEngines (
  config: Config,
  log: Logger,
  { recognition, modelsFolder, database, stores, catalogue, selfTestStates, admissions, measures, webhook }: Base,
  onClose: OnClose
) {
  const embeddings = await createEmbeddingsFeature({
    recognition,
    models: modelsFolder,
    detector: config.detector,
    catalogue,
    admissions,
    defaultModel: config.defaultModel,
    threads: config.embedThreads,
    quality: config.quality,
    minQuality: config.minQuality,
    database,
    selfTestStates,
    registry: measures.registry,
    log,
    onClose
  })
  const guard = await createGuardFeature({
    database,
    store: stores.catalogue,
    catalogue,
    mode: config.guard,
    threads: config.translateThreads,
    measures,
    webhook,
    log,
    onClose
  })
  const translations = createTranslationsFeature({ catalogue, threads: config.translateThreads, onClose })
  return { ...embeddings, ...guard, ...translations }
}

/** What is fitted on corpora. */
function openFits (
  { fitThreads: threads, audit }: Config,
  log: Logger,
  { stores, catalogue, lease }: Pick<Base, 'stores' | 'catalogue' | 'lease'>,
  { guard, profiles }: Pick<Awaited<ReturnType<typeof openEngines>>, 'guard' | 'profiles'>,
  onClose: OnClose
) {
  const common = { corpora: stores.corpora, catalogue, threads, onClose }
  return {
    maps: createMapsFeature({
      ...common,
      store: stores.catalogue,
      lease,
      guard,
      profiles,
      audited: audit !== 'off',
      log
    }),
    evaluations: createEvaluationsFeature({ ...common, repository: stores.evaluations }),
    ensembles: createEnsemblesFeature({ ...common, store: stores.catalogue, lease })
  }
}

/** What compares templates. */
function openScoring (
  { translateThreads: threads, bodyLimit, defaultModel }: Config,
  log: Logger,
  { catalogue, measures, webhook }: Pick<Base, 'catalogue' | 'measures' | 'webhook'>,
  { embedLargest, translator }: Pick<Awaited<ReturnType<typeof openEngines>>, 'embedLargest' | 'translator'>,
  onClose: OnClose
) {
  return {
    ...createComparisonsFeature({ catalogue, translator, threads, bodyLimit, onClose }),
    ...createVerificationsFeature({ catalogue, embedLargest, translator, defaultModel, measures, webhook, log })
  }
}

/** Opens the database and migrates it to the schema of this version. */
async function openMigrated (
  config: Config,
  log: Logger,
  { onClose, onPanic }: Pick<Surroundings, 'onClose' | 'onPanic'>
): Promise<Database> {
  log.info('opening the database')
  const database = await openDatabase(config.database, {
    onConnectionError: error => log.warn({ err: error }, 'database connection lost'),
    onPanic
  })
  onClose(() => database.close())
  const started = async () => {
    const done = await migrate(database, message => log.warn(message))
    await refusePooler(database)
    return done
  }
  const migrations = await started().catch((error: unknown) => {
    throw unreachable(error)
  })
  for (const migration of migrations) log.info({ migration }, 'migrated')
  return database
}

/**
 * Creates the repositories of the features, and stores the examples, the first API key, and the shipped maps and
 * profiles.
 */
async function openStores (
  config: Config,
  log: Logger,
  { database, vault, recognisers }: { database: Database, vault: Vault } & Pick<ModelsFolder, 'recognisers'>
) {
  const catalogue = await openCatalogueStore({ database, recognisers })
  const corpora = createCorpusRepository(database, vault)
  const evaluations = createEvaluationRepository(database)
  const apiKeys = createApiKeyRepository(database)
  const jobs = createJobRepository(database, createJobQueue(database), {
    lease: config.jobLease,
    perKey: config.jobsPerKey,
    recordOf: config.audit === 'off' ? () => undefined : recordOfEnd
  })
  const galleries = openGalleryStore({ database, vault, jobs, shards: config.galleryShards })
  if (config.examples) await storeExamples({ models: catalogue.models, corpora, evaluations, apiKeys, jobs })
  if (config.adminKeyFile !== undefined) {
    log.info(await loadAdminKey(config.adminKeyFile, apiKeys), 'the key of ADMIN_KEY_FILE')
  }
  log.info('loading the maps')
  await loadShippedMaps(config.mapsDir, catalogue.models, catalogue.maps, log)
  if (config.examples) {
    await storeCalibrationExamples(catalogue.calibrations)
    await storeEnsembleExamples(catalogue.ensembles)
    await storeGalleryExamples(galleries.galleries, galleries.subjects, galleries.migrations)
  }
  await loadShippedProfiles(config.mapsDir, catalogue.models, catalogue.profiles, log)
  return { catalogue, corpora, evaluations, apiKeys, jobs, galleries }
}

/** The readiness checks, one for each dependency of the service. */
function createReadiness (
  { database, current, ready, stuck }: {
    database: Database
    current: () => boolean
    ready: () => boolean
    stuck: () => boolean
  }
) {
  const state = (ok: boolean) => ok ? 'ok' as const : 'failing' as const
  return async () => {
    // A database that does not answer within this time counts as down, long before its statements time out.
    const late = new AbortController()
    const [pending] = await Promise.allSettled([Promise.race([
      migrationsPending(database),
      setTimeout(readinessTimeout, undefined, { signal: late.signal }).then(() => {
        throw new Problem('unavailable', 'the database does not answer')
      })
    ])])
    late.abort()
    return {
      database: state(pending.status === 'fulfilled'),
      migrations: state(pending.status === 'fulfilled' && pending.value.length === 0),
      catalogue: state(current()),
      models: state(ready()),
      admissions: state(!stuck())
    }
  }
}

async function openVault (config: Config, database: Database, log: Logger): Promise<Vault> {
  const keys = config.encryptionKeysFile === undefined ? [] : await readKeysFile(config.encryptionKeysFile)
  const vault = createVault(keys, {
    plaintext: config.encryptionPlaintext,
    // By position: names of people are not logged.
    onUnopened: ({ kind, container, rows }) =>
      log.error(
        {
          [kind]: container,
          count: rows.length,
          ...(kind === 'gallery'
            ? { ordinals: rows.slice(0, 20).map(({ key }) => key) }
            : {})
        },
        'stored templates do not decrypt and are skipped: they were changed from outside; `crosswalk encryption ' +
          'check` lists them'
      )
  })
  await vault.registerKeys(database)
  if (!vault.refusesPlaintext) return vault
  // The corpora and galleries of the documentation are the service's own, so it encrypts them itself.
  if (config.examples) {
    await applyEncryption(
      database,
      createVault(keys, { plaintext: 'admit' }),
      ({ kind, label, change }) => log.info({ [kind]: label, change }, 'encrypted an example'),
      exampleContainers
    )
  }
  for (const { kind, key, count } of await keysInUse(database)) {
    if (key === null) {
      log.error(
        { kind, count },
        'not encrypted, and refused because encryption keys are set: run `crosswalk encryption apply`'
      )
    }
  }
  return vault
}

function requireDefaultModel ({ recognisers }: ModelsFolder, defaultModel: string): void {
  const ids = recognisers.map(({ manifest }) => manifest.id)
  // A folder without any is refused as such when it is checked.
  if (ids.length === 0 || ids.includes(defaultModel)) return
  throw new StartupError(
    `DEFAULT_MODEL: expected a recogniser from the models folder, one of ${
      ids.map(id => `"${id}"`).join(', ')
    }, received "${defaultModel}"`
  )
}

/**
 * A server that cannot be reached at start is for the operator to fix. The address may contain a password, so the
 * message leaves it out.
 */
function unreachable (error: unknown): unknown {
  if (!(error instanceof Problem && error.code === 'unavailable')) return error
  const { cause: reason } = error
  const cause = reason instanceof Error
    ? `: ${certificateHint(reason) ?? (reason.message || (reason as { code?: string }).code)}`
    : ''
  return new StartupError(`DATABASE_URL: the Postgres server cannot be reached${cause}`)
}
