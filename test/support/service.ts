import { after, before, describe } from 'node:test'
import { buildApp } from '../../src/app.js'
import { readConfig, type Config } from '../../src/config.js'
import { createLogger } from '../../src/logger.js'
import { createService, type Service } from '../../src/service.js'
import { databaseKinds, startDatabase, type DatabaseKind, type SuiteOptions } from './databases.js'
import { withoutCitus } from './postgres-server.js'
import { sharedRecognition } from './shared-recognition.js'

export interface RunningService {
  readonly url: string
  readonly service: Service
  stop(): Promise<void>
}

export interface ServiceOptions {
  /** of the database, unless the configuration names one; the server's begins soonest */
  readonly kind?: DatabaseKind
  readonly config?: Partial<Config>
  /** receives the log lines; nothing is logged without it */
  readonly log?: { write(line: string): void }
  /** milliseconds that a caller has, see `buildApp` */
  readonly patience?: Parameters<typeof buildApp>[3]
  /** the clock of admissions */
  readonly now?: () => number
}

/** What decides on the rows that a service stores when it starts. */
const whatIsStored = [
  'examples',
  'mapsDir',
  'modelsDir',
  'modelCacheDir',
  'adminKeyFile',
  'encryptionKeysFile',
  'encryptionPlaintext'
] as const

/**
 * The whole service, listening on a free port of 127.0.0.1, on a database with the examples and the shipped maps alone.
 * A busy machine turns nobody away.
 */
export async function startService (
  { kind = 'postgres', config: changes, log: destination, patience, now }: ServiceOptions = {}
): Promise<RunningService> {
  const served = whatIsStored.every(name => changes?.[name] === undefined)
  const database = changes?.database === undefined ? await startDatabase(kind, { served }) : undefined
  const config = {
    ...readConfig({}),
    ...database === undefined ? {} : { database: database.config },
    examples: true,
    port: 0,
    embedThreads: 1,
    fitThreads: 1,
    maxWait: 60_000,
    signingKeyFile: undefined,
    // By hand: the suites of galleries hold with any number.
    galleryShards: Number(process.env['TEST_GALLERY_SHARDS'] ?? 1),
    ...changes
  }
  const log = createLogger(destination === undefined ? 'silent' : 'trace', destination)
  // A folder of a test's own may change between two services.
  const ownModels = changes?.modelsDir !== undefined || changes?.modelCacheDir !== undefined
  const service = await createService(config, log, undefined, now, ownModels ? undefined : sharedRecognition)
  const app = await buildApp(service, config, log, patience)
  app.addHook('onClose', () => service.close())
  return {
    url: await app.listen({ host: '127.0.0.1', port: 0 }),
    service,
    async stop () {
      await app.close()
      await database?.stop()
    }
  }
}

export { call, type Answer, type Json } from './call.js'

interface ServiceOfSuite {
  readonly kind: DatabaseKind
  readonly url: string
  readonly service: Service
}

/** Runs a suite against the whole service on each database: for what it asks of them and no suite of a store does. */
export function forEachService (
  name: string,
  define: (running: ServiceOfSuite) => void,
  { citus = false }: Pick<SuiteOptions, 'citus'> = {}
): void {
  for (const kind of [...databaseKinds, ...citus ? ['citus' as const] : []]) {
    describeService(`${name} (${kind})`, define, kind)
  }
}

/** Runs a suite against the whole service on one database: for what does not depend on which. */
export function describeService (
  name: string,
  define: (running: ServiceOfSuite) => void,
  kind: DatabaseKind = 'postgres'
): void {
  describe(name, { skip: kind === 'citus' && withoutCitus }, () => {
    let started: RunningService | undefined
    before(async () => {
      started = await startService({ kind })
    })
    after(async () => {
      await started?.stop()
    })
    const running = () => {
      if (started === undefined) throw new Error('The service runs inside of tests only')
      return started
    }
    define({
      kind,
      get url () {
        return running().url
      },
      get service () {
        return running().service
      }
    })
  })
}
