import { runModule } from './processes.js'

export interface Load {
  readonly url: string
  /** file of the body */
  readonly body: string
  readonly headers: Readonly<Record<string, string>>
  readonly connections: number
  readonly seconds: number
}

export interface LoadResult {
  readonly requestsPerSecond: number
  /** milliseconds */
  readonly latency: { readonly p50: number, readonly p99: number }
}

/**
 * Sends one body over and over, from a process of its own.
 * @throws Error when any answer was not a success
 */
export async function generateLoad (load: Load): Promise<LoadResult> {
  const output = await runModule('bench/load-generator', [JSON.stringify(load)], 'the load generator')
  return JSON.parse(output) as LoadResult
}
