import type { MessagePort } from 'node:worker_threads'
import { workerData } from 'piscina'
import type { FitOptions, PairedTemplates } from '../../alignment/pairs.js'
import type { ModelEvaluation } from '../../evaluation/model-evaluation.js'
import { createEngineProducts } from '../../onnx/products.js'
import { evaluateModels, type EvaluationData, type EvaluationOptions } from './evaluate-models.js'
import { composeMap, type Route } from './compose-map.js'
import { fitProfiles, type SpaceProfiles } from './fit-profiles.js'
import { fitMap, type Fit, type FitProgress } from './fit-map.js'
import { makeHub, type HubData, type HubOptions, type MadeHub } from './make-hub.js'
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

export interface ComposeTask extends FitTask {
  readonly routes: readonly Route[]
}

export interface EvaluateTask {
  readonly data: EvaluationData
  readonly options: EvaluationOptions
  /** receives `EvaluationProgress` */
  readonly progress: MessagePort | undefined
}

const products = createEngineProducts({ threads: (workerData as WorkerSettings).threads })

export async function fit (task: FitTask): Promise<Outcome<Fit & SpaceProfiles>> {
  return await withProfiles(task, report => fitMap(task.pairs, task.options, products, report))
}

export interface HubTask {
  readonly data: HubData
  readonly options: HubOptions
}

export async function hub ({ data, options }: HubTask): Promise<Outcome<MadeHub>> {
  return await asOutcome(() => makeHub(data, options, products))
}

export async function composeRoutes (task: ComposeTask): Promise<Outcome<Fit & SpaceProfiles>> {
  return await withProfiles(task, report => composeMap(task.pairs, task.routes, task.options, products, report))
}

async function withProfiles (
  { pairs, options, progress }: FitTask, make: (report: (progress: FitProgress) => void) => Promise<Fit>
): Promise<Outcome<Fit & SpaceProfiles>> {
  try {
    return await asOutcome(async () => ({
      ...await make(report => progress?.postMessage(report)),
      ...await fitProfiles(pairs, options, products)
    }))
  } finally {
    progress?.close()
  }
}

export async function evaluate ({ data, options, progress }: EvaluateTask): Promise<Outcome<ModelEvaluation>> {
  try {
    return await asOutcome(() => evaluateModels(data, options, products, report => progress?.postMessage(report)))
  } finally {
    progress?.close()
  }
}

/** For a thread that has to be there. */
export function nothing (): void {}
