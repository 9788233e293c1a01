import { parseArgs } from 'node:util'
import { issueKey } from './access.js'
import {
  createApiKeyRepository,
  scopes,
  scoreDetails,
  type ApiKeyRepository,
  type ModelPair,
  type Scope,
  type StoredApiKey
} from './api-keys-repository.js'
import { UsageError } from '../../platform/cli/command-line.js'
import { withDatabase } from '../../platform/cli/database.js'

export const usage =
  `crosswalk keys create --name NAME --scope SCOPE... [--pair SOURCE:TARGET]... [--templates-per-day N]
                      [--scores exact|coarse|none] [--requests-per-minute N] [--expires MOMENT|DAYSd]
crosswalk keys list [--json]
crosswalk keys revoke ID|PREFIX

  Issues, lists and revokes API keys in the database that DATABASE_URL or DATA_DIR names. SCOPE is one of
  ${scopes.join(', ')}, or all. A new key is printed once, alone on standard output.
  --pair and --templates-per-day apply to translations and comparisons; --scores says how much the key sees of
  comparison scores, see docs/access.md.
  The embedded database (DATA_DIR) is open to one process: while the service runs, use /v1/api-keys.
`

/** @throws UsageError saying what was expected; Problem when the database refuses */
export async function run ([action = '', ...args]: string[]): Promise<void> {
  const work = parse(action, args)
  await withDatabase(
    'While the service runs on the embedded database, manage keys with its routes /v1/api-keys',
    async database => await work(createApiKeyRepository(database))
  )
}

/** Checks all arguments before a database is opened. */
function parse (action: string, args: string[]): (keys: ApiKeyRepository) => Promise<void> {
  switch (action) {
    case 'create': {
      const request = readRequest(args)
      return async keys => {
        const { key, stored } = await issueKey(keys, request)
        process.stderr.write(`${describe(stored)}\nThe key is shown only this once; the service stores a hash.\n`)
        process.stdout.write(`${key}\n`)
      }
    }
    case 'list': {
      const { json } = read(() => parseArgs({ args, options: { json: { type: 'boolean', default: false } } })).values
      return async keys => {
        for (let after: string | undefined;;) {
          const { items, next } = await keys.list({ limit: 1000, after })
          for (const key of items) process.stdout.write(`${json ? JSON.stringify(key) : describe(key)}\n`)
          if (next === null) return
          after = next
        }
      }
    }
    case 'revoke': {
      const { positionals } = read(() => parseArgs({ args, options: {}, allowPositionals: true }))
      const [id] = positionals
      if (id === undefined || positionals.length > 1) {
        throw new UsageError(
          `keys revoke: expected the id or the prefix of one key, received ${positionals.length} arguments`
        )
      }
      return async keys => {
        process.stdout.write(`${describe(await keys.revoke(id))}\n`)
      }
    }
    default:
      throw new UsageError(
        `keys: expected create, list or revoke, received ${
          action === '' ? 'nothing' : JSON.stringify(action)
        }\n\n${usage}`
      )
  }
}

function readRequest (args: string[]) {
  const { values } = read(() =>
    parseArgs({
      args,
      options: {
        name: { type: 'string' },
        scope: { type: 'string', multiple: true, default: [] },
        pair: { type: 'string', multiple: true, default: [] },
        'templates-per-day': { type: 'string' },
        'requests-per-minute': { type: 'string' },
        scores: { type: 'string' },
        expires: { type: 'string' }
      }
    })
  )
  if (values.name === undefined || values.name === '' || values.name.length > 200) {
    throw new UsageError('--name: expected who the key is for, in 1 to 200 characters')
  }
  return {
    name: values.name,
    scopes: readScopes(values.scope),
    translatePairs: values.pair.length === 0 ? undefined : values.pair.map(readPair),
    templatesPerDay: readCount('templates-per-day', values['templates-per-day'], 1e12),
    requestsPerMinute: readCount('requests-per-minute', values['requests-per-minute'], 1e6),
    scores: readScores(values.scores),
    expiresAt: readExpiry(values.expires)
  }
}

function readScopes (given: string[]): Scope[] {
  const names = given.flatMap(text => text.split(','))
  if (names.length === 0) {
    throw new UsageError(`--scope: expected one or more of ${scopes.join(', ')}, or all, received none`)
  }
  const unknown = names.find(name => name !== 'all' && !scopes.includes(name as Scope))
  if (unknown !== undefined) {
    throw new UsageError(`--scope: expected one of ${scopes.join(', ')}, or all, received ${JSON.stringify(unknown)}`)
  }
  return names.includes('all') ? [...scopes] : names as Scope[]
}

function readScores (text: string | undefined) {
  const known = scoreDetails.find(name => name === text)
  if (text !== undefined && known === undefined) {
    throw new UsageError(`--scores: expected one of ${scoreDetails.join(', ')}, received ${JSON.stringify(text)}`)
  }
  return known
}

function readPair (text: string): ModelPair {
  const [, source, target] = /^([a-z0-9][a-z0-9._-]{0,62}):([a-z0-9][a-z0-9._-]{0,62})$/.exec(text) ?? []
  if (source === undefined || target === undefined) {
    throw new UsageError(`--pair: expected SOURCE:TARGET, the ids of two models, received ${JSON.stringify(text)}`)
  }
  return { source, target }
}

function readCount (name: string, text: string | undefined, most: number): number | undefined {
  if (text === undefined) return undefined
  const count = Number(text)
  if (!/^\d+$/.test(text) || count < 1 || count > most) {
    throw new UsageError(`--${name}: expected a whole number from 1 to ${most}, received ${JSON.stringify(text)}`)
  }
  return count
}

function readExpiry (text: string | undefined): string | undefined {
  const [, days] = /^(\d{1,5})d$/.exec(text ?? '') ?? []
  return days === undefined ? text : new Date(Date.now() + Number(days) * 86_400_000).toISOString()
}

function read<T> (parse: () => T): T {
  try {
    return parse()
  } catch (error) {
    throw new UsageError(`keys: ${(error as Error).message}\n\n${usage}`, { cause: error })
  }
}

/** One line: prefix, state, scopes and limits, name, last use. */
function describe (key: StoredApiKey): string {
  const expired = key.expiresAt !== null && Date.parse(key.expiresAt) <= Date.now()
  const state = key.revokedAt !== null
    ? `revoked ${key.revokedAt}`
    : expired
    ? `expired ${key.expiresAt}`
    : key.expiresAt === null
    ? 'valid'
    : `valid until ${key.expiresAt}`
  return [
    `cw_${key.prefix}_…`,
    JSON.stringify(key.name),
    key.scopes.join(','),
    ...key.translatePairs?.map(({ source, target }) => `${source}:${target}`) ?? [],
    ...key.templatesPerDay === null ? [] : [`${key.templatesToday} of ${key.templatesPerDay} templates today`],
    ...key.scopes.some(scope => scope === 'verify' || scope === 'identify') ? [`scores ${key.scores}`] : [],
    ...key.limitsComparisons || (key.translatePairs ?? key.templatesPerDay) === null
      ? []
      : ['limits apply to translations only'],
    ...key.requestsPerMinute === null ? [] : [`${key.requestsPerMinute} requests per minute`],
    state,
    key.lastUsedAt === null ? 'never used' : `last used ${key.lastUsedAt}`
  ].join('  ')
}
