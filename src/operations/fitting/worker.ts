import type { MessagePort } from 'node:worker_threads'
import { workerData } from 'piscina'
import { translate as translateRows, type PreparedMap } from '../../alignment/apply.js'
import type { TemplateMatrix } from '../../alignment/matrix.js'
import type { FitOptions, PairedTemplates } from '../../alignment/pairs.js'
import { createEngineProducts } from '../../onnx/products.js'
import { fitProfiles, type SpaceProfiles } from './fit-profiles.js'
import { fitMap, type Fit } from './fit-map.js'
import { asOutcome, type Outcome } from './messages.js'

/** What the pool tells its workers. */
export interface WorkerSettings {
  /** threads within one matrix product */
  readonly threads: number
}

export interface FitTask {
  readonly pairs: PairedTemplates
  readonly options: FitOptions
  /** receives `FitProgress` */
  readonly progress: MessagePort | undefined
}

export interface TranslateTask {
  readonly map: PreparedMap
  readonly templates: TemplateMatrix
}

const products = createEngineProducts({ threads: (workerData as WorkerSettings).threads })

export async function fit ({ pairs, options, progress }: FitTask): Promise<Outcome<Fit & SpaceProfiles>> {
  try {
    return await asOutcome(async () => ({
      ...await fitMap(pairs, options, products, report => progress?.postMessage(report)),
      ...await fitProfiles(pairs, options, products)
    }))
  } finally {
    progress?.close()
  }
}

export async function translate ({ map, templates }: TranslateTask): Promise<TemplateMatrix> {
  return await translateRows(map, templates, products)
}
