import type { TemplateKind } from '../end.js'
import { checked, type StoredTemplate } from '../pages.js'

/** Which rows of a file, and what names them. */
export interface FileChoice {
  /** of a database file */
  readonly table?: string | undefined
  /** column whose value names a row; otherwise its number does, from 0 */
  readonly id?: string | undefined
  readonly column?: string | undefined
}

/** Some rows in the order of the file. */
export interface FileRows {
  /** (n) */
  readonly names: readonly string[]
  /** (n) */
  readonly templates: readonly StoredTemplate[]
}

/** Rows that were drawn from a file. */
export interface DrawnRows {
  /** (n) from 0, ascending */
  readonly numbers: readonly number[]
  /** (n) */
  readonly templates: readonly StoredTemplate[]
}

/** Templates of rows in their order; null where a row has none. */
export type TemplatesOf = (from: number, count: number) => Promise<readonly (Float32Array | null)[]>

/** A file whose templates can be replaced by writing another file. */
export interface TemplateFile {
  readonly rows: number
  /** what is replaced, such as `column embedding, list of float` */
  readonly what: string
  /** whether a row may be without a template */
  readonly nullable: boolean
  /** what the new file will lack, for the user; empty when it is nothing */
  readonly lost: readonly string[]
  /** What would run when a row is changed, by name. */
  readonly triggers: readonly string[]
  /** Rows from a number on, some at a time. @param kind that templates are expected to be of */
  read(from: number, kind: TemplateKind): AsyncGenerator<FileRows, void>
  /**
   * Draws about `count` rows from all over the file, and reads no more than its format needs for them.
   * @param kind that templates are expected to be of
   */
  draw(count: number, kind: TemplateKind): Promise<DrawnRows>
  /** Writes a new file that differs in its templates only. */
  rewrite(
    path: string,
    kinds: { readonly from: TemplateKind, readonly to: TemplateKind },
    templates: TemplatesOf
  ): Promise<void>
  close(): Promise<void>
}

/** @param folder for what the file needs while it is open */
export type OpenTemplateFile = (path: string, choice: FileChoice, folder: string) => Promise<TemplateFile>

/** Numbers of a text `[0.1,...]`, or why it has none. */
export function numbersOfText (text: string, dimension: number): Float32Array | string {
  try {
    const numbers: unknown = JSON.parse(text)
    if (Array.isArray(numbers) && numbers.every(number => typeof number === 'number')) {
      return checked(Float32Array.from(numbers), dimension)
    }
  } catch {}
  return 'expected an array of numbers, received something else'
}

/** How numbers stand in bytes. */
export type BytesForm = 'float32' | 'float64'

/** The form in which bytes hold templates of a dimension; undefined when they do in none. */
export function formOfBytes (bytes: number, dimension: number): BytesForm | undefined {
  return bytes === 4 * dimension ? 'float32' : bytes === 8 * dimension ? 'float64' : undefined
}

/** Numbers of little-endian bytes, or why they are none. */
export function numbersOfBytes (bytes: Uint8Array, form: BytesForm, dimension: number): Float32Array | string {
  const width = form === 'float32' ? 4 : 8
  if (bytes.length !== width * dimension) {
    return `expected ${width * dimension} bytes, ${dimension} numbers of ${form}, received ${bytes.length}`
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  return checked(
    Float32Array.from(
      { length: dimension },
      (_, i) => form === 'float32' ? view.getFloat32(4 * i, true) : view.getFloat64(8 * i, true)
    ),
    dimension
  )
}

export function bytesOfNumbers (numbers: Float32Array, form: BytesForm): Uint8Array {
  const bytes = new Uint8Array(numbers.length * (form === 'float32' ? 4 : 8))
  const view = new DataView(bytes.buffer)
  numbers.forEach((number, i) => {
    if (form === 'float32') view.setFloat32(4 * i, number, true)
    else view.setFloat64(8 * i, number, true)
  })
  return bytes
}
