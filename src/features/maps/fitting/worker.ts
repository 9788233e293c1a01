import type { MessagePort } from 'node:worker_threads'
import { workerData } from 'piscina'
import type { FitOptions, PairedTemplates } from '../../../science/alignment/pairs.js'
import type { ModelEvaluation } from '../../../science/cards/model-evaluation.js'
import { createEngineProducts } from '../../../engines/onnx/products.js'
import {
  evaluateModels,
  type EvaluationData,
  type EvaluationOptions
} from '../../../science/fitting/evaluate-models.js'
import { composeMap, type Route } from '../../../science/fitting/compose-map.js'
import { createFoldThreads } from './fold-threads.js'
import { fitProfiles, type SpaceProfiles } from '../../../science/fitting/fit-profiles.js'
import { fitEnsemble, type EnsembleData } from '../../../science/fitting/fit-ensemble.js'
import type { EnsembleCard } from '../../../science/cards/ensemble-card.js'
import { fitMap, type Fit, type FitProgress } from '../../../science/fitting/fit-map.js'
import {
  recalibrate as recalibrateMap,
  type CalibratedMap,
  type DomainData,
  type Recalibrated,
  type RecalibrationOptions
} from '../../../science/fitting/recalibrate.js'
import type { ServingMap } from '../../../science/fitting/shadow.js'
import { makeHub, type HubData, type HubOptions, type MadeHub } from '../../../science/fitting/make-hub.js'
import { asOutcome, type Outcome } from '../../../engines/threads/messages.js'
import { stoppable, throwIfStopped, type StopFlag } from '../../../engines/threads/stop-flag.js'
import type { Stoppable, WorkerSettings } from '../../../engines/threads/thread.js'

export interface FitTask {
  readonly pairs: PairedTemplates
  readonly options: FitOptions
  readonly serving?: ServingMap | undefined
  /** receives `FitProgress` */
  readonly progress: MessagePort | undefined
}

export interface ComposeTask extends Omit<FitTask, 'serving'> {
  readonly routes: readonly Route[]
}

export interface EvaluateTask {
  readonly data: EvaluationData
  readonly options: EvaluationOptions
  /** receives `EvaluationProgress` */
  readonly progress: MessagePort | undefined
}

export interface HubTask {
  readonly data: HubData
  readonly options: HubOptions
}

export interface RecalibrateTask {
  readonly map: CalibratedMap
  readonly data: DomainData
  readonly options: RecalibrationOptions
}

export interface EnsembleTask {
  readonly data: EnsembleData
  readonly options: { readonly seed: number }
}

const { threads } = workerData as WorkerSettings
/** The running task's; only one runs at a time. */
let flag: StopFlag | undefined
const products = stoppable(createEngineProducts({ threads }), () => flag)
const { scoreFolds } = createFoldThreads({ threads, products, flag: () => flag })

export async function fit (task: FitTask & Stoppable): Promise<Outcome<Fit & SpaceProfiles>> {
  return await withProfiles(
    task,
    report => fitMap(task.pairs, task.options, products, report, scoreFolds, task.serving)
  )
}

export async function composeRoutes (task: ComposeTask & Stoppable): Promise<Outcome<Fit & SpaceProfiles>> {
  return await withProfiles(
    task,
    report => composeMap(task.pairs, task.routes, task.options, products, report, scoreFolds)
  )
}

export async function hub ({ data, options, stop }: HubTask & Stoppable): Promise<Outcome<MadeHub>> {
  return await untilStopped({ stop, progress: undefined }, () => makeHub(data, options, products))
}

export async function recalibrate (
  { map, data, options, stop }: RecalibrateTask & Stoppable
): Promise<Outcome<Recalibrated>> {
  return await untilStopped({ stop, progress: undefined }, () => recalibrateMap(map, data, options, products))
}

export async function evaluate (task: EvaluateTask & Stoppable): Promise<Outcome<ModelEvaluation>> {
  return await untilStopped(task, report => evaluateModels(task.data, task.options, products, report, scoreFolds))
}

export async function ensemble ({ data, options, stop }: EnsembleTask & Stoppable): Promise<Outcome<EnsembleCard>> {
  return await untilStopped(
    { stop, progress: undefined },
    report => fitEnsemble(data, options, products, report)
  )
}

async function withProfiles (
  task: FitTask & Stoppable,
  make: (report: (progress: FitProgress) => void) => Promise<Fit>
): Promise<Outcome<Fit & SpaceProfiles>> {
  return await untilStopped(task, async (report: (progress: FitProgress) => void) => ({
    ...await make(report),
    ...await fitProfiles(task.pairs, task.options, products)
  }))
}

async function untilStopped<Progress, Result> (
  { stop, progress }: Stoppable & { readonly progress: MessagePort | undefined },
  work: (report: (progress: Progress) => void) => Promise<Result>
): Promise<Outcome<Result>> {
  try {
    throwIfStopped(stop)
    flag = stop
    return await asOutcome(() =>
      work(report => {
        throwIfStopped(stop)
        progress?.postMessage(report)
      })
    )
  } finally {
    flag = undefined
    progress?.close()
  }
}

/** Does nothing: a task by which the pool restarts a thread that has ended. */
export function nothing (): void {}
