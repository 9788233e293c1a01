import { createWriteStream } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { crc32 } from 'node:zlib'
import { openPromise, type Entry, type ZipFile as OpenZip } from 'yauzl'
import { ZipFile } from 'yazl'
import { Problem, StartupError } from '../../../errors.js'
import { npyHeader } from '../../../science/template/npy.js'
import type { TemplateKind } from '../end.js'
import type { StoredTemplate } from '../pages.js'
import { drawNumbers, takeNumbered } from './drawing.js'
import { matrixBytes, matrixRows, positionOf, readMatrixHeader, takeTemplates, type NpyMatrix } from './npy-matrix.js'
import type { FileRows, OpenTemplateFile } from './template-file.js'

/** How entries of a zip file are stored (APPNOTE.TXT, 4.4.5). */
const [stored, deflated] = [0, 8] as const
const ending = '.npy'

/**
 * A matrix of NumPy in a file of several arrays, as `numpy.savez` and `savez_compressed` write it. The other arrays
 * keep their bytes, in the same order; what was compressed is compressed again.
 */
export const openNpzFile: OpenTemplateFile = async (path, choice) => {
  if ((choice.table ?? choice.id) !== undefined) {
    throw new StartupError(`${path}: expected no --table or --id, which a file of NumPy's arrays has not`)
  }
  const zip = await openPromise(path, { autoClose: false }).catch((error: unknown) => {
    throw refused(path, error)
  })
  try {
    const entries = await entriesOf(zip, path)
    const entry = chosen(entries, choice.column, path)
    const matrix = await matrixOf(zip, entry, path)
    const { header, header: { rows, type } } = matrix
    async function* read (from: number, { dimension }: TemplateKind): AsyncGenerator<FileRows, void> {
      const bytes = await bytesOf(zip, entry, from === 0 ? 0 : positionOf(matrix, from), path)
      try {
        if (from === 0) await bytes.take(matrix.start)
        yield* matrixRows(header, bytes.take, from, dimension)
        await bytes.end()
      } finally {
        bytes.close()
      }
    }

    return {
      rows,
      what: `array ${arrayName(entry)}, a matrix of ${type}`,
      nullable: false,
      lost: type === '<f4' ? [] : [`${type}: the new array has <f4, numbers of float32`],
      triggers: [],

      read,

      async draw (count, kind) {
        const numbers = drawNumbers(rows, count)
        // What is compressed can only be read from its beginning.
        if (entry.compressionMethod !== stored) return await takeNumbered(read(0, kind), numbers)
        const templates: StoredTemplate[] = []
        for (const number of numbers) {
          const bytes = await bytesOf(zip, entry, positionOf(matrix, number), path)
          try {
            templates.push(...await takeTemplates(header, bytes.take, 1, kind.dimension))
          } finally {
            bytes.close()
          }
        }
        return { numbers, templates }
      },

      async rewrite (out, { to }, templates) {
        await copyWith(zip, entries, out, entry, {
          bytes: () => Readable.from(matrixBytes(rows, to.dimension, templates)),
          size: npyHeader(rows, to.dimension).length + 4 * rows * to.dimension
        })
        await requireSameOthers(entries, entry, out, path)
      },

      close: async () => zip.close()
    }
  } catch (error) {
    zip.close()
    throw error
  }
}

const refused = (path: string, error: unknown): unknown =>
  error instanceof StartupError
    ? error
    : new StartupError(
      `${path}: expected a file of NumPy's arrays, ${
        error instanceof Problem ? error.detail : (error as Error).message
      }`,
      { cause: error }
    )

const arrayName = ({ fileName }: Entry) => fileName.slice(0, -ending.length)

async function entriesOf (zip: OpenZip, path: string): Promise<Entry[]> {
  const entries: Entry[] = []
  const names = new Set<string>()
  try {
    for await (const entry of zip.eachEntry()) {
      const { fileName, compressionMethod: method } = entry
      if (entry.isEncrypted() || (method !== stored && method !== deflated)) {
        throw new StartupError(
          `${path}: expected entries as NumPy writes them, ${fileName} is encrypted or of method ${method}`
        )
      }
      if (names.has(fileName)) throw new StartupError(`${path}: expected one array ${fileName}, found more`)
      names.add(fileName)
      entries.push(entry)
    }
  } catch (error) {
    throw refused(path, error)
  }
  return entries
}

