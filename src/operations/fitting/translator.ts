import { extname } from 'node:path'
import { Piscina } from 'piscina'
import type { AffineMap } from '../../alignment/affine-map.js'
import { prepare, translate, translateOne, type PreparedMap } from '../../alignment/apply.js'
import { project, type ComparisonSpace, type SideName } from '../../alignment/comparison-space.js'
import type { TemplateMatrix } from '../../alignment/matrix.js'
import { createEngineProducts } from '../../onnx/products.js'
import type { TranslateTask, WorkerSettings } from './worker.js'

/** Up to this many multiplications plain loops are used: they take no longer than a call of the engine, 0.06 ms. */
const plainMultiplications = 2 ** 16
/** Up to this many templates the engine runs on the calling thread: 64 take 0.5 ms at 512 x 512. More go to a worker. */
const directRows = 64

export interface Translator {
  /**
   * Translates templates, see `translate`; large batches in a worker thread.
   *
   * @param templates (n, dSource), finite and without zero rows; not changed
   * @returns (n, dTarget), rows of norm 1
   * @throws RangeError when the dimensions differ
   */
  translate(map: AffineMap, templates: TemplateMatrix): Promise<TemplateMatrix>
  /**
   * Templates of one side in a comparison space, see `project`. For the few of a comparison: it runs on the calling thread.
   */
  project(space: ComparisonSpace, side: SideName, templates: TemplateMatrix): Promise<TemplateMatrix>
  /** Lets running work finish, and ends the workers. */
  close(): Promise<void>
}

/** @param threads worker threads for large batches, one product thread each */
export function createTranslator ({ threads }: { readonly threads: number }): Translator {
  const settings: WorkerSettings = { threads: 1 }
  const products = createEngineProducts({ threads: 1 })
  const prepared = new WeakMap<AffineMap, PreparedMap>()
  const pool = new Piscina<TranslateTask, TemplateMatrix>({
    filename: new URL('./worker' + extname(import.meta.url), import.meta.url).href,
    name: 'translate',
    minThreads: 0,
    maxThreads: threads,
    idleTimeout: 60_000,
    atomics: 'disabled',
    workerData: settings
  })

  function preparedOf (map: AffineMap): PreparedMap {
    const known = prepared.get(map)
    if (known !== undefined) return known
    const fresh = prepare(map)
    prepared.set(map, fresh)
    return fresh
  }

  return {
    async translate (map, templates) {
      const ready = preparedOf(map)
      if (templates.rows * ready.weights.data.length <= plainMultiplications) return translateFew(ready, templates)
      if (templates.rows <= directRows) return await translate(ready, templates, products)
      return await pool.run({ map: ready, templates })
    },
    project: (space, side, templates) => project(space, side, templates, products),
    async close () {
      await pool.close()
      await products.release()
    }
  }
}

function translateFew (map: PreparedMap, { rows, cols, data }: TemplateMatrix): TemplateMatrix {
  const translated = new Float32Array(rows * map.weights.cols) // (rows, dTarget), row-major
  for (let i = 0; i < rows; i++) {
    translated.set(translateOne(map, data.subarray(i * cols, (i + 1) * cols)), i * map.weights.cols)
  }
  return { rows, cols: map.weights.cols, data: translated }
}
