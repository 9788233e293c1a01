import { extname } from 'node:path'
import { Piscina } from 'piscina'
import type { TemplateMatrix } from '../../alignment/matrix.js'
import type { SpaceProfile } from '../../evaluation/guard-profile.js'
import type { Advantage } from '../../evaluation/guard-rivalry.js'
import { squaredDistances, type Whitening } from '../../evaluation/mahalanobis.js'
import { createEngineProducts } from '../../onnx/products.js'
import type { AdvantageTask, DistancesTask } from './worker.js'

/** As many templates are whitened on the calling thread: 64 take 0.5 ms at 512 dimensions. More go to a worker. */
const directRows = 64

export interface Measurer {
  /** See `squaredDistances`. */
  distances(whitening: Whitening, templates: TemplateMatrix): Promise<Float64Array>
  /** See `advantageOf`; always in a worker. */
  advantage(other: SpaceProfile, own: SpaceProfile): Promise<Advantage>
  /** Lets running work finish, and ends the workers. */
  close(): Promise<void>
}

/** The guard's arithmetic, off the thread that answers requests where it would hold that up. */
export function createMeasurer ({ threads }: { readonly threads: number }): Measurer {
  const products = createEngineProducts({ threads: 1 })
  const pool = new Piscina({
    filename: new URL('./worker' + extname(import.meta.url), import.meta.url).href,
    // What a worker looks for when it starts; it has no default export.
    name: 'distances',
    minThreads: 0,
    maxThreads: threads,
    idleTimeout: 60_000,
    atomics: 'disabled'
  })
  return {
    async distances (whitening, templates) {
      if (templates.rows <= directRows) return await squaredDistances(whitening, templates, products)
      const task: DistancesTask = { whitening, templates }
      return await pool.run(task) as Float64Array
    },
    async advantage (other, own) {
      const task: AdvantageTask = { other, own }
      return await pool.run(task, { name: 'advantage' }) as Advantage
    },
    async close () {
      await pool.close()
      await products.release()
    }
  }
}
