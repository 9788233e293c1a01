import { traced } from '../../../platform/tracing/spans.js'
import { createPool, workerBeside } from '../../../engines/threads/pool.js'
import type { AffineMap } from '../../../science/alignment/affine-map.js'
import { prepare } from '../../../science/alignment/apply.js'
import {
  project,
  type ComparisonSide,
  type ComparisonSpace,
  type SideName
} from '../../../science/alignment/comparison-space.js'
import type { TemplateMatrix } from '../../../science/linear-algebra/matrix.js'
import { createEngineProducts } from '../../../engines/onnx/products.js'
import { openTranslation, type AffineView, type RowFunction } from '../../../engines/onnx/row-graphs.js'
import { findInvalidRow, InvalidRow } from '../../../science/template/check.js'
import { float32FromBytes } from '../../../science/template/float32.js'
import { shareCalls } from '../../../engines/threads/share-calls.js'
import type { InvalidRowFound, ProjectTask, TranslatedRows, TranslateTask } from './worker.js'
import { createRowMemory, type RowMemory } from '../../../engines/threads/row-memory.js'

/**
 * Maximum number of multiplications done on the calling thread: 64 rows of 512 x 512 take 0.2 ms. Larger batches go to
 * a worker.
 */
const directMultiplications = 2 ** 24

export interface Translator {
  /** The best memory for templates that `translate` may keep; the memory of its rows may be given back to it. */
  readonly memory: RowMemory
  /**
   * `l2((l2(x) - meanSource) W + meanTarget)`; large batches in a worker thread, small ones together with those of
   * other calls.
   *
   * @param templates (n, dSource); not changed
   * @param keep whether the memory of the templates may be kept, to save a copy; the caller must not touch it again
   * @returns (n, dTarget), rows of norm 1
   * @throws InvalidRow when a template is not finite or has norm zero
   * @throws RangeError when the dimensions differ
   */
  translate(map: AffineMap, templates: TemplateMatrix, options?: { readonly keep?: boolean }): Promise<TemplateMatrix>
  /** Templates of one side in a comparison space, see `project`; large batches of a mapped side in a worker thread. */
  project(space: ComparisonSpace, side: SideName, templates: TemplateMatrix): Promise<TemplateMatrix>
  /** Lets running work finish, and ends the workers. */
  close(): Promise<void>
}

/** A view with the function that applies it on this thread, and the id by which workers know it. */
interface OpenView {
  readonly id: number
  readonly shared: AffineView
  readonly apply: Promise<RowFunction>
}

/** @param threads worker threads for large batches, one product thread each */
export function createTranslator ({ threads }: { readonly threads: number }): Translator {
  const products = createEngineProducts({ threads: 1 })
  const memory = createRowMemory()
  const prepared = new WeakMap<AffineMap, AffineView>()
  // Released with the map, which the catalogue drops when it is retired or replaced.
  const open = new WeakMap<AffineView, OpenView>()
  let views = 0
  const pool = createPool<TranslateTask | ProjectTask, TranslatedRows | InvalidRowFound>({
    worker: workerBeside(import.meta.url, 'worker'),
    task: 'translate',
    threads
  })

  function viewOf (map: AffineMap): AffineView {
    const known = prepared.get(map)
    if (known !== undefined) return known
    const view = prepare(map)
    prepared.set(map, view)
    return view
  }

  function opened (view: AffineView): OpenView {
    const known = open.get(view)
    if (known !== undefined) return known
    const shared = {
      weights: { ...view.weights, data: inSharedMemory(view.weights.data) },
      bias: inSharedMemory(view.bias),
      floor: view.floor && { ...view.floor, centre: inSharedMemory(view.floor.centre) }
    }
    const fresh = { id: views++, shared, apply: openTranslation(view).then(shareCalls) }
    open.set(view, fresh)
    // A failure is not cached.
    fresh.apply.catch(() => open.delete(view))
    return fresh
  }

  async function applyHere (view: AffineView, templates: TemplateMatrix): Promise<TemplateMatrix> {
    const apply = await opened(view).apply
    return await apply(templates).catch((error: unknown) => {
      throw findInvalidRow(templates) ?? error
    })
  }

  async function applyInWorker (view: AffineView, templates: TemplateMatrix, keep: boolean): Promise<TemplateMatrix> {
    const { id, shared } = opened(view)
    const into = keep ? float32FromBytes(memory.take(templates.rows * view.weights.cols * 4)) : null
    const result = await pool.run(
      { id, view: shared, templates, into },
      into === null ? {} : { transferList: [templates.data.buffer as ArrayBuffer, into.buffer] }
    )
    if ('defect' in result) throw new InvalidRow(result.row, result.defect)
    if (result.templates !== null) memory.give(result.templates)
    return { rows: templates.rows, cols: view.weights.cols, data: result.translated }
  }

  async function applyView (view: AffineView, templates: TemplateMatrix, keep = false): Promise<TemplateMatrix> {
    if (templates.rows * view.weights.data.length > directMultiplications) {
      return await applyInWorker(view, templates, keep)
    }
    const translated = await applyHere(view, templates)
    if (keep) memory.give(templates.data)
    return translated
  }

  async function projectInWorker (
    space: ComparisonSpace,
    side: SideName,
    templates: TemplateMatrix
  ): Promise<TemplateMatrix> {
    const result = await pool.run({ space: onlySide(space, side), side, templates }, { name: 'projectRows' })
    if ('defect' in result) throw new InvalidRow(result.row, result.defect)
    return { rows: templates.rows, cols: space[side].bias.length, data: result.translated }
  }

  return {
    memory,
    async translate (map, templates, { keep = false } = {}) {
      const view = viewOf(map)
      if (templates.rows === 0) return { rows: 0, cols: view.weights.cols, data: new Float32Array(0) }
      return await traced('translate', () => applyView(view, templates, keep), {
        'crosswalk.templates': templates.rows
      })
    },
    async project (space, side, templates) {
      const view = space[side]
      if (isAffine(view) && space.normalisation === null) return await applyView(view, templates)
      return templates.rows * multiplicationsOf(space, side) > directMultiplications
        ? await projectInWorker(space, side, templates)
        : await project(space, side, templates, products)
    },
    async close () {
      await pool.close()
      await products.release()
    }
  }
}

const isAffine = (side: ComparisonSide): side is ComparisonSide & AffineView => side.weights !== null

/** Multiplications for one row. */
function multiplicationsOf ({ normalisation, ...sides }: ComparisonSpace, side: SideName): number {
  const { weights, bias } = sides[side]
  return (weights?.data.length ?? 0) + (normalisation === null ? 0 : bias.length ** 2)
}

/** The space without what the projection of one side does not read: a task takes copies. */
function onlySide (space: ComparisonSpace, side: SideName): ComparisonSpace {
  const other = side === 'source' ? 'target' : 'source'
  return { ...space, [other]: { weights: null, bias: new Float32Array(0) } }
}

function inSharedMemory (values: Float32Array): Float32Array {
  const shared = new Float32Array(new SharedArrayBuffer(values.byteLength))
  shared.set(values)
  return shared
}
