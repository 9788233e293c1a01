import { existsSync, readFileSync } from 'node:fs'
import { availableParallelism, homedir } from 'node:os'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Type, type Static } from 'typebox'
import { Value } from 'typebox/value'
import { StartupError } from './errors.js'
import { isLoopback } from './platform/loopback.js'
import { percentDecoded } from './platform/percent-decoded.js'
import type { DatabaseConfig } from './platform/database/database.js'

/** The folder of package.json, however deep below it the compiler puts this module. */
export const projectRoot = (() => {
  let folder = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(folder, 'package.json'))) {
    if (folder === dirname(folder)) {
      throw new StartupError(`no package.json in a folder above ${fileURLToPath(import.meta.url)}`)
    }
    folder = dirname(folder)
  }
  return folder
})()

/**
 * Whether this is an installed package and not a checkout or an image: what is written must then lie elsewhere, since
 * the next installation replaces its folder.
 */
const installed = basename(dirname(projectRoot)) === 'node_modules'

/** Defaults of an installed package, where the user's data are kept (XDG base directories). */
function installedDefaults (environment: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const home = homedir()
  return {
    DATA_DIR: join(environment['XDG_DATA_HOME'] || join(home, '.local', 'share'), 'crosswalk'),
    MODEL_CACHE_DIR: join(environment['XDG_CACHE_HOME'] || join(home, '.cache'), 'crosswalk', 'models'),
    MODELS_DIR: join(projectRoot, 'models'),
    MAPS_DIR: join(projectRoot, 'maps')
  }
}

/** Of the package. */
export const { version } = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8')) as { version: string }

/** A database URL contains a password, and that of a webhook often a token. */
const secret =
  /^(DATABASE_(DIRECT_)?URL|CROSSWALK_KEY|QDRANT_API_KEY|VECTOR_ENGINE_URL|OTEL_EXPORTER_OTLP_HEADERS|ALARM_WEBHOOK_(URL|HEADERS))$/

const headerList = '^[^=,]+=[^,]*(,[^=,]+=[^,]*)*$'

