import {
  type ComparisonShape,
  decodeComparison,
  encodeComparison
} from '../../../science/alignment/comparison-codec.js'
import type { ComparisonSpace } from '../../../science/alignment/comparison-space.js'
import type { Session } from '../../../platform/database/database.js'

/** Call within the transaction that inserts the map. */
export async function insertComparison (session: Session, mapId: string, space: ComparisonSpace): Promise<void> {
  const { shape, bytes, sha256 } = encodeComparison(space)
  await session.query('INSERT INTO comparison_spaces (map_id, shape, numbers, sha256) VALUES ($1, $2, $3, $4)', [
    mapId,
    JSON.stringify(shape),
    bytes,
    sha256
  ])
}

/** @throws Error when the map has none, or the stored bytes are damaged */
export async function readComparison (session: Session, mapId: string): Promise<ComparisonSpace> {
  const { rows: [row] } = await session.query<{ shape: ComparisonShape, numbers: Buffer, sha256: string }>(
    'SELECT shape, numbers, sha256 FROM comparison_spaces WHERE map_id = $1',
    [mapId]
  )
  if (row === undefined) throw new Error(`Map ${mapId} has no comparison space`)
  try {
    return decodeComparison({ shape: row.shape, bytes: row.numbers, sha256: row.sha256 })
  } catch (error) {
    throw new Error(`The comparison space of map ${mapId} is damaged: ${(error as Error).message}`)
  }
}
