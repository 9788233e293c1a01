import { open } from 'node:fs/promises'
import { StartupError } from '../../../errors.js'
import { bytesOfFloat32 } from '../../../science/template/float32.js'
import {
  checkNpySize,
  npyElementsStart,
  npyHeader,
  npyPrefixBytes,
  readNpyHeader
} from '../../../science/template/npy.js'
import { openInputFile } from '../../files/index.js'
import { checked, type OpenTemplateFile } from './template-file.js'

const blockRows = 2048

/** A matrix of NumPy: rows of one length, named by their numbers. It is written as float32. */
export const openNpyFile: OpenTemplateFile = async (path, choice) => {
  if ((choice.table ?? choice.id ?? choice.column) !== undefined) {
    throw new StartupError(`${path}: expected no --table, --id or --column, which a matrix of NumPy has not`)
  }
  const file = await openInputFile(path)
  const prefix = await file.take(npyPrefixBytes)
  const start = npyElementsStart(prefix)
  const header = readNpyHeader(Buffer.concat([prefix, await file.take(start - npyPrefixBytes)]))
  checkNpySize(header, file.identity.bytes - start)
  const { rows, cols, type, elementBytes } = header
  return {
    rows,
    what: `a matrix of ${type}`,
    nullable: false,
    lost: type === '<f4' ? [] : [`${type}: the new file has <f4, numbers of float32`],
    triggers: [],

    async *read (from, { dimension }) {
      const own = await openInputFile(path)
      try {
        own.seek(start + from * cols * elementBytes)
        for (let row = from; row < rows; row += blockRows) {
          const count = Math.min(blockRows, rows - row)
          const numbers = header.read(await own.take(count * cols * elementBytes), count * cols)
          yield {
            names: Array.from({ length: count }, (_, i) => String(row + i)),
            templates: Array.from(
              { length: count },
              (_, i) => checked(numbers.subarray(i * cols, (i + 1) * cols), dimension)
            )
          }
        }
      } finally {
        await own.close()
      }
    },

    async rewrite (out, { to: { dimension: to } }, templates) {
      const written = await open(out, 'w', 0o600)
      try {
        await written.write(npyHeader(rows, to))
        for (let row = 0; row < rows; row += blockRows) {
          const count = Math.min(blockRows, rows - row)
          const data = new Float32Array(count * to) // (n, d)
          for (const [i, template] of (await templates(row, count)).entries()) data.set(template!, i * to)
          await written.writeFile(bytesOfFloat32(data))
        }
      } finally {
        await written.close()
      }
    },

    close: () => file.close()
  }
}
