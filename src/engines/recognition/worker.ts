import { workerData } from 'node:worker_threads'
import { Problem, StartupError, type ErrorCode } from '../../errors.js'
import { isStopped } from '../threads/stop-flag.js'
import { openEmbedder, type EmbedderOptions, type EmbedRequest, type EmbedResult } from './embedder.js'

/** What a worker answers. Errors lose their class between threads, so those that matter travel as data. */
export type WorkerAnswer =
  | { readonly result: EmbedResult | null }
  | { readonly problem: { readonly code: ErrorCode, readonly detail: string, readonly extensions: Readonly<Record<string, unknown>> } }
  | { readonly startupError: string }

let opening: ReturnType<typeof openEmbedder> | undefined

/** Opens the graphs once. After a failure the next task tries again: the file may be what it was. */
async function opened () {
  opening ??= openEmbedder(workerData as EmbedderOptions)
  try {
    return await opening
  } catch (error) {
    opening = undefined
    throw error
  }
}

// When the worker starts. A failure is reported by the first task.
opened().catch(() => {})

/** The task of a worker of the recognition pool. `null` opens the graphs and does nothing. */
export default async function run (request: EmbedRequest | null): Promise<WorkerAnswer> {
  try {
    const embed = await opened()
    if (isStopped(request?.withdrawn)) throw new Problem('caller-left', 'the connection was closed before the image was embedded')
    return { result: request === null ? null : await embed(request) }
  } catch (error) {
    if (error instanceof Problem) {
      const { code, detail, extensions } = error
      return { problem: { code, detail, extensions } }
    }
    if (error instanceof StartupError) return { startupError: error.message }
    throw error
  }
}
