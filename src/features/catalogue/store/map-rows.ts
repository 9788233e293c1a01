import type { Card } from '../../../science/cards/card.js'
import type { JsonObject } from '../models-repository.js'

export type MapState = 'fitted' | 'active' | 'retired'

interface MapSpace {
  model: string
  fingerprint: string
  dimension: number
  /** False when the model's id now means another space. */
  current: boolean
}

/** A map without its numbers. All but the state and its members is as it was fitted. */
export interface StoredMap {
  id: string
  /** 1, 2, 3, … per directed pair of spaces */
  version: number
  source: MapSpace
  target: MapSpace
  method: string
  parameters: JsonObject
  seed: number
  /** Null when the map was not fitted on a corpus, or that has been removed. */
  corpusId: string | null
  corpusHash: string
  /** Digest of weights, source mean and target mean as little-endian float32, one after the other. */
  sha256: string
  card: Card
  state: MapState
  /** Strong entity tag (RFC 9110, section 8.8.3), quotes included; changes whenever any of this changes. */
  etag: string
  createdAt: string
  activatedAt: string | null
  retiredAt: string | null
}

export interface MapRow {
  id: string
  version: number
  source: MapSpace
  target: MapSpace
  method: string
  parameters: JsonObject
  /** bigint comes as text */
  seed: string
  corpus_id: string | null
  corpus_hash: string
  sha256: string
  card: Card
  state: MapState
  revision: number
  created_at: Date
  activated_at: Date | null
  retired_at: Date | null
}

const space = (side: string) =>
  `json_build_object('model', ${side}.id, 'fingerprint', ${side}.fingerprint, 'dimension', ${side}.dimension, 'current', ${side}.current)`

/** Append WHERE; the spaces are `source` and `target`. */
export const selectMaps = `
  SELECT maps.id, version, ${space('source')} AS source, ${
  space('target')
} AS target, method, parameters, seed, corpus_id,
    corpus_hash, sha256, card, state, revision, maps.created_at, activated_at, retired_at
  FROM maps
  JOIN models source ON source.fingerprint = source_fingerprint
  JOIN models target ON target.fingerprint = target_fingerprint`

export function mapOf (row: MapRow): StoredMap {
  return {
    id: row.id,
    version: row.version,
    source: row.source,
    target: row.target,
    method: row.method,
    parameters: row.parameters,
    seed: Number(row.seed),
    corpusId: row.corpus_id,
    corpusHash: row.corpus_hash,
    sha256: row.sha256,
    card: row.card,
    state: row.state,
    etag: `"${row.id}.${row.revision}.${
      [row.source.current, row.target.current, row.corpus_id !== null].map(Number).join('')
    }"`,
    createdAt: row.created_at.toISOString(),
    activatedAt: row.activated_at?.toISOString() ?? null,
    retiredAt: row.retired_at?.toISOString() ?? null
  }
}