/** Every environment variable, with its default and its description. */
export const Environment = Type.Object({
  HOST: Type.String({ default: '127.0.0.1', description: 'Address to listen on.' }),
  PORT: Type.Integer({
    default: 8080,
    minimum: 0,
    maximum: 65535,
    description: 'Port to listen on; 0 picks a free one.'
  }),
  API_KEYS_REQUIRED: Type.Optional(
    Type.Enum(['on', 'off'], {
      description:
        'Whether callers need an API key. The default is `on` with `ADMIN_KEY_FILE` and `off` without. With `off`, `HOST` must be a loopback address.'
    })
  ),
  ADMIN_KEY_FILE: Type.Optional(
    Type.String({
      description:
        'File with an API key that has every scope, the first key of a deployment. The file is created if it is ' +
        'missing.'
    })
  ),
  ENCRYPTION_KEYS_FILE: Type.Optional(
    Type.String({
      description:
        'File with the keys that encrypt the templates of corpora and galleries, the current one first; `crosswalk encryption create-key` prints a line for it. Without it, new corpora and galleries are not encrypted.'
    })
  ),
  ENCRYPTION_PLAINTEXT: Type.Enum(['refuse', 'admit'], {
    default: 'refuse',
    description:
      'What to do with unencrypted corpora and galleries when `ENCRYPTION_KEYS_FILE` is set. `refuse`: they are not read, since somebody may have removed their keys. `admit`: they are read and written in plaintext until `crosswalk encryption apply` has encrypted them.'
  }),
  SIGNING_KEY_FILE: Type.Optional(
    Type.String({
      description:
        'File with the Ed25519 private key that signs exported maps; the file is created if it is missing. The ' +
        'default is `signing-key.pem` in `DATA_DIR` with the embedded database, and none with a Postgres server. ' +
        'Without a key, maps cannot be exported.'
    })
  ),
  TRUSTED_KEYS_DIR: Type.Optional(
    Type.String({
      description:
        'Folder of the public keys (`*.pem`) of services whose maps may be imported. The key of `SIGNING_KEY_FILE` is always trusted.'
    })
  ),
  REQUESTS_PER_MINUTE: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 1_000_000,
      description:
        'Requests per minute that a replica admits from each API key that has no limit of its own. If unset, there ' +
        'is no limit.'
    })
  ),
  CORS_ORIGINS: Type.Optional(
    Type.String({
      pattern: '^https?://[^\\s,/]+(,https?://[^\\s,/]+)*$',
      description: 'Comma-separated origins whose pages may call the service from a browser. If unset, none may.'
    })
  ),
  EXPLORER: Type.Enum(['on', 'off'], {
    default: 'on',
    description:
      'Whether to serve the explorer at `/`, a page that compares photographs in the browser, and to let browsers sign in ' +
      'with an API key.'
  }),
  LOG_LEVEL: Type.Enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], {
    default: 'info',
    description: 'Lowest level to log.'
  }),
  CROSSWALK_URL: Type.Optional(
    Type.String({
      pattern: '^https?://',
      description: 'Address of the service that commands talk to. The default is `HOST` and `PORT`.'
    })
  ),
  CROSSWALK_KEY: Type.Optional(
    Type.String({
      pattern: '^\\S+$',
      description: 'API key of commands that talk to a service, where `--key-file` names none.'
    })
  ),
  CONNECT_URL: Type.Optional(
    Type.String({
      description: 'What `crosswalk connect` migrates in place, where no address is among its arguments.'
    })
  ),
  QDRANT_API_KEY: Type.Optional(
    Type.String({
      pattern: '^\\S+$',
      description:
        'API key of the Qdrant that `crosswalk connect` migrates, or that `VECTOR_ENGINE_URL` names: one that may create ' +
        'and delete collections.'
    })
  ),
  VECTOR_ENGINE_URL: Type.Optional(
    Type.String({
      pattern: '^https?://',
      description:
        'A Qdrant, `http://host:6333`, that indexes galleries in place of pgvector; see docs/galleries.md. It holds ' +
        'templates in the clear, as the database does.'
    })
  ),
  VECTOR_ENGINE_REPLICAS: Type.Integer({
    default: 1,
    minimum: 1,
    maximum: 16,
    description: 'Copies that this Qdrant keeps of each shard of a new index.'
  }),
  VECTOR_ENGINE_SHARDS: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 1024,
      description: 'Shards of a new index in it. If unset, it chooses: one for each of its nodes.'
    })
  ),
  VECTOR_ENGINE_QUANTISATION: Type.Enum(['int8', 'none'], {
    default: 'int8',
    description:
      'How a new index in it keeps vectors in memory. `int8`: a quarter of them, with the vectors themselves on the disk. ' +
      '`none`: as float32.'
  }),
  DATABASE_URL: Type.Optional(
    Type.String({
      pattern: '^postgres(ql)?://',
      description:
        'A Postgres server, `postgres://user:password@host:port/database`. If unset, the embedded database is used. ' +
        '`sslmode`, `sslrootcert`, `sslcert` and `sslkey` are read as parameters; `require` checks the certificate as ' +
        '`verify-full` does, and `no-verify` checks nothing.'
    })
  ),
  DATABASE_DIRECT_URL: Type.Optional(
    Type.String({
      pattern: '^postgres(ql)?://',
      description:
        'The same database past a pooler, where `DATABASE_URL` leads to one that pools by transaction: for ' +
        'notifications, migrations and indexes.'
    })
  ),
  DATABASE_PASSWORD_FILE: Type.Optional(
    Type.String({
      description:
        'File with the password of the database user, read for each connection. It replaces the password of ' +
        'the addresses.'
    })
  ),
  DATABASE_POOL_SIZE: Type.Integer({
    default: 10,
    minimum: 2,
    maximum: 200,
    description: 'Maximum connections to the Postgres server.'
  }),
  DATA_DIR: Type.String({ default: 'data', description: 'Folder of the embedded database.' }),
  MODELS_DIR: Type.String({
    default: 'models',
    description: 'Folder of model manifests and of graphs added by the operator.'
  }),
  MODEL_CACHE_DIR: Type.String({
    default: '.cache/models',
    description: 'Folder of the graphs built by `npm run build:models`.'
  }),
  MAPS_DIR: Type.String({
    default: 'maps',
    description: 'Folder of the shipped maps. Those that the database lacks are loaded into it at start.'
  }),
  DETECTOR: Type.String({ default: 'rfb320', description: 'Id of the detector manifest.' }),
  DEFAULT_MODEL: Type.String({ default: 'r512', description: 'Recogniser for images when a request names none.' }),
  EMBED_THREADS: Type.Integer({
    default: Math.min(availableParallelism(), 8),
    minimum: 1,
    maximum: 64,
    description: 'Worker threads for images; the default is one per core, eight at most.'
  }),
  FIT_THREADS: Type.Integer({
    default: 1,
    minimum: 1,
    maximum: 16,
    description:
      'Threads per fit, within one matrix product or across the folds of its cross-validation; fits run one at a time in a worker of their own.'
  }),
  TRANSLATE_THREADS: Type.Integer({
    default: 1,
    minimum: 1,
    maximum: 16,
    description: 'Worker threads for translating large batches, and as many for comparisons in bulk.'
  }),
  SEARCH_THREADS: Type.Integer({
    default: Math.min(availableParallelism(), 8),
    minimum: 1,
    maximum: 64,
    description: 'Worker threads for searching galleries; the default is one per core, eight at most.'
  }),
  SEARCH_MEMORY: Type.Integer({
    default: 2 * 2 ** 30,
    minimum: 2 ** 20,
    maximum: 2 ** 40,
    description:
      'Maximum bytes of galleries kept in memory for searching. A gallery for which there is no room is kept in a ' +
      'quarter of the memory; where that is too large too, it is read from the database for each search.'
  }),
  GALLERY_SHARDS: Type.Integer({
    default: 1,
    minimum: 1,
    maximum: 256,
    description:
      'Number of shards of galleries that are created without one: parts that a cluster of databases spreads over its ' +
      'nodes. It changes no gallery that exists.'
  }),
  BODY_LIMIT: Type.Integer({
    default: 64 * 2 ** 20,
    minimum: 2 ** 16,
    maximum: 2 ** 31 - 1,
    description: 'Maximum size of a request body that is buffered in memory, in bytes.'
  }),
  BODY_MEMORY: Type.Integer({
    default: 256 * 2 ** 20,
    minimum: 2 ** 16,
    maximum: 2 ** 40,
    description:
      'Maximum bytes of request bodies buffered in memory at once, over all connections; a body that would exceed ' +
      'it together with others is rejected with 503.'
  }),
  STREAM_LIMIT: Type.Integer({
    default: 64 * 2 ** 30,
    minimum: 2 ** 16,
    maximum: 2 ** 50,
    description:
      'Maximum size of a request body that is streamed in constant memory, in bytes. Binary translations are streamed.'
  }),
  IMAGE_MAX_PIXELS: Type.Integer({
    default: 50_000_000,
    minimum: 10_000,
    maximum: 1_000_000_000,
    description: 'Maximum size of an image in pixels, as stated in its header.'
  }),
  GUARD: Type.Enum(['off', 'flag', 'refuse'], {
    default: 'flag',
    description:
      'What to do with templates that do not look like those of the model they name: `off` ignores them, `flag` ' +
      'reports them in the answer, `refuse` rejects the request.'
  }),
  MIN_QUALITY: Type.String({
    default: 'interEyeDistance:20,sharpness:8,overExposed:0.5',
    description:
      'Limits on the quality of faces, `measure:limit` separated by commas; see docs/photographs.md. An empty variable ' +
      'counts as not set: `QUALITY=off` judges nothing.'
  }),
  QUALITY: Type.Enum(['off', 'flag', 'refuse'], {
    default: 'flag',
    description:
      'What to do with faces beyond the limits of `MIN_QUALITY`: `off` ignores them, `flag` names the measures in ' +
      'the answer, `refuse` rejects them, but in verifications names them only.'
  }),
  AUDIT: Type.Enum(['strict', 'prompt', 'off'], {
    default: 'prompt',
    description:
      'When calls are recorded in the audit. `strict`: before the answer. `prompt`: changes before the answer, ' +
      'decisions within a second after it. `off`: never.'
  }),
  MAX_WAIT: Type.Integer({
    default: 20,
    minimum: 0,
    maximum: 600_000,
    description:
      'Maximum milliseconds that a request waits in the queue, or its own service time if that is longer. A ' +
      'request that would wait longer is rejected with 503.'
  }),
  SHUTDOWN_DELAY: Type.Integer({
    default: 1000,
    minimum: 0,
    maximum: 600_000,
    description:
      'Milliseconds between the shutdown signal and the closing of the port. Meanwhile the service reports that it ' +
      'is not ready and responses close their connections, so that proxies move to other replicas.'
  }),
  SHUTDOWN_TIMEOUT: Type.Integer({
    default: 30_000,
    minimum: 1000,
    maximum: 600_000,
    description: 'Milliseconds that a shutdown waits for work in flight.'
  }),
  MAP_LEASE: Type.Integer({
    default: 30,
    minimum: 1,
    maximum: 3600,
    description:
      'Seconds for which a replica continues to use the maps it knows to be active while the database does not answer. Retiring a map waits at most this long for a replica that has died or is cut off.'
  }),
  JOB_LEASE: Type.Integer({
    default: 30,
    minimum: 2,
    maximum: 3600,
    description:
      'Seconds after which another replica restarts a job whose replica died. Replicas renew their leases three times in this period.'
  }),
  JOBS_PER_KEY: Type.Integer({
    default: 100,
    minimum: 1,
    maximum: 1000,
    description: 'Maximum jobs per API key, waiting or running. The maximum over all callers is 1,000.'
  }),
  OTEL_EXPORTER_OTLP_ENDPOINT: Type.Optional(
    Type.String({
      pattern: '^https?://',
      description:
        'Address of an OpenTelemetry collector that takes OTLP over HTTP, such as `http://localhost:4318`. If set, the ' +
        'spans of requests are sent there.'
    })
  ),
  OTEL_EXPORTER_OTLP_HEADERS: Type.Optional(
    Type.String({
      pattern: headerList,
      description: 'Headers for the collector, `name=value` separated by commas, values percent-encoded.'
    })
  ),
  ALARM_WEBHOOK_URL: Type.Optional(
    Type.String({
      pattern: '^https?://',
      description:
        'Address that takes alarms of drift, each a CloudEvent in JSON by POST. If unset, they are in the log and in the metrics alone.'
    })
  ),
  ALARM_WEBHOOK_HEADERS: Type.Optional(
    Type.String({
      pattern: headerList,
      description: 'Headers for it, such as `authorization`: `name=value` separated by commas, values percent-encoded.'
    })
  ),
  OTEL_SERVICE_NAME: Type.String({ default: 'crosswalk', description: 'Name of the service in its spans and alarms.' }),
  EXAMPLES: Type.Optional(
    Type.Enum(['on', 'off'], {
      description:
        'Whether to store the example spaces, corpus and map of the documentation at start. The default is `on` with the embedded database and `off` with a Postgres server.'
    })
  )
})

