import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runProgram, startServer, programOf, type ServerProcess } from '../../bench/processes.js'
import type { DatabaseConfig } from '../../src/platform/database/database.js'
import { createDatabase, startPostgresServer } from '../../test/support/postgres-server.js'
import { prepareDataDirectory } from '../../test/support/prepared.js'

/** A service that is killed and started again on the same data. */
export interface KillableService {
  /** of the process that runs now */
  readonly url: string
  /** the database, to inspect it; the embedded one only while nothing runs */
  readonly database: DatabaseConfig
  /** Ends the process with SIGKILL. Resolves when it is gone. */
  kill(): Promise<void>
  start(): Promise<void>
  /** Ends the process as an operator does. */
  stop(): Promise<void>
  /**
   * Number of audit records in the chain, while nothing runs. @throws Error when `crosswalk audit verify` finds it
   * broken
   */
  verifyAudit(): Promise<number>
  /** Removes the data too. */
  close(): Promise<void>
}

/** @param on what database */
export async function startKillableService (
  on: 'embedded' | 'postgres',
  changes: Readonly<Record<string, string>> = {}
): Promise<KillableService> {
  const { database, variables, remove } = on === 'embedded' ? await inFolder() : await onServer()
  const env = {
    HOST: '',
    PORT: '0',
    LOG_LEVEL: 'error',
    EMBED_THREADS: '1',
    EXAMPLES: 'off',
    MAX_WAIT: '60000',
    ...variables,
    ...changes
  }
  let server: ServerProcess | undefined
  const service: KillableService = {
    get url () {
      if (server === undefined) throw new Error('The service is not running')
      return server.url
    },
    database,
    async kill () {
      if (server !== undefined) process.kill(server.pid, 'SIGKILL')
      await service.stop()
    },
    async start () {
      server = await startServer(process.execPath, programOf('src/server'), { name: 'the service', env })
    },
    async stop () {
      await server?.stop()
    },
    async verifyAudit () {
      const head = await runProgram(process.execPath, [...programOf('src/cli'), 'audit', 'verify'], {
        name: 'crosswalk audit verify',
        env
      })
      return Number(head.split(':')[0])
    },
    async close () {
      await service.stop()
      await remove()
    }
  }
  try {
    await service.start()
    return service
  } catch (error) {
    await remove()
    throw error
  }
}

interface Data {
  readonly database: DatabaseConfig
  readonly variables: Readonly<Record<string, string>>
  remove(): Promise<void>
}

async function inFolder (): Promise<Data> {
  const folder = await mkdtemp(join(tmpdir(), 'crosswalk-kills-'))
  await prepareDataDirectory(folder)
  return {
    database: { dataDir: folder },
    variables: { DATA_DIR: folder, DATABASE_URL: '' },
    remove: () => rm(folder, { recursive: true, force: true })
  }
}

async function onServer (): Promise<Data> {
  const postgres = await startPostgresServer()
  const { url } = await createDatabase(postgres.url)
  return { database: { url }, variables: { DATABASE_URL: url }, remove: postgres.stop }
}
