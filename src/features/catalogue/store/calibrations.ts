import { createHash, randomUUID } from 'node:crypto'
import { Problem } from '../../../errors.js'
import type { SideBiases } from '../../../science/alignment/own-means.js'
import type { Recalibration } from '../../../science/cards/recalibration.js'
import { bytesOfFloat32, float32FromBytes } from '../../../science/template/float32.js'
import type { Database, Session } from '../../../platform/database/database.js'
import { assertSameRequest, type IdempotentRequest } from '../../../platform/database/idempotency.js'
import { isUuid, pageOf, positionAfter, type Page, type PageRequest } from '../../../platform/database/page.js'
import { requirePreconditions, type Preconditions } from '../../../platform/preconditions.js'
import { mapsChanged } from './maps.js'
import type { MapState } from './map-rows.js'

/** A calibration of a map for the domain of somebody's own templates. Only its state can change. */
export interface StoredCalibration {
  id: string
  /** id of the map */
  map: string
  /** 1, 2, 3, … per map */
  version: number
  state: 'stored' | 'active' | 'retired'
  /** Null when it was not made from a corpus, or that has been removed. */
  corpusId: string | null
  result: Recalibration
  /** of the comparison space, when it was centred anew */
  biases: SideBiases | undefined
  /** Strong entity tag, quotes included. */
  etag: string
  createdAt: string
  activatedAt: string | null
  retiredAt: string | null
}

export interface NewCalibration {
  map: string
  corpusId: string | null
  result: Recalibration
  biases: SideBiases | undefined
}

interface CalibrationRow {
  id: string
  map_id: string
  version: number
  state: StoredCalibration['state']
  corpus_id: string | null
  result: Recalibration
  biases: Buffer | null
  sha256: string | null
  revision: number
  created_at: Date
  activated_at: Date | null
  retired_at: Date | null
}

const columns =
  'id, map_id, version, state, corpus_id, result, biases, sha256, revision, created_at, activated_at, retired_at'

/** Calibrations of maps and their life cycle: `stored`, `active` (one per map), `retired` for ever. */
export function createCalibrationRepository (database: Database) {
  return {
    /**
     * Stores a calibration, with the next version of its map.
     * @returns the calibration, and whether this call created it
     * @throws Problem `map-unknown`, `map-retired`, `idempotency-conflict`
     */
    async insert (
      calibration: NewCalibration & IdempotentRequest
    ): Promise<{ calibration: StoredCalibration, created: boolean }> {
      return await database.transaction(async session => {
        await lockMap(session, calibration.map)
        const earlier = await findByKey(session, calibration)
        if (earlier !== undefined) return { calibration: earlier, created: false }
        await refuseRetired(session, calibration.map)
        const id = randomUUID()
        await insertRow(session, id, calibration, calibration)
        return { calibration: await find(session, calibration.map, id), created: true }
      })
    },

    /** Stores a calibration under an id known beforehand, unless it exists. */
    async createWithId (id: string, calibration: NewCalibration): Promise<void> {
      await database.transaction(async session => {
        await lockMap(session, calibration.map)
        const { rows } = await session.query('SELECT FROM map_calibrations WHERE id = $1', [id])
        if (rows.length === 0) await insertRow(session, id, calibration, {})
      })
    },

    /**
     * The calibration that the first of the repeated requests made; call this before the work, which takes long.
     * @throws Problem `idempotency-conflict`
     */
    async findRepeated (request: IdempotentRequest): Promise<StoredCalibration | undefined> {
      return await findByKey(database, request)
    },

    /** Of one map, oldest first. @throws Problem `request-invalid` when the cursor does not belong to this list */
    async list (map: string, { limit, after }: PageRequest): Promise<Page<StoredCalibration>> {
      const position = positionAfter(after)
      const { rows } = await database.query<CalibrationRow>(
        `SELECT ${columns} FROM map_calibrations WHERE map_id = $1 AND (created_at, id) > ($3::timestamptz, $4::uuid)
         ORDER BY created_at, id LIMIT $2`,
        [map, limit + 1, position.createdAt, position.id]
      )
      return pageOf(rows.map(calibrationOf), limit)
    },

    /** @throws Problem `calibration-unknown` */
    async get (map: string, id: string): Promise<StoredCalibration> {
      return await find(database, map, id)
    },

    /** The active calibrations of all maps. */
    async listActive (): Promise<StoredCalibration[]> {
      const { rows } = await database.query<CalibrationRow>(
        `SELECT ${columns} FROM map_calibrations WHERE state = 'active' ORDER BY id`
      )
      return rows.map(calibrationOf)
    },

    /**
     * Makes it the active one of its map; the former one is `stored` again. Replicas are notified.
     * @throws Problem `calibration-unknown`, `calibration-retired`, `map-retired`, `precondition-failed`
     */
    async activate (map: string, id: string, preconditions: Preconditions): Promise<StoredCalibration> {
      return await change(map, id, preconditions, async ({ state, retiredAt }, session) => {
        if (state === 'retired') {
          throw new Problem(
            'calibration-retired',
            `calibration ${id} was retired at ${retiredAt ?? ''} and cannot be activated again`
          )
        }
        await refuseRetired(session, map)
        if (state === 'active') return
        await session.query("UPDATE map_calibrations SET state = 'stored' WHERE map_id = $1 AND state = 'active'", [
          map
        ])
        await session.query(
          "UPDATE map_calibrations SET state = 'active', activated_at = statement_timestamp() WHERE id = $1",
          [id]
        )
      })
    },

    /**
     * Takes it out of service for ever: where it was active, the calibration of the card holds again. Replicas are
     * notified.
     * @throws Problem `calibration-unknown`, `precondition-failed`
     */
    async retire (map: string, id: string, preconditions: Preconditions): Promise<StoredCalibration> {
      return await change(map, id, preconditions, async ({ state }, session) => {
        if (state === 'retired') return
        await session.query(
          "UPDATE map_calibrations SET state = 'retired', retired_at = statement_timestamp() WHERE id = $1",
          [id]
        )
      })
    }
  }

  async function change (
    map: string,
    id: string,
    preconditions: Preconditions,
    work: (calibration: StoredCalibration, session: Session) => Promise<void>
  ): Promise<StoredCalibration> {
    return await database.transaction(async session => {
      await lockMap(session, map)
      const before = await find(session, map, id)
      await requirePreconditions(preconditions, async () => before.etag)
      await work(before, session)
      const after = await find(session, map, id)
      if (after.etag !== before.etag) {
        await session.query('SELECT pg_notify($1, $2)', [mapsChanged, JSON.stringify({ id: map, calibration: id })])
      }
      return after
    })
  }
}

