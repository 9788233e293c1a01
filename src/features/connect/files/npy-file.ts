import { open } from 'node:fs/promises'
import { StartupError } from '../../../errors.js'
import { openInputFile } from '../../files/index.js'
import { matrixBytes, matrixRows, positionOf, readMatrixHeader } from './npy-matrix.js'
import type { OpenTemplateFile } from './template-file.js'

/** A matrix of NumPy: rows of one length, named by their numbers. It is written as float32. */
export const openNpyFile: OpenTemplateFile = async (path, choice) => {
  if ((choice.table ?? choice.id ?? choice.column) !== undefined) {
    throw new StartupError(`${path}: expected no --table, --id or --column, which a matrix of NumPy has not`)
  }
  const file = await openInputFile(path)
  const matrix = await readMatrixHeader(file.take, file.identity.bytes)
  const { header } = matrix
  return {
    rows: header.rows,
    what: `a matrix of ${header.type}`,
    nullable: false,
    lost: header.type === '<f4' ? [] : [`${header.type}: the new file has <f4, numbers of float32`],
    triggers: [],

    async *read (from, { dimension }) {
      const own = await openInputFile(path)
      try {
        own.seek(positionOf(matrix, from))
        yield* matrixRows(header, own.take, from, dimension)
      } finally {
        await own.close()
      }
    },

    async rewrite (out, { to: { dimension: to } }, templates) {
      const written = await open(out, 'w', 0o600)
      try {
        for await (const bytes of matrixBytes(header.rows, to, templates)) await written.writeFile(bytes)
      } finally {
        await written.close()
      }
    },

    close: () => file.close()
  }
}
