import { createHash } from 'node:crypto'
import type { AffineMap } from '../../../science/alignment/affine-map.js'
import { bytesOfFloat32, float32FromBytes } from '../../../science/template/float32.js'
import type { Session } from '../../../platform/database/database.js'

/** Digest of a map's numbers, 64 hexadecimal digits; the database checks it against the bytes on write. */
export function digestOfNumbers (map: AffineMap): string {
  return createHash('sha256')
    .update(bytesOfFloat32(map.weights.data))
    .update(bytesOfFloat32(map.meanSource))
    .update(bytesOfFloat32(map.meanTarget))
    .digest('hex')
}

/**
 * The numbers of a map as they are transferred: weights, mean of the source, mean of the target, little-endian float32.
 */
export function encodeNumbers ({ weights, meanSource, meanTarget }: AffineMap): Buffer {
  return Buffer.concat([weights.data, meanSource, meanTarget].map(bytesOfFloat32))
}

/** @throws RangeError when their count does not match a map between spaces of these dimensions */
export function decodeNumbers (bytes: Uint8Array, dSource: number, dTarget: number): AffineMap {
  const means = dSource * dTarget
  const count = means + dSource + dTarget
  if (bytes.length !== count * 4) throw new RangeError(`expected ${count * 4} bytes of numbers, found ${bytes.length}`)
  const values = float32FromBytes(bytes)
  if (!values.every(Number.isFinite)) throw new RangeError('expected finite numbers, found others')
  return {
    weights: { rows: dSource, cols: dTarget, data: values.subarray(0, means) },
    meanSource: values.subarray(means, means + dSource),
    meanTarget: values.subarray(means + dSource)
  }
}

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
