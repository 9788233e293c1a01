import { isDeepStrictEqual } from 'node:util'
import type { AffineMap } from '../../../science/alignment/affine-map.js'
import type { ComparisonSpace } from '../../../science/alignment/comparison-space.js'
import { Problem, StartupError } from '../../../errors.js'
import type { Card } from '../../../science/cards/card.js'
import { readComparison } from '../codecs/comparison-numbers.js'
import type { Database, Session } from '../../../platform/database/database.js'
import { StatementError } from '../../../platform/database/failures.js'
import { assertSameRequest, type IdempotentRequest } from '../../../platform/database/idempotency.js'
import { insertMap, lockPair, type NewMap } from './map-insertion.js'
import { digestOfNumbers } from '../../../science/alignment/map-codec.js'
import { readNumbers } from '../codecs/map-numbers.js'
import { mapOf, selectMaps, type MapRow, type MapState, type StoredMap } from './map-rows.js'
import { isUuid, pageOf, positionAfter, type Page, type PageRequest } from '../../../platform/database/page.js'
import { requirePreconditions, unconditional, type Preconditions } from '../../../platform/preconditions.js'

export type { NewMap } from './map-insertion.js'
export type { StoredMap } from './map-rows.js'

/**
 * Notified with `{ id, source, target }` (both fingerprints) when the active map of a pair may be another, or one may
 * wait to be activated.
 */
export const mapsChanged = 'maps_changed'

export interface MapFilter extends PageRequest {
  /** Id of a model: matches its current space and its former ones. */
  source?: string | undefined
  target?: string | undefined
  state?: MapState | undefined
}

/** The newest fitted map of a pair that has no active one. */
export interface WaitingMap {
  id: string
  version: number
  /** ids of models */
  source: string
  target: string
  sourceFingerprint: string
  targetFingerprint: string
  /** of its card; null for cards that predate verdicts */
  verdict: string | null
}