/** Serialises the transactions that add or activate calibrations of a map, on every replica. */
async function lockMap (session: Session, map: string): Promise<void> {
  await session.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [`calibrations ${map}`])
}

async function refuseRetired (session: Session, id: string): Promise<void> {
  const { rows: [map] } = await session.query<{ state: MapState }>('SELECT state FROM maps WHERE id = $1 FOR SHARE', [
    id
  ])
  if (map === undefined) throw new Problem('map-unknown', `no map has the id ${JSON.stringify(id)}`)
  if (map.state === 'retired') {
    throw new Problem('map-retired', `map ${id} is retired: expected one that can serve`)
  }
}

async function insertRow (
  session: Session,
  id: string,
  { map, corpusId, result, biases }: NewCalibration,
  { idempotencyKey, requestSha256 }: Partial<IdempotentRequest>
): Promise<void> {
  const bytes = biases === undefined ? null : Buffer.concat([biases.source, biases.target].map(bytesOfFloat32))
  await session.query(
    `INSERT INTO map_calibrations (id, map_id, version, result, biases, sha256, corpus_id, idempotency_key, request_sha256)
     SELECT $1, $2, (SELECT coalesce(max(version), 0) + 1 FROM map_calibrations WHERE map_id = $2), $3, $4, $5,
       (SELECT id FROM corpora WHERE id = $6 FOR KEY SHARE), $7, $8`,
    [
      id,
      map,
      JSON.stringify(result),
      bytes,
      bytes && createHash('sha256').update(bytes).digest('hex'),
      corpusId,
      idempotencyKey ?? null,
      requestSha256 ?? null
    ]
  )
}

async function find (session: Session, map: string, id: string): Promise<StoredCalibration> {
  const { rows: [row] } = isUuid(id) && isUuid(map)
    ? await session.query<CalibrationRow>(`SELECT ${columns} FROM map_calibrations WHERE id = $1 AND map_id = $2`, [
      id,
      map
    ])
    : { rows: [] }
  if (row === undefined) {
    throw new Problem('calibration-unknown', `map ${map} has no calibration with the id ${JSON.stringify(id)}`)
  }
  return calibrationOf(row)
}

async function findByKey (session: Session, request: IdempotentRequest): Promise<StoredCalibration | undefined> {
  if (request.idempotencyKey === undefined) return undefined
  const { rows: [row] } = await session.query<CalibrationRow & { request_sha256: string | null }>(
    `SELECT ${columns}, request_sha256 FROM map_calibrations WHERE idempotency_key = $1`,
    [request.idempotencyKey]
  )
  if (row === undefined) return undefined
  assertSameRequest(row.request_sha256, request)
  return calibrationOf(row)
}

function calibrationOf (row: CalibrationRow): StoredCalibration {
  return {
    id: row.id,
    map: row.map_id,
    version: row.version,
    state: row.state,
    corpusId: row.corpus_id,
    result: row.result,
    biases: biasesOf(row),
    etag: `"${row.id}.${row.revision}.${Number(row.corpus_id !== null)}"`,
    createdAt: row.created_at.toISOString(),
    activatedAt: row.activated_at?.toISOString() ?? null,
    retiredAt: row.retired_at?.toISOString() ?? null
  }
}

/** @throws Error when the stored bytes are damaged */
function biasesOf ({ id, biases, sha256 }: CalibrationRow): SideBiases | undefined {
  if (biases === null) return undefined
  const digest = createHash('sha256').update(biases).digest('hex')
  if (digest !== sha256) {
    throw new Error(`The biases of calibration ${id} are damaged: expected SHA-256 ${sha256}, found ${digest}`)
  }
  const values = float32FromBytes(biases)
  return { source: values.subarray(0, values.length / 2), target: values.subarray(values.length / 2) }
}
