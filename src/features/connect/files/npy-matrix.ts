import {
  checkNpySize,
  npyElementsStart,
  npyHeader,
  npyPrefixBytes,
  readNpyHeader,
  type NpyHeader
} from '../../../science/template/npy.js'
import { bytesOfFloat32 } from '../../../science/template/float32.js'
import { checked, type StoredTemplate } from '../pages.js'
import type { FileRows, TemplatesOf } from './template-file.js'

/** Rows of a block. */
const blockRows = 2048

/** Takes the next bytes of a matrix. */
type Take = (count: number) => Promise<Buffer>

/** A matrix of NumPy, and where its numbers begin. */
export interface NpyMatrix {
  readonly header: NpyHeader
  /** bytes before the numbers */
  readonly start: number
}

/**
 * @param take from the beginning of the matrix
 * @param bytes of all of it
 * @throws Problem when it is none
 */
export async function readMatrixHeader (take: Take, bytes: number): Promise<NpyMatrix> {
  const prefix = await take(npyPrefixBytes)
  const start = npyElementsStart(prefix)
  const header = readNpyHeader(Buffer.concat([prefix, await take(start - npyPrefixBytes)]))
  checkNpySize(header, bytes - start)
  return { header, start }
}

/** Where a row begins. */
export const positionOf = ({ header: { cols, elementBytes }, start }: NpyMatrix, row: number): number =>
  start + row * cols * elementBytes

/** The templates of some rows. @param take from the first of them on */
export async function takeTemplates (
  { cols, elementBytes, read }: NpyHeader,
  take: Take,
  count: number,
  dimension: number
): Promise<StoredTemplate[]> {
  const numbers = read(await take(count * cols * elementBytes), count * cols)
  return Array.from({ length: count }, (_, i) => checked(numbers.subarray(i * cols, (i + 1) * cols), dimension))
}

/** The rows from one on, which are named by their numbers. @param take from there on */
export async function* matrixRows (
  header: NpyHeader,
  take: Take,
  from: number,
  dimension: number
): AsyncGenerator<FileRows, void> {
  for (let row = from; row < header.rows; row += blockRows) {
    const count = Math.min(blockRows, header.rows - row)
    yield {
      names: Array.from({ length: count }, (_, i) => String(row + i)),
      templates: await takeTemplates(header, take, count, dimension)
    }
  }
}

/** A matrix of float32. */
export async function* matrixBytes (
  rows: number,
  cols: number,
  templates: TemplatesOf
): AsyncGenerator<Uint8Array, void> {
  yield npyHeader(rows, cols)
  for (let row = 0; row < rows; row += blockRows) {
    const count = Math.min(blockRows, rows - row)
    const data = new Float32Array(count * cols) // (n, d)
    for (const [i, template] of (await templates(row, count)).entries()) data.set(template!, i * cols)
    yield bytesOfFloat32(data)
  }
}
