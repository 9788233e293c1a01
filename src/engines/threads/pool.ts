import '../onnx/no-telemetry.js'
import { extname } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import type { MessagePort, ResourceLimits } from 'node:worker_threads'
import { Piscina } from 'piscina'
import { workerError } from './worker-errors.js'

/** The only place that starts worker threads. */

// What `npm start` says of the heap is for the thread that answers requests. V8 reads these flags when it makes a
// thread. Those of a pool take its default for young objects, 30 MB less for each that has work; and a smaller heap to
// begin with, but no tiny one, since pixels outside of the heap count as well. With 32 MB or V8's default the threads
// that embed photographs took 5 % more processor time, for garbage. With 64 MB they take no more than with 256.
setFlagsFromString('--initial-heap-size=64')
setFlagsFromString('--max-semi-space-size=0')

export interface PoolOptions {
  /** Address of the worker's module, see `workerBeside`. */
  readonly worker: URL
  /** Name of the function that runs unless a call names another; the default export unless given. */
  readonly task?: string
  /** Threads, started when tasks arrive. */
  readonly threads: number
  /** Threads that are started at once and kept; none unless given. */
  readonly minThreads?: number
  /** Milliseconds without work after which a thread ends; a minute unless given. */
  readonly idleTimeout?: number
  /** Tasks that may wait for a thread; any number unless given. */
  readonly maxQueue?: number
  /** Tasks that one thread works on at a time; one unless given. */
  readonly concurrentTasksPerWorker?: number
  /** What the worker finds in `workerData`. */
  readonly workerData?: object
  /** Memory that a thread may take before it is ended; the limits of V8 unless given. */
  readonly resourceLimits?: ResourceLimits
  /** Start tasks strictly in the order of their calls, also when several could start at once. */
  readonly stricterFIFO?: boolean
  /**
   * `sync` lets an idle worker wait in Atomics.wait, which saves a turn of its event loop per task and holds back what
   * the worker posts meanwhile; `disabled` unless given.
   */
  readonly atomics?: 'sync' | 'disabled'
  /** Told of the error that ends a thread while it has no task. */
  readonly onError?: (error: Error) => void
  /** Turns the error of a failed task into the one that the caller gets; `workerError` unless given. */
  readonly explain?: (error: unknown) => unknown
}

interface RunOptions {
  /** Name of the function, if not that of the pool. */
  readonly name?: string
  readonly transferList?: readonly (ArrayBuffer | MessagePort)[]
  readonly signal?: AbortSignal
}

export interface Pool<Task, Result> {
  /** @throws what the task throws, and Problem `unavailable` when its thread ends */
  run(task: Task, options?: RunOptions): Promise<Result>
  /** Tasks that wait for a thread. */
  waiting(): number
  /** Lets running tasks finish, then ends the threads. */
  close(): Promise<void>
  /** Ends the threads at once. */
  destroy(): Promise<void>
}

/** Address of a worker module in the folder of the calling one: compiled JavaScript, or the source under tsx. */
export function workerBeside (callerUrl: string, name: string): URL {
  return new URL(`./${name}${extname(callerUrl)}`, callerUrl)
}

/**
 * Options of Node for threads: those that decide how modules are loaded, and no `require` of ES modules, which Piscina
 * tries before `import`. Ending a thread in the middle of one aborts the process ("IsGraphAsync must be used on an
 * instantiated module"). Other options, such as those of V8, are the process's own, and refused for a thread.
 */
export function threadOptions (ofProcess: readonly string[]): string[] {
  const kept: string[] = []
  for (const [i, option] of ofProcess.entries()) {
    const [, name, value] = /^--(enable-source-maps|import|require|conditions)(=.*)?$/.exec(option) ?? []
    if (name === undefined) continue
    kept.push(option)
    if (name !== 'enable-source-maps' && value === undefined) kept.push(ofProcess[i + 1]!)
  }
  return [...kept, '--no-experimental-require-module']
}

export function createPool<Task, Result> (
  { worker, task, threads, onError, explain = workerError, ...options }: PoolOptions
): Pool<Task, Result> {
  const pool = new Piscina<Task, Result>({
    filename: worker.href,
    minThreads: 0,
    maxThreads: threads,
    idleTimeout: 60_000,
    atomics: 'disabled',
    execArgv: threadOptions(process.execArgv),
    ...(task === undefined ? {} : { name: task }),
    ...options
  })
  if (onError !== undefined) pool.on('error', onError)
  return {
    run: (data, { transferList = [], ...run } = {}) =>
      pool.run(data, { ...run, transferList: [...transferList] }).catch((error: unknown) => {
        throw explain(error)
      }),
    waiting: () => pool.queueSize,
    close: () => pool.close(),
    destroy: () => pool.destroy()
  }
}