type Environment = Static<typeof Environment>

/** The configuration, validated and frozen. Folders are absolute. */
export type Config = Readonly<ReturnType<typeof derive>>

function derive (environment: Environment) {
  const folder = (path: string) => resolve(installed ? process.cwd() : projectRoot, path)
  return {
    host: environment.HOST,
    port: environment.PORT,
    apiKeysRequired:
      (environment.API_KEYS_REQUIRED ?? (environment.ADMIN_KEY_FILE === undefined ? 'off' : 'on')) === 'on',
    adminKeyFile: environment.ADMIN_KEY_FILE === undefined ? undefined : folder(environment.ADMIN_KEY_FILE),
    encryptionKeysFile: environment.ENCRYPTION_KEYS_FILE === undefined
      ? undefined
      : folder(environment.ENCRYPTION_KEYS_FILE),
    encryptionPlaintext: environment.ENCRYPTION_PLAINTEXT,
    signingKeyFile: environment.SIGNING_KEY_FILE !== undefined
      ? folder(environment.SIGNING_KEY_FILE)
      : environment.DATABASE_URL === undefined
      ? join(folder(environment.DATA_DIR), 'signing-key.pem')
      : undefined,
    trustedKeysDir: environment.TRUSTED_KEYS_DIR === undefined ? undefined : folder(environment.TRUSTED_KEYS_DIR),
    requestsPerMinute: environment.REQUESTS_PER_MINUTE ?? null,
    corsOrigins: environment.CORS_ORIGINS?.split(',') ?? [],
    explorer: environment.EXPLORER === 'on',
    logLevel: environment.LOG_LEVEL,
    serviceUrl: environment.CROSSWALK_URL,
    serviceKey: environment.CROSSWALK_KEY,
    connectUrl: environment.CONNECT_URL,
    qdrantKey: environment.QDRANT_API_KEY,
    vectorEngine: vectorEngineOf(environment),
    database: (environment.DATABASE_URL === undefined
      ? { dataDir: folder(environment.DATA_DIR) }
      : {
        url: environment.DATABASE_URL,
        poolSize: environment.DATABASE_POOL_SIZE,
        ...environment.DATABASE_DIRECT_URL === undefined ? {} : { directUrl: environment.DATABASE_DIRECT_URL },
        ...environment.DATABASE_PASSWORD_FILE === undefined
          ? {}
          : { passwordFile: folder(environment.DATABASE_PASSWORD_FILE) }
      }) as DatabaseConfig,
    modelsDir: folder(environment.MODELS_DIR),
    modelCacheDir: folder(environment.MODEL_CACHE_DIR),
    mapsDir: folder(environment.MAPS_DIR),
    detector: environment.DETECTOR,
    defaultModel: environment.DEFAULT_MODEL,
    embedThreads: environment.EMBED_THREADS,
    fitThreads: environment.FIT_THREADS,
    translateThreads: environment.TRANSLATE_THREADS,
    searchThreads: environment.SEARCH_THREADS,
    searchMemory: environment.SEARCH_MEMORY,
    galleryShards: environment.GALLERY_SHARDS,
    bodyLimit: environment.BODY_LIMIT,
    bodyMemory: environment.BODY_MEMORY,
    streamLimit: environment.STREAM_LIMIT,
    imageMaxPixels: environment.IMAGE_MAX_PIXELS,
    guard: environment.GUARD,
    minQuality: environment.MIN_QUALITY,
    quality: environment.QUALITY,
    audit: environment.AUDIT,
    ...destinationsOf(environment),
    maxWait: environment.MAX_WAIT,
    shutdownDelay: environment.SHUTDOWN_DELAY,
    shutdownTimeout: environment.SHUTDOWN_TIMEOUT,
    jobLease: environment.JOB_LEASE,
    mapLease: environment.MAP_LEASE,
    jobsPerKey: environment.JOBS_PER_KEY,
    examples: (environment.EXAMPLES ?? (environment.DATABASE_URL === undefined ? 'on' : 'off')) === 'on'
  }
}

