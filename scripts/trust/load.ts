import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { generateLoad } from '../../bench/load.js'
import { runModule } from '../../bench/processes.js'
import { startBuiltService, withFolder } from '../../bench/service.js'
import type { Arrivals, Served } from './arrivals.js'
import { requests, type Request } from './requests.js'

export interface Overload {
  readonly name: string
  /** requests a second that keep the service busy */
  readonly saturating: number
  /** at a fifth of that */
  readonly unloaded: Served
  /** at twice that */
  readonly overloaded: Served
}

/**
 * The latency of admitted requests at twice the capacity.
 *
 * @param seconds of each measurement
 * @param maxWait `MAX_WAIT` of the service, its default when empty
 */
export async function measureOverload (seconds: number, maxWait: string): Promise<Overload[]> {
  const measured: Overload[] = []
  for (const request of requests) {
    const saturating = await saturatingRate(request, seconds)
    const service = await startBuiltService({ MAX_WAIT: maxWait })
    try {
      const at = (rate: number, duration: number) => sendAt(service.url, request, rate, duration)
      await at(saturating / 2, 3) // graphs, maps and compiler warm
      const unloaded = await at(saturating / 5, seconds)
      measured.push({ name: request.name, saturating, unloaded, overloaded: await at(2 * saturating, seconds) })
    } finally {
      await service.stop()
    }
  }
  return measured
}

/** The throughput of a service that rejects nobody. */
async function saturatingRate ({ path, headers, body, saturating }: Request, seconds: number): Promise<number> {
  const service = await startBuiltService()
  try {
    return await withFolder(async folder => {
      const file = join(folder, 'body')
      await writeFile(file, body)
      const load = { url: service.url + path, body: file, headers, connections: saturating }
      await generateLoad({ ...load, seconds: 3 })
      return (await generateLoad({ ...load, seconds })).requestsPerSecond
    })
  } finally {
    await service.stop()
  }
}

async function sendAt (url: string, { path, headers, body }: Request, rate: number, seconds: number): Promise<Served> {
  return await withFolder(async folder => {
    const file = join(folder, 'body')
    await writeFile(file, body)
    const arrivals: Arrivals = { url: url + path, body: file, headers, rate, seconds, seed: 1 }
    return JSON.parse(await runModule('scripts/trust/sender', [JSON.stringify(arrivals)], 'the sender')) as Served
  })
}
