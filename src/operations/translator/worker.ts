import { move } from 'piscina'
import type { TemplateMatrix } from '../../alignment/matrix.js'
import { openTranslation, type AffineView, type RowFunction } from '../../onnx/row-graphs.js'
import { findInvalidRow } from '../../template/check.js'

export interface TranslateTask {
  /** Of the view among those of the process. */
  readonly id: number
  /** In shared memory, so that a task does not copy it. */
  readonly view: AffineView
  /** Transferred, and transferred back with the rows of the answer. */
  readonly templates: TemplateMatrix
}

/** A row that is no template, as it crosses threads; see `InvalidRow`. */
export interface InvalidRowFound { readonly row: number, readonly defect: string }

/** Views that a thread keeps; each takes the memory of its weights. */
const mostOpen = 32
const open = new Map<number, Promise<RowFunction>>()

/** @returns (n, k) translated rows, or the first row that could not be */
export async function translate ({ id, view, templates }: TranslateTask): Promise<Float32Array | InvalidRowFound> {
  try {
    const { data } = await (await openOnce(id, view))(templates)
    return move(data as Float32Array<ArrayBuffer>) as unknown as Float32Array
  } catch (error) {
    const invalid = findInvalidRow(templates)
    if (invalid === undefined) throw error
    return { row: invalid.row, defect: invalid.defect }
  }
}

function openOnce (id: number, view: AffineView): Promise<RowFunction> {
  const known = open.get(id) ?? openTranslation(view)
  // The one that was used last is the last of the map, so that the first is the one to forget.
  open.delete(id)
  open.set(id, known)
  known.catch(() => open.delete(id))
  if (open.size > mostOpen) open.delete(open.keys().next().value!)
  return known
}
