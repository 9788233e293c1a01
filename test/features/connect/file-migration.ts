import { runConnect, verifySwapped, type RunOptions } from '../../../src/features/connect/connect.js'
import { openFileEnd } from '../../../src/features/connect/files/end.js'
import type { FileChoice } from '../../../src/features/connect/files/template-file.js'
import type { Translating } from './tables.js'

export const options: RunOptions = { guard: 'off', onBad: 'stop', stopBeforeSwap: false }
export const events = { onProgress: () => {}, say: () => {} }
export const never = new AbortController().signal

/** Opens the end of a file, does something with it and closes it. */
export async function withFileEnd<T> (
  path: string,
  choice: FileChoice,
  work: (end: Awaited<ReturnType<typeof openFileEnd>>) => Promise<T>
): Promise<T> {
  const end = await openFileEnd(path, choice)
  try {
    return await work(end)
  } finally {
    await end.close()
  }
}

/** Migrates a file in this process. */
export const migrateFile = async (
  translating: Translating,
  path: string,
  choice: FileChoice,
  more: Partial<RunOptions> = {}
) =>
  await withFileEnd(path, choice, async end => {
    const migration = end.migration(translating.task)
    const result = await runConnect(migration, translating, { ...options, ...more }, events, never)
    return {
      result,
      verified: result.kind === 'swapped' ? await verifySwapped(migration, translating, 1000) : undefined
    }
  })