/** What indexes galleries in place of pgvector. */
function vectorEngineOf (environment: Environment) {
  if (environment.VECTOR_ENGINE_URL === undefined) return undefined
  return {
    url: environment.VECTOR_ENGINE_URL,
    apiKey: environment.QDRANT_API_KEY,
    replicas: environment.VECTOR_ENGINE_REPLICAS,
    shards: environment.VECTOR_ENGINE_SHARDS,
    quantisation: environment.VECTOR_ENGINE_QUANTISATION
  }
}

/** Where the service sends what nobody asked it for. */
function destinationsOf (environment: Environment) {
  return {
    tracing: environment.OTEL_EXPORTER_OTLP_ENDPOINT === undefined
      ? undefined
      : {
        endpoint: environment.OTEL_EXPORTER_OTLP_ENDPOINT,
        headers: headersOf('OTEL_EXPORTER_OTLP_HEADERS', environment.OTEL_EXPORTER_OTLP_HEADERS),
        service: environment.OTEL_SERVICE_NAME
      },
    alarms: environment.ALARM_WEBHOOK_URL === undefined
      ? undefined
      : {
        url: environment.ALARM_WEBHOOK_URL,
        headers: headersOf('ALARM_WEBHOOK_HEADERS', environment.ALARM_WEBHOOK_HEADERS),
        source: environment.OTEL_SERVICE_NAME
      }
  }
}

