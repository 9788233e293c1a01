import { type Outcome, unwrap } from '../threads/messages.js'
import { createPool, workerBeside } from '../threads/pool.js'
import { availableParallelism } from 'node:os'
import { Problem, StartupError } from '../../errors.js'
import { createStopFlag, stop } from '../threads/stop-flag.js'
import type { EmbedderOptions, EmbedRequest, EmbedResult } from './embedder.js'
import type { ModelsFolder } from './model-graphs.js'

export type { EmbedRequest, EmbedResult, Face } from './embedder.js'
export type { Quality } from './quality.js'

export interface RecognitionOptions {
  readonly models: ModelsFolder
  /** Id of the detector manifest. */
  readonly detector: string
  /** Ids of the recognisers that every worker opens at once; others are opened when they are first asked for. */
  readonly opened?: readonly string[]
  /** Whether the models folder is checked first, see `checkModels`. */
  readonly checks?: boolean
  /** Worker threads; the default is two, or one on a single core. */
  readonly threads?: number
  /** Maximum width times height of an image, as stated in its header. */
  readonly maxPixels: number
  /** Maximum faces of one image that are embedded. */
  readonly maxFaces?: number
  /** Requests that may wait for a worker; more are refused. */
  readonly maxWaiting?: number
  /**
   * Maximum bytes of the images of all requests, waiting or under way. A single image may exceed it. A limit on the
   * number alone would let 128 images of 64 MB wait.
   */
  readonly maxBytes?: number
}

export interface Recognition {
  /**
   * Image to templates, in a worker. The bytes move to the worker: when `image` spans all of its buffer, the buffer is
   * detached and `image` is empty afterwards.
   * @param signal of the caller; a request that still waits when it is aborted is not started
   * @throws Problem `image-unsupported`, `image-too-large`, `image-damaged`, `face-missing`, `face-unclear`,
   *   `model-unknown`,
   *   `request-invalid` (an aligned crop that is not square), `overloaded` (the queue is full), `unavailable` (closed),
   *   `caller-left` (the signal was aborted)
   */
  embed(request: Omit<EmbedRequest, 'withdrawn'>, signal?: AbortSignal): Promise<EmbedResult>
  /** Whether all workers have their graphs open and the pool is not closed. */
  ready(): boolean
  /** Waits for requests in flight, refuses later ones, and ends the workers. */
  close(): Promise<void>
}

/** Requests that a worker processes at a time. */
const tasksEach = 2

/**
 * Starts the workers and waits until each has opened its graphs: those of the detector and of the recognisers that are
 * to be opened at once. Most callers need one model, and each of the pack's takes 20 to 90 MB a worker.
 * @throws StartupError when there is no such detector, or a graph cannot be opened or, where they are checked, is not
 *   as its manifest says
 */
export async function createRecognition ({
  models,
  detector,
  maxPixels,
  opened = [],
  checks = false,
  threads = Math.min(2, availableParallelism()),
  maxFaces = 64,
  maxWaiting = 64 * threads,
  maxBytes = 256 * 2 ** 20
}: RecognitionOptions): Promise<Recognition> {
  const workerData: EmbedderOptions = { models, detector, maxPixels, maxFaces, opened }
  const pool = createPool<EmbedRequest | null, Outcome<EmbedResult | null>>({
    worker: workerBeside(import.meta.url, 'worker'),
    threads,
    minThreads: threads,
    atomics: 'sync',
    // Reopening the graphs takes longer than most requests.
    idleTimeout: Infinity,
    // The image of one request decodes in libvips' threads while graphs run for the other, and the next request is
    // already at the worker.
    concurrentTasksPerWorker: tasksEach,
    // Tasks for the first threads of a new pool wait in the queue until these have started.
    maxQueue: Math.max(maxWaiting, threads * tasksEach),
    workerData
  })
  let bytes = 0
  /** Whether the last replacement worker could open the graphs. */
  let opens = true
  let state: 'opening' | 'ready' | 'closed' = 'opening'

  try {
    if (checks) unwrap(await pool.run(null, { name: 'check' }))
    // A worker that opens its graphs takes no more tasks, so every worker gets some of these.
    await Promise.all(Array.from({ length: threads * tasksEach }, async () => unwrap(await pool.run(null))))
    state = 'ready'
  } catch (error) {
    await pool.destroy()
    throw error
  }

  return {
    async embed (request, signal) {
      if (state === 'closed') throw new Problem('unavailable', 'the service is shutting down')
      const size = request.image.byteLength
      requireRoom({ waiting: pool.waiting(), maxWaiting, bytes, maxBytes, size })
      const image = ownBuffer(request.image)
      bytes += size
      const withdrawn = createStopFlag()
      const withdraw = () => stop(withdrawn)
      signal?.addEventListener('abort', withdraw)
      if (signal?.aborted === true) withdraw()
      try {
        const answer = await pool.run({ ...request, image, withdrawn }, { transferList: [image.buffer] })
        opens = !('startupError' in answer)
        // A replacement worker found that a file has changed.
        if ('startupError' in answer) {
          throw new Problem('unavailable', 'the model graphs have changed since the start', {}, {
            cause: new StartupError(answer.startupError)
          })
        }
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

interface Room {
  readonly waiting: number
  readonly maxWaiting: number
  /** of the images that wait or are under way */
  readonly bytes: number
  readonly maxBytes: number
  /** of the image that arrives */
  readonly size: number
}

/** @throws Problem `overloaded` when too many images wait, or together they are too large */
function requireRoom ({ waiting, maxWaiting, bytes, maxBytes, size }: Room): void {
  if (waiting >= maxWaiting) {
    throw new Problem('overloaded', `queue is full: ${waiting} images are waiting, the limit is ${maxWaiting}`)
  }
  if (bytes > 0 && bytes + size > maxBytes) {
    throw new Problem(
      'overloaded',
      `queue is full: images of ${bytes} bytes are waiting, this one of ${size} bytes exceeds the limit of ${maxBytes}`
    )
  }
}

/**
 * The bytes in a buffer of their own, which can be transferred. Small Node Buffers are slices of a pool with other
 * owners, and shared memory cannot be transferred.
 */
function ownBuffer (bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer, byteOffset, byteLength } = bytes
  return buffer instanceof ArrayBuffer && byteOffset === 0 && byteLength === buffer.byteLength
    ? new Uint8Array(buffer)
    : new Uint8Array(bytes)
}
