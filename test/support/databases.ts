import { after, before, describe } from 'node:test'
import type { Database, DatabaseConfig } from '../../src/platform/database/database.js'
import { openDatabase } from '../../src/platform/database/open-database.js'
import { migrate } from '../../src/platform/database/migrations.js'
import { createDatabase, startPostgresServer, type PostgresServer } from './postgres-server.js'

export const databaseKinds = ['embedded', 'postgres'] as const
export type DatabaseKind = typeof databaseKinds[number]

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

/**
 * An empty database: PGlite in memory, or a fresh one on a real server, that of TEST_DATABASE_URL (whose user may
 * create databases) or one that is started here from npm's binaries.
 */
export async function startDatabase (kind: DatabaseKind): Promise<TestDatabase> {
  if (kind === 'embedded') return { config: { memory: true }, stop: async () => {} }
  const given = process.env['TEST_DATABASE_URL']
  server ??= given === undefined || given === ''
    ? startPostgresServer()
    : Promise.resolve({ url: given, stop: async () => {} })
  const { url, drop } = await createDatabase((await server).url)
  return { config: { url }, stop: drop }
}

export interface TestStore {
  readonly kind: DatabaseKind
  /** Migrated, and empty when the suite begins. */
  readonly database: Database
  /** As another replica would open it; only a server has room for more than one. */
  openAnother(): Promise<Database>
}

/** Runs a suite on both databases, each with a database of its own that all its tests share. */
export function forEachDatabase (name: string, define: (store: TestStore) => void): void {
  for (const kind of databaseKinds) {
    describe(`${name} (${kind})`, () => {
      let started: TestDatabase | undefined
      const opened: Database[] = []

      before(async () => {
        started = await startDatabase(kind)
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
