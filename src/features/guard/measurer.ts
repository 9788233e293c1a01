import { once } from '../../memoised.js'
import { createPool, workerBeside } from '../../engines/threads/pool.js'
import { rowRange, type TemplateMatrix } from '../../science/linear-algebra/matrix.js'
import type { SpaceProfile } from '../../science/guard/guard-profile.js'
import type { Advantage } from '../../science/guard/guard-rivalry.js'
import type { Whitening } from '../../science/guard/mahalanobis.js'
import { openSquaredNorms, type RowFunction } from '../../engines/onnx/row-graphs.js'
import { shareCalls } from '../../engines/threads/share-calls.js'
import type { AdvantageTask } from './worker.js'

export interface Measurer {
  /**
   * See `squaredDistances`. On the calling thread, a few rows at a time. Calls with the same views share a graph, and
   * those of one turn of the event loop are made together.
   *
   * @param views of the dimension of the templates, at least one; the same list in every call, so that it is found at
   *   once
   * @returns (n, views)
   */
  squares(views: readonly Whitening[], templates: TemplateMatrix): Promise<TemplateMatrix>
  /** The same for each view by itself, (n) each. */
  distances(views: readonly Whitening[], templates: TemplateMatrix): Promise<Float64Array[]>
  /** See `advantageOf`; always in a worker. */
  advantage(other: SpaceProfile, own: SpaceProfile): Promise<Advantage>
  /** Lets running work finish, and ends the workers. */
  close(): Promise<void>
}

/** Each call takes a turn of the event loop of its own: 256 rows of 512 numbers under one view take 3 ms. */
const rowsAtOnce = 256
/** Views of one graph: when one of many changes, few are read anew. */
const viewsAtOnce = 8

/** A graph that is opened by the first call, and the views it was made of. */
interface OpenViews {
  readonly views: readonly Whitening[]
  readonly apply: RowFunction
}

/**
 * The guard's arithmetic, off the main thread where it would hold up requests.
 *
 * @param openViews makes the graph of some views
 */
export function createMeasurer (
  { threads, openViews = openSquaredNorms }: {
    readonly threads: number
    readonly openViews?: typeof openSquaredNorms
  }
): Measurer {
  /** by the first of its views: a view is asked for by itself, and in turn together with the same others */
  const [alone, together] = [new WeakMap<Whitening, OpenViews>(), new WeakMap<Whitening, OpenViews>()]
  const pool = createPool<AdvantageTask, Advantage>({
    worker: workerBeside(import.meta.url, 'worker'),
    task: 'advantage',
    threads
  })

  function opened (views: readonly Whitening[]): RowFunction {
    const open = views.length === 1 ? alone : together
    const known = open.get(views[0]!)
    if (known?.views.length === views.length && known.views.every((view, v) => view === views[v])) return known.apply
    const graph = once(() => openViews(views))
    const apply = shareCalls(async rows => await (await graph())(rows))
    open.set(views[0]!, { views, apply })
    return apply
  }

  function squares (views: readonly Whitening[], templates: TemplateMatrix): Promise<TemplateMatrix> {
    if (views.length > viewsAtOnce) return squaresOfMany(views, templates)
    const count = templates.rows * views.length
    return count > 0 && count <= rowsAtOnce ? opened(views)(templates) : squaresInTurns(views, templates)
  }

  async function squaresInTurns (views: readonly Whitening[], templates: TemplateMatrix): Promise<TemplateMatrix> {
    const apply = opened(views)
    const { rows } = templates
    const cols = views.length
    const data = new Float32Array(rows * cols) // (rows, views), row-major
    const atOnce = Math.ceil(rowsAtOnce / cols)
    for (let row = 0; row < rows; row += atOnce) {
      data.set((await apply(rowRange(templates, row, Math.min(rows, row + atOnce)))).data, row * cols)
    }
    return { rows, cols, data }
  }

  async function squaresOfMany (views: readonly Whitening[], templates: TemplateMatrix): Promise<TemplateMatrix> {
    const groups = Array.from(
      { length: Math.ceil(views.length / viewsAtOnce) },
      (_, group) => views.slice(group * viewsAtOnce, (group + 1) * viewsAtOnce)
    )
    const found = await Promise.all(groups.map(group => squares(group, templates)))
    const { rows } = templates
    const cols = views.length
    const data = new Float32Array(rows * cols) // (rows, views), row-major
    for (const [group, part] of found.entries()) {
      for (let row = 0; row < rows; row++) {
        data.set(part.data.subarray(row * part.cols, (row + 1) * part.cols), row * cols + group * viewsAtOnce)
      }
    }
    return { rows, cols, data }
  }

  return {
    squares,
    async distances (views, templates) {
      const { data, cols } = await squares(views, templates)
      return views.map((_, v) => Float64Array.from({ length: templates.rows }, (_, row) => data[row * cols + v]!))
    },
    advantage: (other, own) => pool.run({ other, own }),
    close: pool.close
  }
}
