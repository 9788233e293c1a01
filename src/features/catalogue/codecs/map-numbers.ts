import type { AffineMap } from '../../../science/alignment/affine-map.js'
import { digestOfNumbers } from '../../../science/alignment/map-codec.js'
import { float32FromBytes } from '../../../science/template/float32.js'
import type { Session } from '../../../platform/database/database.js'

interface NumbersRow {
  rows: number
  cols: number
  sha256: string
  weights: Buffer
  mean_source: Buffer
  mean_target: Buffer
}

/**
 * @returns undefined when there is no such map
 * @throws Error when the bytes are not those that were stored
 */
export async function readNumbers (session: Session, id: string): Promise<AffineMap | undefined> {
  const { rows: [row] } = await session.query<NumbersRow>(
    'SELECT rows, cols, sha256, weights, mean_source, mean_target FROM maps WHERE id = $1',
    [id]
  )
  if (row === undefined) return undefined
  const map = {
    weights: { rows: row.rows, cols: row.cols, data: float32FromBytes(row.weights) },
    meanSource: float32FromBytes(row.mean_source),
    meanTarget: float32FromBytes(row.mean_target)
  }
  const digest = digestOfNumbers(map)
  if (digest !== row.sha256) {
    throw new Error(`Map ${id} is damaged: expected SHA-256 ${row.sha256} of its numbers, found ${digest}`)
  }
  return map
}
