import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import type { ConnectionOptions } from 'node:tls'
import pg from 'pg'
import { StartupError } from '../../errors.js'
import { percentDecoded } from '../percent-decoded.js'
import type { ServerConfig } from './database.js'
import { statementSeconds } from './failures.js'

const second = 1000

/** The values of `sslmode`. */
const sslModes = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full', 'no-verify'] as const
type SslMode = typeof sslModes[number]

/** How to reach a server. */
interface ServerAddress {
  readonly config: pg.ClientConfig
  readonly Client: typeof pg.Client
  /** whether the connection may do without TLS where the server offers none */
  readonly plain: boolean
}

/** The addresses of a server: by the pool, and directly where a pooler stands before it. */
export interface ServerAddresses {
  readonly pooled: ServerAddress
  /** for what needs a session of its own: LISTEN, migrations, indexes */
  readonly direct: ServerAddress
}

/** @throws StartupError when an address cannot be read, or names files that cannot be read */
export function readAddresses ({ variable, url, directUrl, passwordFile }: ServerConfig): ServerAddresses {
  const pooled = readAddress(variable ?? 'DATABASE_URL', url, passwordFile)
  return {
    pooled,
    direct: directUrl === undefined ? pooled : readAddress('DATABASE_DIRECT_URL', directUrl, passwordFile)
  }
}

function readAddress (variable: string, address: string, passwordFile: string | undefined): ServerAddress {
  try {
    const url = new URL(address)
    if (!/^postgres(ql)?:$/.test(url.protocol)) throw new TypeError('another scheme')
    const plain = ['allow', 'prefer'].includes(url.searchParams.get('sslmode') ?? '')
    const ssl = takeSsl(variable, url)
    const config = {
      connectionString: url.href,
      application_name: 'crosswalk',
      connectionTimeoutMillis: 5 * second,
      keepAlive: true,
      keepAliveInitialDelayMillis: 10 * second,
      ...ssl === undefined ? {} : { ssl }
    }
    // Parses the address without connecting.
    if (!Number.isInteger(new pg.Client(config).port)) throw new TypeError('no port')
    return { config, Client: passwordFile === undefined ? pg.Client : withPasswordOf(passwordFile), plain }
  } catch (error) {
    if (error instanceof StartupError) throw error
    // The URL itself is not repeated: it contains a password.
    throw new StartupError(`${variable} cannot be read: expected ${whatWasExpected(address)}`, { cause: error })
  }
}

function whatWasExpected (address: string): string {
  const { username, password, hostname, pathname } = URL.canParse(address)
    ? new URL(address)
    : {} as Partial<URL>
  const [undecodable] = Object.entries({ user: username, password, host: hostname, database: pathname })
    .find(([, part]) => percentDecoded(part ?? '') === undefined) ?? []
  return undecodable === undefined
    ? 'postgres://user:password@host:5432/database'
    : `its ${undecodable} in percent-encoded UTF-8 (a % itself is %25), received another`
}

/** Clients whose password is that of a file when they connect. pg takes no function for one beside an address. */
function withPasswordOf (file: string): typeof pg.Client {
  return class extends pg.Client {
    constructor (config?: string | pg.ClientConfig) {
      super(config)
      Object.assign(this, { password: async () => (await readFile(file, 'utf8')).replace(/\r?\n$/, '') })
    }
  }
}

/**
 * Takes the parameters of TLS out of an address. pg warns about every mode but `verify-full`, since it will weaken what
 * they mean.
 *
 * | mode | encrypted | certificate |
 * |---|---|---|
 * | `disable` | no | |
 * | `allow`, `prefer` | where the server offers it | not checked |
 * | `no-verify` | yes | not checked |
 * | `verify-ca` | yes | by the authority in `sslrootcert`, whatever host it names |
 * | `require`, `verify-full` | yes | by `sslrootcert` or the authorities of Node, and the host |
 *
 * libpq does not check certificates with `require`. Here it does: somebody between the service and its database would
 * read every template.
 *
 * @returns undefined when the address says nothing of TLS
 */
