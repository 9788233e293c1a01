import { after, before, describe } from 'node:test'
import type { Database, DatabaseConfig } from '../../src/platform/database/database.js'
import { distribute } from '../../src/platform/database/distribution.js'
import { openDatabase } from '../../src/platform/database/open-database.js'
import { migrate } from '../../src/platform/database/migrations.js'
import {
  availablePostgresServer,
  createDatabase,
  createDistributedDatabase,
  type PostgresServer
} from './postgres-server.js'
import { given, prepared } from './prepared.js'

export const databaseKinds = ['embedded', 'postgres'] as const
export type DatabaseKind = typeof databaseKinds[number] | 'citus'

/** The coordinator of a cluster with Citus, which few machines have; undefined where there is none. */
export const citusCoordinator = process.env['TEST_CITUS_DATABASE_URL'] || undefined
/** Why suites of a cluster are skipped; false where they run. */
export const withoutCitus = citusCoordinator === undefined && 'TEST_CITUS_DATABASE_URL names no coordinator'

export interface TestDatabase {
  config: DatabaseConfig
  /** Drops the database; whoever has it open closes it before. */
  stop(): Promise<void>
}

/** One server per test process, started by the first test that needs it. */
let server: Promise<Pick<PostgresServer, 'url' | 'stop'>> | undefined

after(async () => {
  await (await server)?.stop()
})

interface Beginning {
  /** whether it has no schema yet: for what is about migrations */
  readonly empty?: boolean
  /** whether it has what a service stores when it starts: examples, shipped maps and profiles */
  readonly served?: boolean
}

/** Which databases a suite is run on. */
export interface SuiteOptions extends Beginning {
  /** on a cluster as well, where TEST_CITUS_DATABASE_URL names one: what is spread over its nodes */
  readonly citus?: boolean
}

/**
 * A database without rows, unless it is `served`: PGlite in memory, or a fresh one on a real server, that of
 * TEST_DATABASE_URL (whose user may create databases) or one that is started here from npm's binaries. In a run of `npm
 * test` it is a copy of one that is migrated already; whoever opens it migrates it nevertheless. A file that is run
 * alone begins without what is `served`, which the service stores then.
 */
export async function startDatabase (
  kind: DatabaseKind,
  { empty = false, served = false }: Beginning = {}
): Promise<TestDatabase> {
  if (kind === 'embedded') {
    const copyOf = empty ? undefined : given(served ? prepared.servedArchive : prepared.archive)
    return { config: { memory: true, ...copyOf === undefined ? {} : { copyOf } }, stop: async () => {} }
  }
  if (kind === 'citus') return await startDistributedDatabase(empty)
  const { url, drop } = await createDatabase(
    await serverUrl(),
    empty ? undefined : given(served ? prepared.servedTemplate : prepared.template)
  )
  return { config: { url }, stop: drop }
}

/** A database on every node of the cluster; migrated and distributed unless it is empty. */
async function startDistributedDatabase (empty: boolean): Promise<TestDatabase> {
  if (citusCoordinator === undefined) throw new Error('TEST_CITUS_DATABASE_URL names no coordinator')
  const { url, drop } = await createDistributedDatabase(citusCoordinator)
  if (!empty) {
    const database = await openDatabase({ url })
    try {
      await migrate(database)
      await distribute(database)
    } finally {
      await database.close()
    }
  }
  return { config: { url }, stop: drop }
}

/** The address of a database on a server. */
export function urlOf ({ config }: TestDatabase): string {
  if (!('url' in config)) throw new Error('expected a database on a server')
  return config.url
}

/** The address of the server that has the databases of tests, as a user who may do everything. */
async function serverUrl (): Promise<string> {
  server ??= availablePostgresServer()
  return (await server).url
}

export interface TestStore {
  readonly kind: DatabaseKind
  /** Migrated, and without rows when the suite begins. */
  readonly database: Database
  /** As another replica would open it; only a server has room for more than one. */
  openAnother(): Promise<Database>
}

/** Runs a suite on each kind of database, each with a database of its own that all its tests share. */
export function forEachDatabase (
  name: string,
  define: (store: TestStore) => void,
  { citus = false, ...beginning }: SuiteOptions = {}
): void {
  for (const kind of [...databaseKinds, ...citus ? ['citus' as const] : []]) {
    describe(`${name} (${kind})`, { skip: kind === 'citus' && withoutCitus }, () => {
      let started: TestDatabase | undefined
      const opened: Database[] = []

      before(async () => {
        started = await startDatabase(kind, beginning)
        opened.push(await openDatabase(started.config))
        await migrate(store.database)
      })
      after(async () => {
        for (const database of opened) await database.close()
        await started?.stop()
      })

      const store: TestStore = {
        kind,
        get database () {
          const [database] = opened
          if (database === undefined) throw new Error('The database is open inside of tests only')
          return database
        },
        async openAnother () {
          if (started === undefined) throw new Error('The database is open inside of tests only')
          const database = await openDatabase(started.config)
          opened.push(database)
          return database
        }
      }
      define(store)
    })
  }
}
