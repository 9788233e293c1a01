import { open } from 'node:fs/promises'
import { asyncBufferFromFile, parquetMetadataAsync, parquetSchema, type FileMetaData, type RowGroup } from 'hyparquet'
import type { Field } from 'apache-arrow'
import { StartupError } from '../../../errors.js'
import { maxDecimalsBytes, writeDecimals } from '../../../science/template/decimals.js'
import type { TemplateKind } from '../end.js'
import { drawNumbers, takeNumbered } from './drawing.js'
import { drawFromPages } from './parquet-drawing.js'
import { isText, leafOf, readChunk, type Leaf, type ParquetValue } from './parquet-pages.js'
import { arrowSchema, writeParquet } from './parquet-writing.js'
import { checked, type StoredTemplate } from '../pages.js'
import {
  bytesOfNumbers,
  formOfBytes,
  numbersOfBytes,
  numbersOfText,
  type BytesForm,
  type FileRows,
  type OpenTemplateFile
} from './template-file.js'

/**
 * A column of a Parquet file: lists of float or double, bytes, or text. Of all other columns the bytes are copied as
 * they are.
 */
export const openParquetFile: OpenTemplateFile = async (path, choice) => {
  if (choice.table !== undefined) throw new StartupError(`${path}: expected no --table, which a Parquet file has not`)
  const { column } = choice
  if (column === undefined) throw new StartupError(`${path}: expected --column, a column of the Parquet file`)
  const metadata = await parquetMetadataAsync(await asyncBufferFromFile(path)).catch((error: unknown) => {
    throw new StartupError(`${path}: expected a Parquet file, ${(error as Error).message}`, { cause: error })
  })
  const leaf = requireLeaf(metadata, column, path)
  const idLeaf = choice.id === undefined ? undefined : requireLeaf(metadata, choice.id, path)
  if (idLeaf?.isList === true) throw new StartupError(`${path}: --id: expected a column of one value, found a list`)
  const kind = kindOf(leaf)
  if (kind === undefined) {
    throw new StartupError(
      `${path}: expected a column of lists of float or double, of bytes or of text, ${column} is ${describe(leaf)}`
    )
  }
  const file = await open(path, 'r')
  const rows = Number(metadata.num_rows)
  const indexOf = (of: Leaf) =>
    metadata.row_groups[0]?.columns.findIndex(({ meta_data: meta }) =>
      meta?.path_in_schema.join('\0') === of.path.slice(1).map(node => node.element.name).join('\0')
    ) ?? -1
  const [at, idAt] = [indexOf(leaf), idLeaf === undefined ? -1 : indexOf(idLeaf)]
  let known: BytesForm | undefined

  async function* valuesOf (
    group: RowGroup
  ): AsyncGenerator<{ ids: ParquetValue[] | undefined, values: ParquetValue[] }> {
    const ids = idLeaf === undefined ? undefined : createTaker(readChunk(file, idLeaf, group.columns[idAt]!.meta_data!))
    for await (const values of readChunk(file, leaf, group.columns[at]!.meta_data!)) {
      yield { ids: await ids?.(values.length), values }
    }
  }

  function templateOf (value: ParquetValue, dimension: number): StoredTemplate {
    if (value === null || value === undefined) return null
    if (kind === 'list') {
      const numbers = value as (number | undefined)[]
      return numbers.includes(undefined)
        ? 'expected numbers, received a null among them'
        : checked(Float32Array.from(numbers as number[]), dimension)
    }
    if (kind === 'text') return numbersOfText(String(value), dimension)
    const bytes = value as Uint8Array
    known ??= formOfBytes(bytes.length, dimension)
    return numbersOfBytes(bytes, known ?? 'float32', dimension)
  }

  async function* read (from: number, { dimension }: Pick<TemplateKind, 'dimension'>): AsyncGenerator<FileRows, void> {
    let row = 0
    for (const group of metadata.row_groups) {
      const next = row + Number(group.num_rows)
      if (next <= from) {
        row = next
        continue
      }
      for await (const { ids, values } of valuesOf(group)) {
        const skip = Math.min(values.length, Math.max(0, from - row))
        const first = row + skip
        row += values.length
        if (skip === values.length) continue
        yield {
          names: values.slice(skip).map((_, i) => ids === undefined ? String(first + i) : nameOf(ids[skip + i])),
          templates: values.slice(skip).map(value => templateOf(value, dimension))
        }
      }
    }
  }

  /** Bytes are float32 or float64 as the first template has them. */
  async function formOfAll (dimension: number): Promise<BytesForm> {
    if (kind === 'list') return leaf.element.type === 'DOUBLE' ? 'float64' : 'float32'
    if (kind === 'bytes' && known === undefined) {
      for await (const { templates } of read(0, { dimension })) if (templates.some(template => template !== null)) break
    }
    return known ?? 'float32'
  }

  return {
    rows,
    read,
    what: `column ${column}, ${describe(leaf)}`,
    nullable: leaf.path[1]!.element.repetition_type === 'OPTIONAL',
    lost: [
      'page indexes and bloom filters: readers find the same rows without them, more slowly',
      ...await withLength(metadata, column, { numbers: 1, bytes: 4 }) === null
        ? [`${arrowSchema}, which cannot be written again`]
        : []
    ],
    triggers: [],

    async draw (count, { dimension }) {
      // Bytes are read as all of the file: the first template tells their form.
      await formOfAll(dimension)
      const drawn = await drawFromPages({ file, metadata, leaf, at, dimension }, count)
      return drawn === undefined
        ? await takeNumbered(read(0, { dimension }), drawNumbers(rows, count))
        : { numbers: drawn.numbers, templates: drawn.values.map(value => templateOf(value, dimension)) }
    },

    async rewrite (out, { from: { dimension: from }, to: { dimension: to } }, templates) {
      const form = await formOfAll(from)
      const written = await open(out, 'w', 0o600)
      try {
        const encode = encoder(kind, form, leaf)
        const bytes = encode(new Float32Array(to)).length
        await writeParquet({
          file,
          written,
          metadata,
          leaf,
          at,
          to,
          arrow: await withLength(metadata, column, { numbers: to, bytes }),
          templates,
          encode
        })
      } finally {
        await written.close()
      }
    },

    close: () => file.close()
  }
}