/** @throws StartupError naming the arrays that there are */
function chosen (entries: readonly Entry[], name: string | undefined, path: string): Entry {
  const arrays = entries.filter(({ fileName }) => fileName.endsWith(ending))
  const names = arrays.map(arrayName).join(', ') || 'none'
  if (name === undefined) {
    if (arrays.length === 1) return arrays[0]!
    throw new StartupError(`${path}: expected --column, the name of an array, found ${names}`)
  }
  const entry = arrays.find(each => arrayName(each) === name)
  if (entry !== undefined) return entry
  throw new StartupError(`${path}: expected an array ${JSON.stringify(name)}, found ${names}`)
}

async function matrixOf (zip: OpenZip, entry: Entry, path: string): Promise<NpyMatrix> {
  const bytes = await bytesOf(zip, entry, 0, path)
  try {
    return await readMatrixHeader(bytes.take, entry.uncompressedSize)
  } catch (error) {
    throw error instanceof Problem
      ? new StartupError(`${path}: array ${arrayName(entry)}: ${error.detail}`, { cause: error })
      : error
  } finally {
    bytes.close()
  }
}

/**
 * The bytes of an entry from a place on, inflated.
 * @throws StartupError when they are fewer, or at the end when all were read and they are not those that were written
 */
async function bytesOf (zip: OpenZip, entry: Entry, from: number, path: string) {
  const isSought = entry.compressionMethod === stored && from > 0
  const wrong = (error: unknown) => refused(`${path}: ${entry.fileName}`, error)
  const stream = await zip.openReadStreamPromise(
    entry,
    isSought ? { decodeFileData: false, start: from, end: entry.compressedSize } : {}
  ).catch((error: unknown) => {
    throw wrong(error)
  })
  const chunks = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer, undefined>
  let [left, sum]: [Buffer, number] = [Buffer.alloc(0), 0]

  async function next (): Promise<Buffer | undefined> {
    const { value } = await chunks.next().catch((error: unknown) => {
      throw wrong(error)
    })
    if (value !== undefined && !isSought) sum = crc32(value, sum)
    return value
  }

  async function take (count: number): Promise<Buffer> {
    const [pieces, taken] = [[left], Buffer.alloc(count)]
    let size = left.length
    while (size < count) {
      const chunk = await next()
      if (chunk === undefined) throw wrong(new Error(`it has ${size} bytes where ${count} are expected`))
      pieces.push(chunk)
      size += chunk.length
    }
    let at = 0
    for (const piece of pieces) {
      const length = Math.min(piece.length, count - at)
      piece.copy(taken, at, 0, length)
      at += length
      left = piece.subarray(length)
    }
    return taken
  }

  for (let skipped = isSought ? from : 0; skipped < from;) {
    const count = Math.min(2 ** 20, from - skipped)
    await take(count)
    skipped += count
  }
  return {
    take,
    async end () {
      while (await next() !== undefined);
      if (!isSought && sum !== entry.crc32) throw wrong(new Error('its checksum is another'))
    },
    close: () => stream.destroy()
  }
}

/** Writes all entries again, one of them with other bytes. */
async function copyWith (
  zip: OpenZip,
  entries: readonly Entry[],
  out: string,
  replaced: Entry,
  { bytes, size }: { readonly bytes: () => Readable, readonly size: number }
): Promise<void> {
  const fresh = new ZipFile()
  const output = fresh.outputStream as Readable // What fails in a stream is told by the file alone.
  ;(fresh as unknown as NodeJS.EventEmitter).on('error', (error: Error) => output.destroy(error))
  for (const entry of entries) {
    const options = {
      mtime: entry.getLastModDate(),
      mode: entry.externalFileAttributes >>> 16,
      compress: entry.compressionMethod === deflated,
      size: entry === replaced ? size : entry.uncompressedSize,
      forceDosTimestamp: true
    }
    fresh.addReadStreamLazy(entry.fileName, options, give => {
      if (entry === replaced) give(null, bytes())
      else zip.openReadStream(entry, give)
    })
  }
  fresh.end()
  await pipeline(output, createWriteStream(out, { mode: 0o600 }))
}

/** @throws StartupError when an entry that was copied has not the bytes that it had */
async function requireSameOthers (
  entries: readonly Entry[],
  replaced: Entry,
  out: string,
  path: string
): Promise<void> {
  const zip = await openPromise(out, { autoClose: false })
  try {
    const now = await entriesOf(zip, out)
    const different = entries.find((entry, i) =>
      entry.fileName !== now[i]?.fileName ||
      (entry !== replaced && (entry.crc32 !== now[i].crc32 || entry.uncompressedSize !== now[i].uncompressedSize))
    )
    if (different === undefined && now.length === entries.length) return
    throw new StartupError(
      `${path}: the new file was expected to have the same ${different?.fileName ?? 'entries'}, it has others. ` +
        'Nothing was swapped'
    )
  } finally {
    zip.close()
  }
}
