import { memoised } from '../../../memoised.js'
import { project, type ComparisonSpace, type SideName } from '../../../science/alignment/comparison-space.js'
import type { TemplateMatrix } from '../../../science/linear-algebra/matrix.js'
import { moved } from '../../../engines/threads/moved.js'
import { createEngineProducts } from '../../../engines/onnx/products.js'
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

/** A side of a comparison space that is more than an affine map. */
export interface ProjectTask {
  readonly space: ComparisonSpace
  readonly side: SideName
  /** (n, d) */
  readonly templates: TemplateMatrix
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
const products = createEngineProducts({ threads: 1 })

/** @returns translated rows, or the first invalid row */
export async function translate (
  { id, view, templates, into }: TranslateTask
): Promise<TranslatedRows | InvalidRowFound> {
  try {
    const { data } = await (await openOnce(id, view))(templates, into ?? undefined)
    return moved(
      { translated: data, templates: into && templates.data },
      into === null ? [data] : [data, templates.data]
    )
  } catch (error) {
    return invalidRowOf(templates, error)
  }
}

/** @returns projected rows, or the first invalid row */
export async function projectRows (
  { space, side, templates }: ProjectTask
): Promise<TranslatedRows | InvalidRowFound> {
  try {
    const { data } = await project(space, side, templates, products)
    return moved({ translated: data, templates: null }, [data])
  } catch (error) {
    return invalidRowOf(templates, error)
  }
}

function invalidRowOf (templates: TemplateMatrix, error: unknown): InvalidRowFound {
  const invalid = findInvalidRow(templates)
  if (invalid === undefined) throw error
  return { row: invalid.row, defect: invalid.defect }
}

function openOnce (id: number, view: AffineView): Promise<RowFunctionInto> {
  const known = memoised(open, id, () => openTranslation(view))
  // The most recently used view is moved to the end of the map, so that the first is the one to evict.
  open.delete(id)
  open.set(id, known)
  if (open.size > maxOpen) open.delete(open.keys().next().value!)
  return known
}