/** Maps and their life cycle: `fitted`, `active` (one per directed pair of spaces), `retired` for ever. */
export function createMapRepository (database: Database) {
  return {
    /**
     * Stores a map as `fitted`, with the next version of its pair.
     * @param conclude what else is to happen in the transaction of the insertion
     * @returns the map, and whether this call created it: a repetition with the same idempotency key returns the first
     * @throws Problem `idempotency-conflict`; `map-retired` when it is made of maps one of which has been retired
     */
    async insert (
      map: NewMap & IdempotentRequest & { legs?: readonly string[] | undefined },
      conclude: (session: Session, map: StoredMap) => Promise<void> = async () => {}
    ): Promise<{ map: StoredMap, created: boolean }> {
      return await database.transaction(async (session) => {
        await lockPair(session, map.sourceFingerprint, map.targetFingerprint)
        const earlier = await findByKey(session, map)
        if (earlier !== undefined) return { map: earlier, created: false }
        await refuseRetired(session, map.legs ?? [])
        const id = await insertMap(session, map, map).catch((error: unknown) => {
          // The same key was used concurrently for another pair, and so for another request.
          if (error instanceof StatementError && error.constraint === 'maps_idempotency_key_key') {
            assertSameRequest(null, map)
          }
          throw error
        })
        const fitted = await find(session, id)
        await announce(session, fitted)
        await conclude(session, fitted)
        return { map: await find(session, id), created: true }
      })
    },

    /**
     * The map that the first of the repeated requests made; call this before the fit, which takes long.
     * @throws Problem `idempotency-conflict`
     */
    async findRepeated (request: IdempotentRequest): Promise<StoredMap | undefined> {
      return await findByKey(database, request)
    },

    /**
     * Stores a map from a file under its own id, unless it exists; activates it then, unless its pair has an active
     * map.
     * @throws StartupError when the id belongs to a map with other numbers
     */
    async insertIfAbsent (id: string, map: NewMap): Promise<{ map: StoredMap, created: boolean }> {
      return await database.transaction(async (session) => {
        const { map: stored, created } = await insertWithId(session, id, map)
        if (!created) {
          if (stored.sha256 !== digestOfNumbers(map.numbers)) {
            throw new StartupError(
              `Map ${id} is stored with numbers other than those of its file. A changed map needs another id`
            )
          }
          return { map: stored, created }
        }
        await session.query(
          `UPDATE maps SET state = 'active', activated_at = statement_timestamp() WHERE id = $1 AND NOT EXISTS (
             SELECT FROM maps WHERE state = 'active' AND source_fingerprint = $2 AND target_fingerprint = $3)`,
          [id, map.sourceFingerprint, map.targetFingerprint]
        )
        const activated = await find(session, id)
        await announce(session, activated)
        return { map: activated, created }
      })
    },

    /**
     * Stores a map from another service under its own id, as `fitted`, unless it exists.
     * @throws Problem `map-exists` when the id belongs to a map that differs from this one in anything
     */
    async import (id: string, map: NewMap & { card: Card }): Promise<{ map: StoredMap, created: boolean }> {
      return await database.transaction(async (session) => {
        const { map: stored, created } = await insertWithId(session, id, map)
        const same = stored.source.fingerprint === map.sourceFingerprint &&
          stored.target.fingerprint === map.targetFingerprint &&
          stored.sha256 === digestOfNumbers(map.numbers) && stored.corpusHash === map.corpusHash &&
          isDeepStrictEqual(stored.card, map.card)
        if (!same) {
          throw new Problem('map-exists', `expected map ${id} as stored here, received another with the same id`)
        }
        if (created) await announce(session, stored)
        return { map: stored, created }
      })
    },

    /** @throws Problem `request-invalid` when the cursor does not belong to this list */
    async list ({ source, target, state, limit, after }: MapFilter): Promise<Page<StoredMap>> {
      const position = positionAfter(after)
      const maps = await select(
        database,
        `WHERE ($1::text IS NULL OR source.id = $1) AND ($2::text IS NULL OR target.id = $2)
           AND ($3::text IS NULL OR state = $3)
           AND (maps.created_at, maps.id) > ($5::timestamptz, $6::uuid)
         ORDER BY maps.created_at, maps.id LIMIT $4`,
        [source ?? null, target ?? null, state ?? null, limit + 1, position.createdAt, position.id]
      )
      return pageOf(maps, limit)
    },

    /** @throws Problem `map-unknown` */
    async get (id: string): Promise<StoredMap> {
      return await find(database, id)
    },

    /**
     * The numbers of a map, checked against their digest.
     * @throws Problem `map-unknown`
     * @throws Error when the stored bytes are damaged
     */
    async numbers (id: string): Promise<AffineMap> {
      const numbers = isUuid(id) ? await readNumbers(database, id) : undefined
      if (numbers === undefined) throw unknown(id)
      return numbers
    },

    /**
     * The comparison space of a map whose card has one, checked against its digest.
     * @throws Error when there is none, or the stored bytes are damaged
     */
    async comparison (id: string): Promise<ComparisonSpace> {
      return await readComparison(database, id)
    },

    /**
     * Makes the map the active one of its pair; the former one is `fitted` again, so that a rollback is possible. Of
     * concurrent activations the last wins. Replicas are notified.
     * @throws Problem `map-unknown`, `map-retired`; `precondition-failed`
     */
    async activate (id: string, preconditions: Preconditions = unconditional): Promise<StoredMap> {
      return await database.transaction(session => change(session, id, preconditions, activate))
    },

    /** The same within the caller's transaction. */
    async activateWithin (session: Session, id: string): Promise<StoredMap> {
      return await change(session, id, unconditional, activate)
    },

    /**
     * Takes the map out of service for ever; a repetition changes nothing. Replicas are notified.
     * @throws Problem `map-unknown`; `precondition-failed`
     */
    async retire (id: string, preconditions: Preconditions = unconditional): Promise<StoredMap> {
      return await database.transaction(session =>
        change(session, id, preconditions, async map => {
          if (map.state === 'retired') return
          await session.query("UPDATE maps SET state = 'retired', retired_at = statement_timestamp() WHERE id = $1", [
            id
          ])
        })
      )
    },

    /** The active map of a directed pair of spaces. */
    async active (sourceFingerprint: string, targetFingerprint: string): Promise<StoredMap | undefined> {
      const [map] = await select(
        database,
        "WHERE state = 'active' AND source_fingerprint = $1 AND target_fingerprint = $2",
        [sourceFingerprint, targetFingerprint]
      )
      return map
    },

    /** Ids of the retired maps. */
    async listRetired (): Promise<string[]> {
      const { rows } = await database.query<{ id: string }>("SELECT id FROM maps WHERE state = 'retired'")
      return rows.map(({ id }) => id)
    },

    /** Every change of a map's state raises it, on any replica. */
    async revision (): Promise<number> {
      const { rows: [head] } = await database.query<{ revision: string }>('SELECT revision FROM catalogue_head')
      return Number(head!.revision)
    },

    /** Every active map, including those of spaces that are no longer current. */
    async listActive (): Promise<StoredMap[]> {
      return await select(database, "WHERE state = 'active' ORDER BY source.id, target.id, maps.id", [])
    },

    /** The newest map that could be activated, for each directed pair without an active one. */
    async listWaiting (): Promise<WaitingMap[]> {
      const { rows } = await database.query<WaitingMap>(
        `SELECT maps.id, maps.version, source.id AS source, target.id AS target, source_fingerprint AS "sourceFingerprint",
           target_fingerprint AS "targetFingerprint", card #>> '{verdict,verdict}' AS verdict
         FROM (SELECT DISTINCT ON (source_fingerprint, target_fingerprint) id FROM maps fitted
               WHERE state = 'fitted' AND NOT EXISTS (
                 SELECT FROM maps active WHERE active.state = 'active' AND active.source_fingerprint = fitted.source_fingerprint AND active.target_fingerprint = fitted.target_fingerprint)
               ORDER BY source_fingerprint, target_fingerprint, version DESC) newest
         JOIN maps USING (id)
         JOIN models source ON source.fingerprint = source_fingerprint
         JOIN models target ON target.fingerprint = target_fingerprint
         ORDER BY source.id, target.id, maps.id`
      )
      return rows
    }
  }

  async function insertWithId (
    session: Session,
    id: string,
    map: NewMap
  ): Promise<{ map: StoredMap, created: boolean }> {
    await lockPair(session, map.sourceFingerprint, map.targetFingerprint)
    const [stored] = await select(session, 'WHERE maps.id = $1', [id])
    if (stored !== undefined) return { map: stored, created: false }
    await insertMap(session, map, { id })
    return { map: await find(session, id), created: true }
  }
}

