import { availableParallelism } from 'node:os'
import { extname } from 'node:path'
import { Piscina } from 'piscina'
import { Problem, StartupError } from '../../errors.js'
import { createStopFlag, stop } from '../threads/stop-flag.js'
import { lostWorker } from '../threads/lost-worker.js'
import type { EmbedderOptions, EmbedRequest, EmbedResult } from './embedder.js'
import type { ModelsFolder } from './models-folder.js'
import type { WorkerAnswer } from './worker.js'

export type { EmbedRequest, EmbedResult, Face } from './embedder.js'
export type { Quality } from './quality.js'

export interface RecognitionOptions {
  readonly models: ModelsFolder
  /** Id of the detector manifest. */
  readonly detector: string
  /** Worker threads, each with every graph open; two by default, or one on a single core. */
  readonly threads?: number
  /** Largest width times height of an image, as its header states them. */
  readonly maxPixels: number
  /** Most faces of one image that are embedded. */
  readonly maxFaces?: number
  /** Requests that may wait for a worker; beyond them callers are turned away. */
  readonly maxWaiting?: number
  /**
   * Bytes that the images of all requests, waiting or under way, may have together; an image that is alone may have more.
   * By number alone, 128 images of 64 MB could wait.
   */
  readonly maxBytes?: number
}

export interface Recognition {
  /**
   * Image to templates, in a worker.
   * The bytes move to the worker: when `image` spans all of its buffer, the buffer is detached and `image` empty afterwards.
   * @param signal of whoever waits for it; once it is aborted a request that still waits is not begun
   * @throws Problem `image-unsupported`, `image-too-large`, `image-damaged`, `face-missing`, `model-unknown`,
   * `request-invalid` (an aligned crop that is not square), `overloaded` (too many are waiting), `unavailable` (it is closed),
   * `caller-left` (nobody waits for it)
   */
  embed(request: Omit<EmbedRequest, 'withdrawn'>, signal?: AbortSignal): Promise<EmbedResult>
  /** Whether all workers have their graphs open and the pool is not closed. */
  ready(): boolean
  /** Waits for what is in flight, refuses what comes later, ends the workers. */
  close(): Promise<void>
}

/** Requests that a worker has under way. */
const tasksEach = 2

/**
 * Starts the workers and waits until each has opened its graphs.
 * @throws StartupError when there is no such detector, or when a graph cannot be opened
 */
export async function createRecognition ({
  models, detector, maxPixels, threads = Math.min(2, availableParallelism()), maxFaces = 64, maxWaiting = 64 * threads, maxBytes = 256 * 2 ** 20
}: RecognitionOptions): Promise<Recognition> {
  const workerData: EmbedderOptions = { models, detector, maxPixels, maxFaces }
  const pool = new Piscina<EmbedRequest | null, WorkerAnswer>({
    // Under tsx the worker is TypeScript, in dist it is JavaScript, as this module is.
    filename: new URL(`./worker${extname(import.meta.url)}`, import.meta.url).href,
    minThreads: threads,
    maxThreads: threads,
    // Opening the graphs again takes longer than most requests.
    idleTimeout: Infinity,
    // The image of one request decodes, in libvips' threads, while graphs run for the other, and nobody waits for the next
    // one to be handed over.
    concurrentTasksPerWorker: tasksEach,
    // Tasks for the first threads of a new pool wait in the queue until these have started.
    maxQueue: Math.max(maxWaiting, threads * tasksEach),
    workerData
  })
  let bytes = 0
  /** whether the graphs opened again for the last worker that took the place of another */
  let opens = true
  let state: 'opening' | 'ready' | 'closed' = 'opening'

  try {
    // A worker takes no more tasks and answers none until its graphs are open, so each worker gets some of these.
    await Promise.all(Array.from({ length: threads * tasksEach }, async () => unwrap(await pool.run(null))))
    state = 'ready'
  } catch (error) {
    await pool.destroy()
    throw error
  }

  return {
    async embed (request, signal) {
      if (state === 'closed') throw new Problem('unavailable', 'the service is shutting down')
      if (pool.queueSize >= maxWaiting) {
        throw new Problem('overloaded', `expected at most ${maxWaiting} images to be waiting, ${pool.queueSize} are`)
      }
      const size = request.image.byteLength
      if (bytes > 0 && bytes + size > maxBytes) {
        throw new Problem('overloaded', `expected the images that are waiting to have at most ${maxBytes} bytes together, they have ${bytes}, this one ${size}`)
      }
      const image = ownBuffer(request.image)
      bytes += size
      const withdrawn = createStopFlag()
      const withdraw = () => stop(withdrawn)
      signal?.addEventListener('abort', withdraw)
      if (signal?.aborted === true) withdraw()
      try {
        const answer = await pool.run({ ...request, image, withdrawn }, { transferList: [image.buffer] }).catch((error: unknown) => { throw lostWorker(error) })
        opens = !('startupError' in answer)
        // A worker that took the place of another found a file changed under its name.
        if ('startupError' in answer) throw new Problem('unavailable', 'the graphs of the models are not those of the start', {}, { cause: new StartupError(answer.startupError) })
        if ('problem' in answer && answer.problem.code === 'caller-left') signal?.throwIfAborted()
        const result = unwrap(answer)
        if (result === null) throw new Error('the worker answered without a result')
        return result
      } finally {
        signal?.removeEventListener('abort', withdraw)
        bytes -= size
      }
    },
    ready: () => state === 'ready' && opens,
    async close () {
      if (state === 'closed') return
      state = 'closed'
      await pool.close()
    }
  }
}

function unwrap (answer: WorkerAnswer): EmbedResult | null {
  if ('problem' in answer) throw new Problem(answer.problem.code, answer.problem.detail, answer.problem.extensions)
  if ('startupError' in answer) throw new StartupError(answer.startupError)
  return answer.result
}

/**
 * The bytes in a buffer that they have to themselves, which can be transferred: small Node Buffers are slices of a pool
 * that others use too, and shared memory is not transferred.
 */
function ownBuffer (bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer, byteOffset, byteLength } = bytes
  return buffer instanceof ArrayBuffer && byteOffset === 0 && byteLength === buffer.byteLength
    ? new Uint8Array(buffer)
    : new Uint8Array(bytes)
}
