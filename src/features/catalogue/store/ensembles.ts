import { randomUUID } from 'node:crypto'
import { Problem } from '../../../errors.js'
import type { EnsembleCard } from '../../../science/cards/ensemble-card.js'
import type { Database, Session } from '../../../platform/database/database.js'
import { assertSameRequest, type IdempotentRequest } from '../../../platform/database/idempotency.js'
import { isUuid, pageOf, positionAfter, type Page, type PageRequest } from '../../../platform/database/page.js'
import { requirePreconditions, type Preconditions } from '../../../platform/preconditions.js'
import { mapsChanged } from './maps.js'
import type { MapState } from './map-rows.js'

/** How templates of several models are compared together. Only its state can change. */
export interface StoredEnsemble {
  id: string
  /** 1, 2, 3, … for the same models */
  version: number
  /** of its models, ascending */
  fingerprints: string[]
  state: MapState
  /** Null when the corpus has been removed. */
  corpusId: string | null
  card: EnsembleCard
  /** Strong entity tag, quotes included. */
  etag: string
  createdAt: string
  activatedAt: string | null
  retiredAt: string | null
}

export interface NewEnsemble {
  /** of its models, in any order */
  fingerprints: readonly string[]
  corpusId: string | null
  card: EnsembleCard
}

/** The tag that callers see of an ensemble. */
type TagOf = (ensemble: StoredEnsemble) => string

interface EnsembleRow {
  id: string
  version: number
  fingerprints: string[]
  state: MapState
  corpus_id: string | null
  card: EnsembleCard
  revision: number
  created_at: Date
  activated_at: Date | null
  retired_at: Date | null
}

const columns = 'id, version, fingerprints, state, corpus_id, card, revision, created_at, activated_at, retired_at'

/** Ensembles and their life cycle: `fitted`, `active` (one of the same models), `retired` for ever. */
export function createEnsembleRepository (database: Database) {
  return {
    /**
     * Stores an ensemble, with the next version of its models.
     * @returns the ensemble, and whether this call created it
     * @throws Problem `idempotency-conflict`
     */
    async insert (ensemble: NewEnsemble & IdempotentRequest): Promise<{ ensemble: StoredEnsemble, created: boolean }> {
      return await database.transaction(async session => {
        await lockModels(session, ensemble.fingerprints)
        const earlier = await findByKey(session, ensemble)
        if (earlier !== undefined) return { ensemble: earlier, created: false }
        const id = randomUUID()
        await insertRow(session, id, ensemble, ensemble)
        return { ensemble: await find(session, id), created: true }
      })
    },

    /** Stores an ensemble under an id known beforehand, unless it exists. */
    async createWithId (id: string, ensemble: NewEnsemble): Promise<void> {
      await database.transaction(async session => {
        await lockModels(session, ensemble.fingerprints)
        const { rows } = await session.query('SELECT FROM ensembles WHERE id = $1', [id])
        if (rows.length === 0) await insertRow(session, id, ensemble, {})
      })
    },

    /**
     * The ensemble that the first of the repeated requests made; call this before the work, which takes long.
     * @throws Problem `idempotency-conflict`
     */
    async findRepeated (request: IdempotentRequest): Promise<StoredEnsemble | undefined> {
      return await findByKey(database, request)
    },

    /** Oldest first. @throws Problem `request-invalid` when the cursor does not belong to this list */
    async list ({ limit, after }: PageRequest): Promise<Page<StoredEnsemble>> {
      const position = positionAfter(after)
      const { rows } = await database.query<EnsembleRow>(
        `SELECT ${columns} FROM ensembles WHERE (created_at, id) > ($2::timestamptz, $3::uuid)
         ORDER BY created_at, id LIMIT $1`,
        [limit + 1, position.createdAt, position.id]
      )
      return pageOf(rows.map(ensembleOf), limit)
    },

    /** @throws Problem `ensemble-unknown` */
    async get (id: string): Promise<StoredEnsemble> {
      return await find(database, id)
    },

    async listActive (): Promise<StoredEnsemble[]> {
      const { rows } = await database.query<EnsembleRow>(
        `SELECT ${columns} FROM ensembles WHERE state = 'active' ORDER BY id`
      )
      return rows.map(ensembleOf)
    },

    /**
     * Makes it the active one of its models; the former one is `fitted` again. Replicas are notified.
     * @throws Problem `ensemble-unknown`, `ensemble-retired`, `precondition-failed`
     */
    async activate (id: string, preconditions: Preconditions, tagOf: TagOf): Promise<StoredEnsemble> {
      return await change(id, preconditions, tagOf, async ({ state, retiredAt, fingerprints }, session) => {
        if (state === 'retired') {
          throw new Problem(
            'ensemble-retired',
            `ensemble ${id} was retired at ${retiredAt ?? ''} and cannot be activated again`
          )
        }
        if (state === 'active') return
        await session.query("UPDATE ensembles SET state = 'fitted' WHERE fingerprints = $1 AND state = 'active'", [
          fingerprints
        ])
        await session.query(
          "UPDATE ensembles SET state = 'active', activated_at = statement_timestamp() WHERE id = $1",
          [
            id
          ]
        )
      })
    },

    /**
     * Takes it out of service for ever. Replicas are notified.
     * @throws Problem `ensemble-unknown`, `precondition-failed`
     */
    async retire (id: string, preconditions: Preconditions, tagOf: TagOf): Promise<StoredEnsemble> {
      return await change(id, preconditions, tagOf, async ({ state }, session) => {
        if (state === 'retired') return
        await session.query(
          "UPDATE ensembles SET state = 'retired', retired_at = statement_timestamp() WHERE id = $1",
          [
            id
          ]
        )
      })
    }
  }

  async function change (
    id: string,
    preconditions: Preconditions,
    tagOf: TagOf,
    work: (ensemble: StoredEnsemble, session: Session) => Promise<void>
  ): Promise<StoredEnsemble> {
    return await database.transaction(async session => {
      await lockModels(session, (await find(session, id)).fingerprints)
      const before = await find(session, id)
      await requirePreconditions(preconditions, async () => tagOf(before))
      await work(before, session)
      const after = await find(session, id)
      if (after.etag !== before.etag) {
        await session.query('SELECT pg_notify($1, $2)', [mapsChanged, JSON.stringify({ ensemble: id })])
      }
      return after
    })
  }
}

