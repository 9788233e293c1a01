import type { TemplateMatrix } from '../../../science/linear-algebra/matrix.js'
import { Problem } from '../../../errors.js'
import { invalidRows } from '../../../science/template/check.js'
import { emptyNpy, isNpy, npyPrefixBytes } from '../../../science/template/npy.js'
import { rawLayout, readNpyLayout, type ByteReader, type RowLayout } from '../../../science/template/row-bytes.js'
import type { Space } from '../../../science/template/space.js'
import { createTurns } from '../../turns.js'

/** Numbers that are converted in one go: a quarter of a million take about a millisecond. */
const numbersAtOnce = 2 ** 18

/**
 * Reads templates of one model from a file that is in memory: .npy, or rows of little-endian float32.
 *
 * @param where the caller's name for the file, for errors
 * @param format `any`: the first bytes of the file decide
 * @returns (n, d), n at least 1; shares the memory of the file where that has float32
 * @throws Problem `body-invalid`, `template-invalid` naming the row
 */
export async function readRowFile (
  file: Buffer,
  space: Space,
  where: string,
  format: 'npy' | 'raw' | 'any'
): Promise<TemplateMatrix> {
  if (file.length === 0) throw new Problem('body-invalid', `${where}: expected templates, received no bytes`)
  try {
    const npy = format === 'npy' || (format === 'any' && isNpy(file.subarray(0, npyPrefixBytes)))
    const layout = npy
      ? await readNpyLayout(readerOf(file), space, file.length)
      : rawLayout(space, file.length, 'rows')
    const rows = layout.rows!
    if (rows === 0) throw emptyNpy(layout.cols)
    const templates = { rows, cols: layout.cols, data: await decode(file.subarray(layout.start), layout, rows) }
    await refuseInvalid(templates)
    return templates
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    throw new Problem(error.code, `${where}: ${error.detail}`, error.extensions)
  }
}

function readerOf (file: Buffer): ByteReader {
  let at = 0
  return {
    async take (count) {
      const bytes = file.subarray(at, at + count)
      at += bytes.length
      return bytes
    },
    received: () => at
  }
}

/** Conversions from other types share the event loop. */
async function decode (bytes: Buffer, { cols, rowBytes, decode }: RowLayout, rows: number): Promise<Float32Array> {
  if (rowBytes === cols * Float32Array.BYTES_PER_ELEMENT) return decode(bytes, rows)
  const data = new Float32Array(rows * cols) // (rows, cols), row-major
  const step = Math.max(1, Math.floor(numbersAtOnce / cols))
  const turns = createTurns()
  for (let row = 0; row < rows; row += step) {
    const some = Math.min(step, rows - row)
    data.set(decode(bytes.subarray(row * rowBytes, (row + some) * rowBytes), some), row * cols)
    if (turns.over()) await turns.next()
  }
  return data
}

async function refuseInvalid ({ rows, cols, data }: TemplateMatrix): Promise<void> {
  const step = Math.max(1, Math.floor(numbersAtOnce / cols))
  const turns = createTurns()
  for (let row = 0; row < rows; row += step) {
    const some = Math.min(step, rows - row)
    const [invalid] = invalidRows({ rows: some, cols, data: data.subarray(row * cols, (row + some) * cols) })
    if (invalid !== undefined) throw invalid.asProblem(row)
    if (turns.over()) await turns.next()
  }
}
