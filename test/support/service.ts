import { after, before, describe } from 'node:test'
import { buildApp } from '../../src/app.js'
import { readConfig, type Config } from '../../src/config.js'
import { createLogger } from '../../src/logger.js'
import { createService, type Service } from '../../src/service.js'
import { databaseKinds, startDatabase, type DatabaseKind } from './databases.js'

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

/**
 * The whole service, listening on a free port of 127.0.0.1, on an empty database with the examples. A busy machine
 * turns nobody away.
 */
export async function startService (
  { kind = 'postgres', config: changes, log: destination, patience, now }: ServiceOptions = {}
): Promise<RunningService> {
  const database = changes?.database === undefined ? await startDatabase(kind) : undefined
  const config = {
    ...readConfig({}),
    ...database === undefined ? {} : { database: database.config },
    examples: true,
    port: 0,
    embedThreads: 1,
    fitThreads: 1,
    maxWait: 60_000,
    signingKeyFile: undefined,
    ...changes
  }
  const log = createLogger(destination === undefined ? 'silent' : 'trace', destination)
  const service = await createService(config, log, undefined, now)
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

/** What JSON.parse gives: a test looks at the members that it names. */
export type Json = ReturnType<JSON['parse']>

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly bytes: Buffer
  /** the body, when it is JSON */
  readonly json: Json
}

/** A request as a client sends it: `json` is sent as JSON, `body` as it is. */
export async function call (
  url: string,
  method: string,
  path: string,
  { json, body, headers = {} }: {
    json?: unknown
    body?: NonNullable<NonNullable<Parameters<typeof fetch>[1]>['body']>
    headers?: Record<string, string>
  } = {}
): Promise<Answer> {
  const response = await fetch(url + path, {
    method,
    headers: { ...(json === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    ...(json === undefined ? body === undefined ? {} : { body } : { body: JSON.stringify(json) })
  })
  const bytes = Buffer.from(await response.arrayBuffer())
  const isJson = /[/+]json/.test(response.headers.get('content-type') ?? '')
  return {
    status: response.status,
    headers: response.headers,
    bytes,
    json: isJson && bytes.length > 0 ? JSON.parse(bytes.toString()) : undefined
  }
}

interface ServiceOfSuite {
  readonly kind: DatabaseKind
  readonly url: string
  readonly service: Service
}

/** Runs a suite against the whole service on both databases: for what it asks of them and no suite of a store does. */
export function forEachService (name: string, define: (running: ServiceOfSuite) => void): void {
  for (const kind of databaseKinds) describeService(`${name} (${kind})`, define, kind)
}

/** Runs a suite against the whole service on one database: for what does not depend on which. */
export function describeService (
  name: string,
  define: (running: ServiceOfSuite) => void,
  kind: DatabaseKind = 'postgres'
): void {
  describe(name, () => {
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
