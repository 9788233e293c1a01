import { randomUUID } from 'node:crypto'
import { Problem } from '../../errors.js'
import type { Disclosure } from '../../science/scores/disclosure.js'
import type { Database, Session } from '../../platform/database/database.js'
import { isUuid, pageOf, positionAfter, type Page, type PageRequest } from '../../platform/database/page.js'

/** The permissions of a key. No scope includes another: a key carries every scope that its holder needs. */
export const scopes = ['embed', 'translate', 'verify', 'enrol', 'identify', 'fit', 'admin'] as const
export type Scope = typeof scopes[number]

/** How much a key learns of comparison scores, see `Disclosure`. */
export const scoreDetails = ['exact', 'coarse', 'none'] as const satisfies readonly Disclosure[]

/** A directed pair of models, by their ids. */
export interface ModelPair {
  source: string
  target: string
}

export interface NewApiKey {
  /** Only for a key with an id known beforehand. */
  id?: string
  prefix: string
  secretSha256: Buffer
  name: string
  scopes: Scope[]
  /** The pairs of models that the key may translate (in this direction) and compare (in either); null for all. */
  translatePairs: ModelPair[] | null
  /** Maximum number of templates translated or compared per day (UTC); null for no maximum. */
  templatesPerDay: number | null
  /** Whether the two limits above apply to comparisons; false for keys from versions in which they did not. */
  limitsComparisons: boolean
  scores: Disclosure
  /** null for the configured default. */
  requestsPerMinute: number | null
  expiresAt: string | null
}

/** Without the hash of its secret. */
export interface StoredApiKey extends Required<Omit<NewApiKey, 'secretSha256'>> {
  createdAt: string
  revokedAt: string | null
  /** Up to a minute behind. */
  lastUsedAt: string | null
  /** Templates translated or compared on the current day (UTC). */
  templatesToday: number
}

/** A key, valid or not, with the hash of its secret. */
export interface FoundKey {
  readonly key: StoredApiKey
  readonly secretSha256: Buffer
}

/** Notified with the prefix when a key is revoked. */
export const apiKeysChanged = 'api_keys_changed'

interface Row {
  id: string
  prefix: string
  name: string
  scopes: Scope[]
  translate_pairs: ModelPair[] | null
  // bigint comes as text
  templates_per_day: string | null
  requests_per_minute: number | null
  limits_comparisons: boolean
  scores: Disclosure
  created_at: Date
  expires_at: Date | null
  revoked_at: Date | null
  last_used_at: Date | null
  templates_today: string | null
}

const today = "(now() AT TIME ZONE 'UTC')::date"
const columns =
  `id, prefix, name, scopes, translate_pairs, templates_per_day, requests_per_minute, limits_comparisons, scores,
  created_at, expires_at, revoked_at,
  last_used_at, (SELECT templates FROM api_key_days WHERE key_id = id AND day = ${today}) AS templates_today`

