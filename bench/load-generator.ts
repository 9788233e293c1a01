import { readFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import autocannon from 'autocannon'
import type { Load, LoadResult } from './load.js'

/**
 * The process that sends the load: one body over and over. Its only argument is a `Load` in JSON, what it prints a
 * `LoadResult`. autocannon's own command reads bodies as text, which no float32 is; and it parses answers in JavaScript, so
 * that those of 2 MB kept it from sending more than 37 a second. Large bodies go through Node's own client.
 */
const load = JSON.parse(process.argv[2]!) as Load
const body = readFileSync(load.body)
const largest = 2 ** 16
console.log(JSON.stringify(body.length > largest ? await sendLarge(load) : await sendSmall(load)))

async function sendSmall ({ url, headers, connections, seconds }: Load): Promise<LoadResult> {
  const result = await autocannon({ url, method: 'POST', headers: { ...headers }, body, connections, duration: seconds, timeout: 60 })
  const { non2xx, errors, timeouts, duration, latency } = result
  if (result['2xx'] === 0 || non2xx + errors + timeouts > 0) {
    throw new Error(`${url}: expected answers of 200, received ${result['2xx']}, with ${non2xx} others, ${errors} errors and ${timeouts} timeouts`)
  }
  return { requestsPerSecond: result['2xx'] / duration, latency: { p50: latency.p50, p99: latency.p99 } }
}

async function sendLarge ({ url, headers, connections, seconds }: Load): Promise<LoadResult> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections })
  const times: number[] = []
  const began = performance.now()
  const end = began + 1000 * seconds
  await Promise.all(Array.from({ length: connections }, async () => {
    while (performance.now() < end) {
      const sent = performance.now()
      await sendOnce(url, headers, agent)
      times.push(performance.now() - sent)
    }
  }))
  const duration = performance.now() - began
  agent.destroy()
  times.sort((a, b) => a - b)
  const at = (share: number) => times[Math.min(times.length - 1, Math.floor(share * times.length))]!
  return { requestsPerSecond: 1000 * times.length / duration, latency: { p50: at(0.5), p99: at(0.99) } }
}

/** Sends the body and reads the answer off. @throws Error when it is not a success */
async function sendOnce (url: string, headers: Load['headers'], agent: Agent): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const sending = request(url, { method: 'POST', agent, headers: { ...headers, 'content-length': body.length } }, response => {
      if (response.statusCode !== 200) reject(new Error(`${url}: expected an answer of 200, received ${response.statusCode}`))
      response.on('error', reject).on('end', resolve).resume()
    })
    sending.on('error', reject).end(body)
  })
}
