import { memoised } from '../../memoised.js'
import { extname } from 'node:path'
import { Piscina } from 'piscina'
import type { TemplateMatrix } from '../../science/linear-algebra/matrix.js'
import type { SpaceProfile } from '../../science/guard/guard-profile.js'
import type { Advantage } from '../../science/guard/guard-rivalry.js'
import type { Whitening } from '../../science/guard/mahalanobis.js'
import { openSquaredNorms, type RowFunction } from '../../engines/onnx/row-graphs.js'
import { lostWorker } from '../../engines/threads/lost-worker.js'
import { shareCalls } from '../../engines/threads/share-calls.js'
import type { AdvantageTask } from './worker.js'

export interface Measurer {
  /** See `squaredDistances`. On the calling thread: for few templates at once, such as the guard looks at. */
  distances(whitening: Whitening, templates: TemplateMatrix): Promise<Float64Array>
  /** See `advantageOf`; always in a worker. */
  advantage(other: SpaceProfile, own: SpaceProfile): Promise<Advantage>
  /** Lets running work finish, and ends the workers. */
  close(): Promise<void>
}

/** The guard's arithmetic, off the thread that answers requests where it would hold that up. */
export function createMeasurer ({ threads }: { readonly threads: number }): Measurer {
  const open = new WeakMap<Whitening, Promise<RowFunction>>()
  const pool = new Piscina({
    filename: new URL('./worker' + extname(import.meta.url), import.meta.url).href,
    // What a worker looks for when it starts; it has no default export.
    name: 'advantage',
    minThreads: 0,
    maxThreads: threads,
    idleTimeout: 60_000,
    atomics: 'disabled'
  })

  const opened = (whitening: Whitening): Promise<RowFunction> => memoised(open, whitening, () => openSquaredNorms(whitening).then(shareCalls))

  return {
    async distances (whitening, templates) {
      const apply = await opened(whitening)
      return Float64Array.from((await apply(templates)).data)
    },
    async advantage (other, own) {
      const task: AdvantageTask = { other, own }
      return await pool.run(task).catch((error: unknown) => { throw lostWorker(error) }) as Advantage
    },
    close: () => pool.close()
  }
}