/** Serialises the transactions that add or activate ensembles of the same models, on every replica. */
async function lockModels (session: Session, fingerprints: readonly string[]): Promise<void> {
  await session.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [
    `ensembles ${[...fingerprints].sort().join(' ')}`
  ])
}

async function insertRow (
  session: Session,
  id: string,
  { fingerprints, corpusId, card }: NewEnsemble,
  { idempotencyKey, requestSha256 }: Partial<IdempotentRequest>
): Promise<void> {
  await session.query(
    `INSERT INTO ensembles (id, fingerprints, version, card, corpus_id, idempotency_key, request_sha256)
     SELECT $1, $2, (SELECT coalesce(max(version), 0) + 1 FROM ensembles WHERE fingerprints = $2), $3,
       (SELECT id FROM corpora WHERE id = $4 FOR KEY SHARE), $5, $6`,
    [
      id,
      [...fingerprints].sort(),
      JSON.stringify(card),
      corpusId,
      idempotencyKey ?? null,
      requestSha256 ?? null
    ]
  )
}

async function find (session: Session, id: string): Promise<StoredEnsemble> {
  const { rows: [row] } = isUuid(id)
    ? await session.query<EnsembleRow>(`SELECT ${columns} FROM ensembles WHERE id = $1`, [id])
    : { rows: [] }
  if (row === undefined) throw new Problem('ensemble-unknown', `no ensemble has the id ${JSON.stringify(id)}`)
  return ensembleOf(row)
}

async function findByKey (session: Session, request: IdempotentRequest): Promise<StoredEnsemble | undefined> {
  if (request.idempotencyKey === undefined) return undefined
  const { rows: [row] } = await session.query<EnsembleRow & { request_sha256: string | null }>(
    `SELECT ${columns}, request_sha256 FROM ensembles WHERE idempotency_key = $1`,
    [request.idempotencyKey]
  )
  if (row === undefined) return undefined
  assertSameRequest(row.request_sha256, request)
  return ensembleOf(row)
}

function ensembleOf (row: EnsembleRow): StoredEnsemble {
  return {
    id: row.id,
    version: row.version,
    fingerprints: row.fingerprints,
    state: row.state,
    corpusId: row.corpus_id,
    card: row.card,
    etag: `"${row.id}.${row.revision}.${Number(row.corpus_id !== null)}"`,
    createdAt: row.created_at.toISOString(),
    activatedAt: row.activated_at?.toISOString() ?? null,
    retiredAt: row.retired_at?.toISOString() ?? null
  }
}