/** @throws StartupError */
function requireLeaf (metadata: FileMetaData, column: string, path: string): Leaf {
  const tree = parquetSchema(metadata)
  const leaf = leafOf(tree, column)
  if (leaf !== undefined) return leaf
  const names = tree.children.map(child => child.element.name)
  throw new StartupError(
    names.includes(column)
      ? `${path}: expected a column of values or of lists, ${column} is nested otherwise`
      : `${path}: expected a column ${JSON.stringify(column)}, found ${names.join(', ')}`
  )
}

type Kind = 'list' | 'bytes' | 'text'

function kindOf ({ isList, element }: Leaf): Kind | undefined {
  const { type } = element
  if (isList) return type === 'FLOAT' || type === 'DOUBLE' ? 'list' : undefined
  if (type === 'BYTE_ARRAY') return isText(element) ? 'text' : 'bytes'
  return type === 'FIXED_LEN_BYTE_ARRAY' && element.logical_type === undefined && element.converted_type === undefined
    ? 'bytes'
    : undefined
}

function describe ({ isList, element }: Leaf): string {
  const { type, logical_type: logical, converted_type: converted } = element
  const name = `${type?.toLowerCase()}${
    logical === undefined && converted === undefined ? '' : ` (${logical?.type ?? converted})`
  }`
  return isList ? `lists of ${name}` : name
}

function nameOf (value: ParquetValue): string {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex')
  return value instanceof Date ? value.toISOString() : typeof value === 'object' ? JSON.stringify(value) : String(value)
}

/** Takes so many values of a column at a time, whatever pages they stand in. */
function createTaker (pages: AsyncGenerator<ParquetValue[], void>) {
  let left: ParquetValue[] = []
  return async (count: number): Promise<ParquetValue[]> => {
    while (left.length < count) {
      const { value } = await pages.next()
      if (value === undefined) break
      left = left.concat(value)
    }
    const taken = left.slice(0, count)
    left = left.slice(count)
    return taken
  }
}

/**
 * The schema that pyarrow keeps, where it says how long the lists or bytes of the column are: with the new length.
 * @returns undefined where it does not say so; null where it cannot be written again
 */
async function withLength (
  { key_value_metadata: pairs }: FileMetaData,
  column: string,
  length: { readonly numbers: number, readonly bytes: number }
): Promise<string | null | undefined> {
  const value = pairs?.find(({ key }) => key === arrowSchema)?.value
  if (value === undefined) return undefined
  try {
    const arrow = await import('apache-arrow')
    const { schema } = arrow.RecordBatchReader.from(Buffer.from(value, 'base64')).open()
    const at = schema.fields.findIndex(({ name }) => name === column)
    const field = schema.fields[at]
    const type: unknown = field?.type
    const changed = type instanceof arrow.FixedSizeList
      ? new arrow.FixedSizeList(length.numbers, type.children[0] as Field)
      : type instanceof arrow.FixedSizeBinary
      ? new arrow.FixedSizeBinary(length.bytes)
      : undefined
    if (field === undefined || changed === undefined) return undefined
    const fields = schema.fields.with(at, new arrow.Field(column, changed, field.nullable, field.metadata))
    const writer = new arrow.RecordBatchStreamWriter().reset(undefined, new arrow.Schema(fields, schema.metadata))
    writer.finish()
    return Buffer.from(writer.toUint8Array(true)).toString('base64')
  } catch {
    return null
  }
}

function encoder (kind: Kind, form: BytesForm, { element }: Leaf) {
  const withLength = (bytes: Uint8Array): Uint8Array => {
    const size = Buffer.alloc(4)
    size.writeUInt32LE(bytes.length)
    return Buffer.concat([size, bytes])
  }
  return (template: Float32Array): Uint8Array => {
    if (kind === 'text') {
      const bytes = Buffer.allocUnsafe(maxDecimalsBytes(template.length))
      return withLength(bytes.subarray(0, writeDecimals(template, bytes, 0)))
    }
    const bytes = bytesOfNumbers(template, form)
    return kind === 'bytes' && element.type === 'BYTE_ARRAY' ? withLength(bytes) : bytes
  }
}
