import { readFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { setImmediate } from 'node:timers/promises'
import { createRandom } from '../../src/science/linear-algebra/random.js'

export interface Arrivals {
  readonly url: string
  /** file of the body */
  readonly body: string
  readonly headers: Readonly<Record<string, string>>
  /** requests a second, on average */
  readonly rate: number
  readonly seconds: number
  readonly seed: number
}

export interface Served {
  /** answers by status, 0 for requests without one */
  readonly statuses: Readonly<Record<string, number>>
  /** milliseconds from when a request was due until its answer was read; of those answered with 200 */
  readonly latency: { readonly p50: number, readonly p99: number }
  /** how late requests were sent, in milliseconds: what of the latency is not the service's */
  readonly lateness: { readonly p99: number }
}

/**
 * Sends requests when they are due, at random as callers who know nothing of each other come (a Poisson process),
 * whether or not those before are answered: load that waits for answers would slow down as the service does, and hide
 * it.
 */
export async function send ({ url, body, headers, rate, seconds, seed }: Arrivals): Promise<Served> {
  const bytes = readFileSync(body)
  const agent = new Agent({ keepAlive: true, maxSockets: 2000 })
  const random = createRandom(seed)
  const statuses: Record<string, number> = {}
  const taken: number[] = []
  const late: number[] = []
  const open = new Set<Promise<void>>()
  const began = performance.now()
  for (let due = began; due < began + 1000 * seconds; due += -Math.log(1 - random.next()) * 1000 / rate) {
    while (performance.now() < due) await setImmediate()
    late.push(performance.now() - due)
    const answered = sendOnce(url, bytes, headers, agent).catch(() => 0).then(status => {
      statuses[status] = (statuses[status] ?? 0) + 1
      if (status === 200) taken.push(performance.now() - due)
      open.delete(answered)
    })
    open.add(answered)
  }
  await Promise.all(open)
  agent.destroy()
  return {
    statuses,
    latency: { p50: quantile(taken, 0.5), p99: quantile(taken, 0.99) },
    lateness: { p99: quantile(late, 0.99) }
  }
}

async function sendOnce (url: string, body: Buffer, headers: Arrivals['headers'], agent: Agent): Promise<number> {
  return await new Promise<number>((resolve, reject) => {
    const sending = request(
      url,
      { method: 'POST', agent, headers: { ...headers, 'content-length': body.length } },
      response => {
        response.on('error', reject).on('end', () => resolve(response.statusCode!)).resume()
      }
    )
    sending.on('error', reject).end(body)
  })
}

/** @returns NaN of none */
function quantile (values: number[], share: number): number {
  values.sort((a, b) => a - b)
  return values[Math.min(values.length - 1, Math.floor(share * values.length))] ?? NaN
}
