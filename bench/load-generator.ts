import { readFileSync } from 'node:fs'
import autocannon from 'autocannon'
import type { Load, LoadResult } from './load.js'

/**
 * The process that sends the load: one body over and over. Its only argument is a `Load` in JSON, what it prints a
 * `LoadResult`. autocannon's own command reads bodies as text, which no float32 is.
 */
const { url, body, headers, connections, seconds } = JSON.parse(process.argv[2]!) as Load
const result = await autocannon({ url, method: 'POST', headers: { ...headers }, body: readFileSync(body), connections, duration: seconds, timeout: 60 })
const { non2xx, errors, timeouts, duration, latency } = result
if (result['2xx'] === 0 || non2xx + errors + timeouts > 0) {
  throw new Error(`${url}: expected answers of 200, received ${result['2xx']}, with ${non2xx} others, ${errors} errors and ${timeouts} timeouts`)
}
const report: LoadResult = { requestsPerSecond: result['2xx'] / duration, latency: { p50: latency.p50, p99: latency.p99 } }
console.log(JSON.stringify(report))