/** As OpenTelemetry writes headers into a variable: `name=value,name=value`, percent-encoded. */
function headersOf (variable: string, text: string = ''): Record<string, string> {
  return Object.fromEntries(
    text.split(',').filter(Boolean).map(pair => {
      const [name, ...value] = pair.split('=')
      const decoded = percentDecoded(value.join('=').trim())
      if (decoded !== undefined) return [name!.trim(), decoded]
      // It is not repeated: it may be a secret.
      throw new StartupError(
        `configuration: ${variable}: expected values in percent-encoded UTF-8 (a % itself is %25), received another`
      )
    })
  )
}

/**
 * Refuses to write into the installed package.
 * @param variable that names another folder
 * @throws StartupError
 */
export function assertOwnFolder (folder: string, variable: string): void {
  if (!installed || relative(projectRoot, folder).startsWith('..')) return
  throw new StartupError(
    `${variable}: expected a folder of your own, ${folder} belongs to the installed package and goes with its next ` +
      `update. Copy it and set ${variable} to the copy`
  )
}

/**
 * Reads the configuration from environment variables.
 * @throws StartupError naming the variable, the expected values and the received one
 */
export function readConfig (environment: Readonly<Record<string, string | undefined>> = process.env): Config {
  // Compose files turn an unset variable into an empty one.
  const known = Object.keys(Environment.properties).filter(name => environment[name])
  const given = Object.fromEntries(
    known.map(name => [name, isInteger(name) ? Number(environment[name]) : environment[name]])
  )
  const values = Value.Default(Environment, installed ? { ...installedDefaults(environment), ...given } : given)
  const [error] = Value.Errors(Environment, values)
  if (error !== undefined) {
    const name = error.instancePath.split('/')[1] ?? ''
    const received = secret.test(name)
      ? 'something else'
      : JSON.stringify(environment[name])
    const allowed = error.keyword === 'enum' ? ` (${error.params.allowedValues.join(', ')})` : ''
    throw new StartupError(`configuration: ${name} ${error.message}${allowed}, received ${received}`)
  }
  return Object.freeze(derive(values as Environment))
}

/**
 * Without API keys, only the address keeps callers out.
 * @throws StartupError when no keys are required and the address is not a loopback one
 */
export function refuseOpenAddress ({ host, apiKeysRequired }: Config): void {
  if (apiKeysRequired || isLoopback(host)) return
  throw new StartupError(
    `HOST: expected a loopback address (127.0.0.1, ::1, localhost) while no API keys are required, received "${host}". ` +
      'Anyone who reaches that address could translate templates and read corpora. Set ADMIN_KEY_FILE to the file ' +
      'to write the first API key to, or API_KEYS_REQUIRED=on after `crosswalk keys create`; see docs/access.md'
  )
}

const isInteger = (name: string): boolean => Type.IsInteger(Environment.properties[name as keyof Environment])
