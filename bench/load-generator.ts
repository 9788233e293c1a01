import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import type { Load, LoadResult } from './load.js'

/**
 * The process that sends the load: one request over and over, on every connection as soon as the answer to the one
 * before is whole. Its only argument is a `Load` in JSON, what it prints a `LoadResult`.
 *
 * It shares the cores with what it measures, so it does as little as it can: the request is one buffer, answers are
 * read into one that is used again, and of their heads only status and length are looked at. A client with all of HTTP,
 * such as Node's own, takes as long for an answer of 2 MB as the bare route that it asks.
 */
const { url, headers, body: file, connections, seconds } = JSON.parse(process.argv[2]!) as Load
const { hostname, port, host, pathname, search } = new URL(url)
const body = readFileSync(file)
const head = [
  `POST ${pathname}${search} HTTP/1.1`,
  `Host: ${host}`,
  ...Object.entries({ ...headers, 'content-length': body.length }).map(([name, value]) => `${name}: ${value}`)
]
const request = Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`, 'latin1'), body])
const readAtOnce = 2 ** 18
const patience = 60_000

const began = performance.now()
const times = (await Promise.all(Array.from({ length: connections }, () => sendUntil(began + 1000 * seconds)))).flat()
  .sort((a, b) => a - b)
const duration = (performance.now() - began) / 1000
const at = (share: number) => times[Math.min(times.length - 1, Math.floor(share * times.length))]!
console.log(
  JSON.stringify(
    { requestsPerSecond: times.length / duration, latency: { p50: at(0.5), p99: at(0.99) } } satisfies LoadResult
  )
)

/**
 * @returns milliseconds of each request
 * @throws Error when an answer is no success, says neither how long it is nor where it ends, or does not come
 */
async function sendUntil (end: number): Promise<number[]> {
  return await new Promise((resolve, reject) => {
    const times: number[] = []
    let [sent, received] = [0, '']
    /**
     * Takes what comes of the answer's body, and says whether that is all of it; undefined while its head has not come.
     */
    let takeBody: BodyTaker | undefined
    const socket = connect({
      host: hostname,
      port: Number(port),
      noDelay: true,
      onread: { buffer: Buffer.allocUnsafe(readAtOnce), callback: read }
    })
    socket.setTimeout(patience, () => fail(`expected an answer within ${patience / 1000} s`))
    socket.on('error', reject).on('connect', send).on(
      'close',
      () => fail('expected an answer, the connection was closed')
    )

    function send (): void {
      ;[sent, received, takeBody] = [performance.now(), '', undefined]
      socket.write(request)
    }

    function read (count: number, bytes: Uint8Array): boolean {
      let from = 0
      if (takeBody === undefined) {
        const before = received.length
        received += Buffer.from(bytes.buffer, bytes.byteOffset, count).toString('latin1')
        const bodyAt = received.indexOf('\r\n\r\n') + 4
        if (bodyAt < 4) return true
        takeBody = bodyTaker(received.slice(0, bodyAt))
        if (!received.startsWith('HTTP/1.1 200 ') || takeBody === undefined) {
          return fail(`expected 200 and a length, received ${received.slice(0, 600)}`)
        }
        from = bodyAt - before
      }
      if (takeBody(bytes, from, count)) {
        times.push(performance.now() - sent)
        if (performance.now() < end) send()
        else finish()
      }
      return true
    }

    function finish (): void {
      socket.destroy()
      resolve(times)
    }

    function fail (message: string): false {
      socket.destroy()
      reject(new Error(`${url}: ${message}`))
      return false
    }
  })
}

/** @returns whether the body ends at `to` */
type BodyTaker = (bytes: Uint8Array, from: number, to: number) => boolean

/** @returns undefined when the head says neither how long its body is nor that it comes in chunks */
function bodyTaker (head: string): BodyTaker | undefined {
  const length = /^content-length: *(\d+)/im.exec(head)?.[1]
  if (length !== undefined) {
    let missing = Number(length)
    return (_bytes, from, to) => {
      missing -= to - from
      if (missing < 0) throw new Error(`expected no more than the answer, received ${-missing} bytes more`)
      return missing === 0
    }
  }
  return /^transfer-encoding: *chunked/im.test(head) ? chunksTaker() : undefined
}

/** Of a body in chunks, with trailers or without (RFC 9112, section 7.1). */
function chunksTaker (): BodyTaker {
  /** bytes of the chunk that have not come, and the line before or behind it */
  let [left, line] = [0, '']
  let isLast = false
  return (bytes, from, to) => {
    for (let at = from; at < to;) {
      const taken = Math.min(left, to - at)
      left -= taken
      at += taken
      if (at === to) return false
      const character = String.fromCharCode(bytes[at++]!)
      if (character !== '\n') {
        line += character
        continue
      }
      const text = line.trimEnd()
      line = ''
      if (isLast && text === '') return true
      if (isLast || text === '') continue
      left = Number.parseInt(text, 16)
      isLast = left === 0
    }
    return false
  }
}
