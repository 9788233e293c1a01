import { memoised } from '../../../memoised.js'
import { move, Piscina } from 'piscina'
import type { TemplateMatrix } from '../../../science/linear-algebra/matrix.js'
import { openTranslation, type AffineView, type RowFunctionInto } from '../../../engines/onnx/row-graphs.js'
import { findInvalidRow } from '../../../science/template/check.js'

export interface TranslateTask {
  /** Number of the view within the process. */
  readonly id: number
  /** In shared memory, so that a task does not copy it. */
  readonly view: AffineView
  readonly templates: TemplateMatrix
  /**
   * Receives the rows of the answer. It is transferred together with the templates, and both are transferred back. Null
   * when these are copies.
   */
  readonly into: Float32Array | null
}

/** Memory that went with the task comes back. */
export interface TranslatedRows {
  /** (n, k) */
  readonly translated: Float32Array
  /** null when the task had a copy */
  readonly templates: Float32Array | null
}

/** A row that is not a template, as it crosses threads; see `InvalidRow`. */
export interface InvalidRowFound {
  readonly row: number
  readonly defect: string
}

/** Maximum number of views that a thread keeps; each takes the memory of its weights. */
const maxOpen = 32
const open = new Map<number, Promise<RowFunctionInto>>()

/** @returns translated rows, or the first invalid row */
export async function translate (
  { id, view, templates, into }: TranslateTask
): Promise<TranslatedRows | InvalidRowFound> {
  try {
    const { data } = await (await openOnce(id, view))(templates, into ?? undefined)
    const result: TranslatedRows = { translated: data, templates: into && templates.data }
    const transferred = [data, into && templates.data].flatMap(array =>
      array === null ? [] : [array.buffer as ArrayBuffer]
    )
    return move(
      { [Piscina.transferableSymbol]: transferred, [Piscina.valueSymbol]: result } as unknown as ArrayBuffer
    ) as unknown as TranslatedRows
  } catch (error) {
    const invalid = findInvalidRow(templates)
    if (invalid === undefined) throw error
    return { row: invalid.row, defect: invalid.defect }
  }
}

function openOnce (id: number, view: AffineView): Promise<RowFunctionInto> {
  const known = memoised(open, id, () => openTranslation(view))
  // The most recently used view is moved to the end of the map, so that the first is the one to evict.
  open.delete(id)
  open.set(id, known)
  if (open.size > maxOpen) open.delete(open.keys().next().value!)
  return known
}