/** Changes a map in a transaction, and notifies the replicas if it changed. */
async function change (
  session: Session,
  id: string,
  preconditions: Preconditions,
  work: (map: StoredMap, session: Session) => Promise<void>
): Promise<StoredMap> {
  const { source, target } = await find(session, id)
  await lockPair(session, source.fingerprint, target.fingerprint)
  // Read again: the state from before the lock may be stale.
  const before = await find(session, id)
  await requirePreconditions(preconditions, async () => before.etag)
  await work(before, session)
  const after = await find(session, id)
  if (after.etag !== before.etag) await announce(session, after)
  return after
}

async function activate ({ id, state, source, target, retiredAt }: StoredMap, session: Session): Promise<void> {
  if (state === 'retired') {
    throw new Problem(
      'map-retired',
      `map ${id} was retired at ${retiredAt ?? ''} and ` +
        `cannot be activated again`
    )
  }
  if (state === 'active') return
  await session.query(
    "UPDATE maps SET state = 'fitted' WHERE state = 'active' AND source_fingerprint = $1 AND target_fingerprint = $2",
    [source.fingerprint, target.fingerprint]
  )
  // The time of the transaction's begin could precede that of an activation it had to wait for.
  await session.query("UPDATE maps SET state = 'active', activated_at = statement_timestamp() WHERE id = $1", [id])
}

/** A composition of a map that has since been retired would go on translating by it. */
async function refuseRetired (session: Session, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return
  const { rows } = await session.query<{ id: string, state: MapState }>(
    'SELECT id, state FROM maps WHERE id = ANY ($1::uuid[]) ORDER BY id FOR SHARE',
    [ids]
  )
  const retired = rows.find(({ state }) => state === 'retired')
  if (retired !== undefined) {
    throw new Problem(
      'map-retired',
      `expected active legs, map ${retired.id} was retired during the composition`
    )
  }
}

async function select (session: Session, clauses: string, values: readonly unknown[]): Promise<StoredMap[]> {
  const { rows } = await session.query<MapRow>(`${selectMaps} ${clauses}`, values)
  return rows.map(mapOf)
}

async function find (session: Session, id: string): Promise<StoredMap> {
  const [map] = isUuid(id) ? await select(session, 'WHERE maps.id = $1', [id]) : []
  if (map === undefined) throw unknown(id)
  return map
}

async function findByKey (session: Session, request: IdempotentRequest): Promise<StoredMap | undefined> {
  if (request.idempotencyKey === undefined) return undefined
  const { rows: [found] } = await session.query<{ id: string, request_sha256: string | null }>(
    'SELECT id, request_sha256 FROM maps WHERE idempotency_key = $1',
    [request.idempotencyKey]
  )
  if (found === undefined) return undefined
  assertSameRequest(found.request_sha256, request)
  return await find(session, found.id)
}

async function announce (session: Session, { id, source, target }: StoredMap): Promise<void> {
  // Delivered when the transaction commits, and only then.
  await session.query('SELECT pg_notify($1, $2)', [
    mapsChanged,
    JSON.stringify({ id, source: source.fingerprint, target: target.fingerprint })
  ])
}

function unknown (id: string): Problem {
  return new Problem('map-unknown', `no map has the id ${JSON.stringify(id)}`)
}