function takeSsl (variable: string, url: URL): ConnectionOptions | false | undefined {
  const take = (name: string) => {
    const value = url.searchParams.get(name)
    url.searchParams.delete(name)
    return value ?? undefined
  }
  const mode = take('sslmode')
  const [ca, cert, key] = ['sslrootcert', 'sslcert', 'sslkey'].map(name => {
    const path = take(name)
    return path === undefined ? undefined : readPem(variable, name, path)
  })
  take('uselibpqcompat')
  if (mode === undefined && [ca, cert, key].every(file => file === undefined)) return undefined
  const files = {
    ...ca === undefined ? {} : { ca },
    ...cert === undefined ? {} : { cert },
    ...key === undefined ? {} : { key }
  }
  if (mode !== undefined && !sslModes.includes(mode as SslMode)) {
    throw new StartupError(`${variable}: expected sslmode to be one of ${sslModes.join(', ')}, received "${mode}"`)
  }
  switch (mode as SslMode | undefined) {
    case 'disable':
      return false
    case 'allow':
    case 'prefer':
    case 'no-verify':
      return { ...files, rejectUnauthorized: false }
    case 'verify-ca':
      if (ca === undefined) {
        throw new StartupError(
          `${variable}: sslmode=verify-ca checks who issued the certificate and not the host: expected the authority in ` +
            'sslrootcert=FILE, or sslmode=verify-full'
        )
      }
      return { ...files, checkServerIdentity: () => undefined }
    default:
      return files
  }
}

function readPem (variable: string, name: string, path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new StartupError(
      `${variable}: ${name} cannot be read: ${(error as Error).message}`,
      { cause: error }
    )
  }
}

/** Connects to an address, without TLS where the server offers none and the address allows that. */
export async function connect<C> (address: ServerAddress, open: (config: pg.ClientConfig) => Promise<C>): Promise<C> {
  try {
    return await open(address.config)
  } catch (error) {
    if (!address.plain || !(error instanceof Error && /does not support SSL/.test(error.message))) throw error
    return await open({ ...address.config, ssl: false })
  }
}

/**
 * What every session of the service relies on, whatever the server, the database or the role have by default: how
 * values are written, so that pg reads them, and floats in full.
 */
const required: Readonly<Record<string, string>> = {
  DateStyle: 'ISO, YMD',
  IntervalStyle: 'postgres',
  TimeZone: 'UTC',
  client_encoding: 'UTF8',
  bytea_output: 'hex',
  extra_float_digits: '1',
  array_nulls: 'on',
  standard_conforming_strings: 'on',
  transform_null_equals: 'off',
  default_transaction_isolation: 'read committed',
  default_transaction_deferrable: 'off'
}

const quoted = (text: string) => pg.escapeLiteral(text)
const requiredValues = Object.entries(required).map(([name, value]) => `(${quoted(name)}, ${quoted(value)})`).join(', ')

/**
 * An acknowledged write is on disk. pgvector may stand in any schema. They are statements and not parameters of the
 * connection, which poolers refuse.
 */
const settings = `
  SELECT set_config(name, value, false) FROM (VALUES ${requiredValues}) AS wanted (name, value)
  UNION ALL
  SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'
  UNION ALL
  SELECT set_config('search_path', current_setting('search_path') || ', ' || quote_ident(nspname), false)
  FROM pg_extension JOIN pg_namespace ON pg_namespace.oid = extnamespace
  WHERE extname = 'vector' AND nspname <> ALL (current_schemas(true))`

/** Limits of what waits for an answer: a statement, and an open transaction that does nothing. */
const limits = `
  SELECT set_config('statement_timeout', '${statementSeconds}s', false),
    set_config('idle_in_transaction_session_timeout', '60s', false)`

/** Makes a new connection one of the service's. @param limited whether statements and idle transactions have limits */
export async function prepareSession (client: pg.ClientBase, limited: boolean): Promise<void> {
  await client.query(settings)
  if (limited) await client.query(limits)
}

/** PgBouncer keeps these for each client, so that they hold whichever session a statement gets. */
const keptByPoolers: readonly string[] = ['DateStyle', 'TimeZone', 'client_encoding', 'standard_conforming_strings']

/**
 * What a role must have by default where a pooler gives each transaction another session, so that what `prepareSession`
 * sets is lost.
 *
 * @returns rows `{ name, value }` of what it has and must not have, and the schema of pgvector where it is not found
 */
export const unsuitableDefaults = `
  SELECT name, wanted.value FROM (VALUES ${requiredValues}) AS wanted (name, value)
  JOIN pg_settings USING (name)
  WHERE reset_val IS DISTINCT FROM wanted.value AND name <> ALL ('{${keptByPoolers.join(',')}}')
  UNION ALL
  SELECT name, 'on' FROM pg_settings WHERE name = 'synchronous_commit' AND reset_val = 'off'
  UNION ALL
  SELECT 'search_path', reset_val || ', ' || quote_ident(nspname)
  FROM pg_settings, pg_extension JOIN pg_namespace ON pg_namespace.oid = extnamespace
  WHERE name = 'search_path' AND extname = 'vector' AND nspname NOT IN ('public', 'pg_catalog')
    AND NOT (reset_val LIKE '%' || nspname || '%')`