/** API keys, with the hashes of their secrets and the use of their budgets. */
export function createApiKeyRepository (database: Database) {
  async function find (session: Session, condition: string, value: string): Promise<StoredApiKey | undefined> {
    const { rows } = await session.query<Row>(`SELECT ${columns} FROM api_keys WHERE ${condition}`, [value])
    return rows[0] && keyOf(rows[0])
  }

  /** The keys that have one of these prefixes. */
  async function findByPrefixes (prefixes: readonly string[]): Promise<FoundKey[]> {
    const { rows } = await database.query<Row & { secret_sha256: Uint8Array }>(
      `SELECT secret_sha256, ${columns} FROM api_keys WHERE prefix = ANY ($1::text[])`,
      [prefixes]
    )
    return rows.map(row => ({ key: keyOf(row), secretSha256: Buffer.from(row.secret_sha256) }))
  }

  return {
    /** Does nothing when the id or the prefix is taken. @returns whether it was stored */
    async insert (key: NewApiKey): Promise<boolean> {
      const { rowCount } = await database.query(
        `INSERT INTO api_keys (id, prefix, secret_sha256, name, scopes, translate_pairs, templates_per_day, requests_per_minute,
           limits_comparisons, scores, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT DO NOTHING`,
        [
          key.id ?? randomUUID(),
          key.prefix,
          key.secretSha256,
          key.name,
          key.scopes,
          key.translatePairs === null ? null : JSON.stringify(key.translatePairs),
          key.templatesPerDay,
          key.requestsPerMinute,
          key.limitsComparisons,
          key.scores,
          key.expiresAt
        ]
      )
      return rowCount === 1
    },

    async findByPrefix (prefix: string): Promise<FoundKey | undefined> {
      return (await findByPrefixes([prefix]))[0]
    },

    findByPrefixes,

    async list ({ limit, after }: PageRequest): Promise<Page<StoredApiKey>> {
      const position = positionAfter(after)
      const { rows } = await database.query<Row>(
        `SELECT ${columns} FROM api_keys
         WHERE (created_at, id) > ($2::timestamptz, $3::uuid)
         ORDER BY created_at, id LIMIT $1`,
        [limit + 1, position.createdAt, position.id]
      )
      return pageOf(rows.map(keyOf), limit)
    },

    /**
     * Revokes a key for good; a revoked one stays as it is. Replicas are notified in the same transaction.
     * @param idOrPrefix either identifies the key
     * @throws Problem `api-key-unknown`
     */
    async revoke (idOrPrefix: string): Promise<StoredApiKey> {
      return await database.transaction(async (session) => {
        const condition = isUuid(idOrPrefix) ? 'id = $1' : 'prefix = $1'
        await session.query(`UPDATE api_keys SET revoked_at = now() WHERE ${condition} AND revoked_at IS NULL`, [
          idOrPrefix
        ])
        const key = await find(session, condition, idOrPrefix)
        if (key === undefined) {
          throw new Problem('api-key-unknown', `no API key has the id ${JSON.stringify(idOrPrefix)}`)
        }
        await session.query('SELECT pg_notify($1, $2)', [apiKeysChanged, key.prefix])
        return key
      })
    },

    /**
     * Takes templates from a key's budget of the day, all of them or none; atomic across replicas.
     * @returns whether they were taken, how many are left, and in how many seconds the next day begins
     */
    async spend (
      id: string,
      templates: number,
      budget: number
    ): Promise<{ taken: boolean, left: number, resetsIn: number }> {
      const { rows: [taken] } = await database.query<{ templates: string }>(
        `INSERT INTO api_key_days (key_id, day, templates) SELECT $1::uuid, ${today}, $2::bigint WHERE $2::bigint <= $3::bigint
         ON CONFLICT (key_id, day) DO UPDATE SET templates = api_key_days.templates + excluded.templates
           WHERE api_key_days.templates + excluded.templates <= $3::bigint
         RETURNING templates`,
        [id, templates, budget]
      )
      const { rows: [state] } = taken !== undefined
        ? { rows: [{ used: taken.templates, resets_in: 0 }] }
        : await database.query<{ used: string, resets_in: number }>(
          `SELECT coalesce((SELECT templates FROM api_key_days WHERE key_id = $1::uuid AND day = ${today}), 0) AS used,
             ceil(extract(epoch FROM (${today} + 1) - (now() AT TIME ZONE 'UTC')))::integer AS resets_in`,
          [id]
        )
      return { taken: taken !== undefined, left: Math.max(0, budget - Number(state!.used)), resetsIn: state!.resets_in }
    },

    /** @param uses the last use of each key, by its id */
    async recordUses (uses: ReadonlyMap<string, Date>): Promise<void> {
      await database.query(
        `UPDATE api_keys SET last_used_at = greatest(last_used_at, used.at)
         FROM unnest($1::uuid[], $2::timestamptz[]) AS used (id, at) WHERE api_keys.id = used.id`,
        [[...uses.keys()], [...uses.values()].map(at => at.toISOString())]
      )
    }
  }
}

export type ApiKeyRepository = ReturnType<typeof createApiKeyRepository>

function keyOf (row: Row): StoredApiKey {
  return {
    id: row.id,
    prefix: row.prefix,
    name: row.name,
    scopes: row.scopes,
    translatePairs: row.translate_pairs,
    templatesPerDay: row.templates_per_day === null ? null : Number(row.templates_per_day),
    requestsPerMinute: row.requests_per_minute,
    limitsComparisons: row.limits_comparisons,
    scores: row.scores,
    createdAt: row.created_at.toISOString(),
    expiresAt: row.expires_at?.toISOString() ?? null,
    revokedAt: row.revoked_at?.toISOString() ?? null,
    lastUsedAt: row.last_used_at?.toISOString() ?? null,
    templatesToday: Number(row.templates_today ?? 0)
  }
}
