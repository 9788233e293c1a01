import { createPool, workerBeside } from '../../engines/threads/pool.js'
import { memoised } from '../../memoised.js'
import { rowRange, type TemplateMatrix } from '../../science/linear-algebra/matrix.js'
import type { SpaceProfile } from '../../science/guard/guard-profile.js'
import type { Advantage } from '../../science/guard/guard-rivalry.js'
import type { Whitening } from '../../science/guard/mahalanobis.js'
import { openSquaredNorms, type RowFunction } from '../../engines/onnx/row-graphs.js'
import { shareCalls } from '../../engines/threads/share-calls.js'
import type { AdvantageTask } from './worker.js'

export interface Measurer {
  /** See `squaredDistances`. On the calling thread, a few rows at a time. */
  distances(whitening: Whitening, templates: TemplateMatrix): Promise<Float64Array>
  /** See `advantageOf`; always in a worker. */
  advantage(other: SpaceProfile, own: SpaceProfile): Promise<Advantage>
  /** Lets running work finish, and ends the workers. */
  close(): Promise<void>
}

/** Each call takes a turn of the event loop of its own: 256 rows of 512 numbers take 3 ms. */
const rowsAtOnce = 256

/** The guard's arithmetic, off the main thread where it would hold up requests. */
export function createMeasurer ({ threads }: { readonly threads: number }): Measurer {
  const open = new WeakMap<Whitening, Promise<RowFunction>>()
  const pool = createPool<AdvantageTask, Advantage>({
    worker: workerBeside(import.meta.url, 'worker'),
    task: 'advantage',
    threads
  })

  const opened = (whitening: Whitening): Promise<RowFunction> =>
    memoised(open, whitening, () => openSquaredNorms(whitening).then(shareCalls))

  return {
    async distances (whitening, templates) {
      const apply = await opened(whitening)
      const { rows } = templates
      if (rows <= rowsAtOnce) return Float64Array.from((await apply(templates)).data)
      const distances = new Float64Array(rows)
      for (let row = 0; row < rows; row += rowsAtOnce) {
        distances.set((await apply(rowRange(templates, row, Math.min(rows, row + rowsAtOnce)))).data, row)
      }
      return distances
    },
    advantage: (other, own) => pool.run({ other, own }),
    close: pool.close
  }
}
