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
   * @param views of the dimension of the templates
   * @returns the squares of each view, (n) each
   */
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

/** A graph, and the views it was made of. */
interface OpenViews {
  readonly views: readonly Whitening[]
  readonly run: () => Promise<RowFunction>
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

  function opened (views: readonly Whitening[]): Promise<RowFunction> {
    const open = views.length === 1 ? alone : together
    const known = open.get(views[0]!)
    if (known?.views.length === views.length && known.views.every((view, v) => view === views[v])) return known.run()
    const run = once(() => openViews(views).then(shareCalls))
    open.set(views[0]!, { views, run })
    return run()
  }

  async function distancesOf (views: readonly Whitening[], templates: TemplateMatrix): Promise<Float64Array[]> {
    const apply = await opened(views)
    const { rows } = templates
    const distances = views.map(() => new Float64Array(rows))
    const atOnce = Math.ceil(rowsAtOnce / views.length)
    for (let row = 0; row < rows; row += atOnce) {
      const end = Math.min(rows, row + atOnce)
      const { data } = await apply(end - row === rows ? templates : rowRange(templates, row, end))
      distances.forEach((own, v) => {
        for (let i = row; i < end; i++) own[i] = data[(i - row) * views.length + v]!
      })
    }
    return distances
  }

  return {
    async distances (views, templates) {
      if (views.length <= viewsAtOnce) return await distancesOf(views, templates)
      const groups = Array.from(
        { length: Math.ceil(views.length / viewsAtOnce) },
        (_, group) => views.slice(group * viewsAtOnce, (group + 1) * viewsAtOnce)
      )
      return (await Promise.all(groups.map(group => distancesOf(group, templates)))).flat()
    },
    advantage: (other, own) => pool.run({ other, own }),
    close: pool.close
  }
}
