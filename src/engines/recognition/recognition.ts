import { type Outcome, unwrap } from '../threads/messages.js'
import { createPool, workerBeside } from '../threads/pool.js'
import { availableParallelism } from 'node:os'
import { Problem, StartupError } from '../../errors.js'
import type { EmbedderOptions, EmbedRequest, EmbedResult } from './embedder.js'
import type { ModelsFolder } from './models-folder.js'

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
   * Bytes that the images of all requests, waiting or under way, may have together; an image that is alone may have
   * more. By number alone, 128 images of 64 MB could wait.
   */
  readonly maxBytes?: number
}

export interface Recognition {
  /**
   * Image to templates, in a worker. The bytes move to the worker: when `image` spans all of its buffer, the buffer is
   * detached and `image` empty afterwards.
   * @throws Problem `image-unsupported`, `image-too-large`, `image-damaged`, `face-missing`, `model-unknown`,
   * `request-invalid` (an aligned crop that is not square), `overloaded` (too many are waiting), `unavailable` (it is
   * closed)
   */
  embed(request: EmbedRequest): Promise<EmbedResult>
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
  models, detector, maxPixels, threads = Math.min(2, availableParallelism()), maxFaces = 64, maxWaiting = 64 * threads,
  maxBytes = 256 * 2 ** 20
}: RecognitionOptions): Promise<Recognition> {
  const workerData: EmbedderOptions = { models, detector, maxPixels, maxFaces }
  const pool = createPool<EmbedRequest | null, Outcome<EmbedResult | null>>({
    worker: workerBeside(import.meta.url, 'worker'),
    threads,
    minThreads: threads,
    atomics: 'sync',
    // Opening the graphs again takes longer than most requests.
    idleTimeout: Infinity,
    // The image of one request decodes, in libvips' threads, while graphs run for the other, and nobody waits for the
    // next one to be handed over.
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
    async embed (request) {
      if (state === 'closed') throw new Problem('unavailable', 'the service is shutting down')
      const size = request.image.byteLength
      requireRoom({ waiting: pool.waiting(), maxWaiting, bytes, maxBytes, size })
      const image = ownBuffer(request.image)
      bytes += size
      try {
        const answer = await pool.run({ ...request, image }, { transferList: [image.buffer] })
        opens = !('startupError' in answer)
        // A worker that took the place of another found a file changed under its name.
        if ('startupError' in answer) {
          throw new Problem('unavailable', 'the graphs of the models are not those of the start', {}, {
            cause: new StartupError(answer.startupError)
          })
        }
        const result = unwrap(answer)
        if (result === null) throw new Error('the worker answered without a result')
        return result
      } finally {
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
