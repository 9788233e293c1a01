import { open } from 'node:fs/promises'
import { StartupError } from '../../../errors.js'
import { openInputFile } from '../../files/index.js'
import type { StoredTemplate } from '../pages.js'
import { drawNumbers } from './drawing.js'
import { matrixBytes, matrixRows, positionOf, readMatrixHeader, takeTemplates } from './npy-matrix.js'
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

    async draw (count, { dimension }) {
      const numbers = drawNumbers(header.rows, count)
      const templates: StoredTemplate[] = []
      for (const number of numbers) {
        file.seek(positionOf(matrix, number))
        templates.push(...await takeTemplates(header, file.take, 1, dimension))
      }
      return { numbers, templates }
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
