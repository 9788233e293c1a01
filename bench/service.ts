import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { projectRoot } from '../src/config.js'
import { startServer, type ServerProcess } from './processes.js'

/**
 * The built service, in a process of its own, on a free port: as an operator starts it, with the defaults and with the
 * embedded database in a temporary folder unless `env` says otherwise; but nobody is turned away.
 */
export async function startBuiltService (
  env: Readonly<Record<string, string>> = {},
  nodeOptions: readonly string[] = []
): Promise<ServerProcess> {
  const folder = await mkdtemp(join(tmpdir(), 'crosswalk-bench-'))
  const remove = () => rm(folder, { recursive: true, force: true })
  try {
    const server = await startServer(process.execPath, [...nodeOptions, ...await startParameters()], {
      name: 'the service',
      // An empty variable is one that is not set: what the shell has of them decides nothing here.
      env: { HOST: '', DATABASE_URL: '', PORT: '0', DATA_DIR: folder, LOG_LEVEL: 'warn', MAX_WAIT: '60000', ...env }
    })
    return {
      ...server,
      async stop () {
        const code = await server.stop()
        await remove()
        return code
      }
    }
  } catch (error) {
    await remove()
    throw error
  }
}

/** Those of `npm start`. */
async function startParameters (): Promise<string[]> {
  const { scripts: { start } } = JSON.parse(await readFile(join(projectRoot, 'package.json'), 'utf8')) as {
    scripts: { start: string }
  }
  const [program, ...parameters] = start.split(' ')
  if (program !== 'node') throw new Error(`expected "npm start" to run node, received ${JSON.stringify(start)}`)
  return parameters.map(parameter => parameter.startsWith('-') ? parameter : join(projectRoot, parameter))
}

/** A folder for the bodies that are sent, removed afterwards. */
export async function withFolder<T> (work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'crosswalk-bench-'))
  try {
    return await work(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

type Starts = Readonly<Record<string, (() => Promise<ServerProcess>) | undefined>>
type Started<S extends Starts> = {
  readonly [Name in keyof S]: undefined extends S[Name] ? ServerProcess | undefined : ServerProcess
}

/**
 * Starts several servers, gives them to `work`, and stops all that were started, whatever happens. What is undefined is
 * left out.
 */
export async function withServers<S extends Starts, T> (
  starts: S,
  work: (servers: Started<S>) => Promise<T>
): Promise<T> {
  const servers: Record<string, ServerProcess> = {}
  try {
    for (const [name, start] of Object.entries(starts)) {
      if (start !== undefined) servers[name] = await start()
    }
    return await work(servers as Started<S>)
  } finally {
    await Promise.all(Object.values(servers).map(server => server.stop()))
  }
}

/**
 * prom-client's histogram counts the time between two ticks of a timer of this period: of an idle loop it says 10 ms.
 */
const tick = 10

/** Since it was read last, in ms: reading begins anew. */
export async function readDelay (url: string): Promise<{ p99: number, longest: number }> {
  const text = await (await fetch(`${url}/metrics`)).text()
  const gauge = (name: string) =>
    Number(new RegExp(`^nodejs_eventloop_lag_${name}_seconds (\\S+)$`, 'm').exec(text)?.[1]) * 1000 - tick
  return { p99: gauge('p99'), longest: gauge('max') }
}
