import { setTimeout } from 'node:timers/promises'
import { startBuiltService } from '../../bench/service.js'
import { startCallers, type Answered } from './callers.js'
import { requests } from './requests.js'

export interface Soak {
  readonly minutes: number
  readonly answered: Answered
  /** MB resident, at the end of each tenth of the time */
  readonly resident: readonly number[]
}

/** Overload with every kind of request, for a while. */
export async function soak (minutes: number): Promise<Soak> {
  const service = await startBuiltService({ MAX_WAIT: '' })
  try {
    const callers = startCallers(service.url, requests.map(request => ({ request, count: 2 * request.saturating })))
    const resident: number[] = []
    for (let tenth = 0; tenth < 10; tenth++) {
      await setTimeout(minutes * 6000)
      const metrics = await (await fetch(`${service.url}/metrics`)).text()
      resident.push(Math.round(Number(/^process_resident_memory_bytes (\S+)$/m.exec(metrics)![1]) / 1e6))
    }
    return { minutes, answered: await callers.stop(), resident }
  } finally {
    await service.stop()
  }
}
