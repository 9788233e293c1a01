import { once } from 'node:events'
import { request, type IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { bytesOfFloat32 } from '../src/science/template/float32.js'
import { residentMegabytes } from './processes.js'
import { figure } from './rounds.js'
import { amount, type MeasureOptions, type Section } from './section.js'
import { startBuiltService, withServers } from './service.js'
import { serveMap, templatesOf, type BenchSpace } from './spaces.js'

const source: BenchSpace = { id: 'bench-source', dimension: 512 }
const target: BenchSpace = { id: 'bench-target', dimension: 512 }
const chunkRows = 1000
/** Rows of the stream before the one that is measured: it starts workers and fills buffers. */
const warmUpRows = 100_000

/** Ten million templates through one request: how fast, and what the memory of the service grows by. */
export async function measure (
  { log, rows = 10_000_000 }: MeasureOptions & { readonly rows?: number }
): Promise<Section> {
  return await withServers({ service: () => startBuiltService() }, async ({ service }) => {
    await serveMap(service.url, source, target)
    const idle = await residentMegabytes(service)
    await stream(service.url, warmUpRows)
    const before = await residentMegabytes(service)

    let peak = before
    const sampling = setInterval(() => {
      residentMegabytes(service).then(now => {
        peak = Math.max(peak, now)
      }, () => {})
    }, 200)
    const speeds = await stream(service.url, rows, (done, speed) => {
      log(`  ${done.toLocaleString('en-US')} rows, ${amount(speed)} rows/s, resident at most ${Math.round(peak)} MB`)
    }).finally(() => clearInterval(sampling))

    const growth = peak - before
    return {
      title: 'Streaming',
      markdown: `${rows.toLocaleString('en-US')} templates of 512 dimensions, ${
        amount(rows * source.dimension * 4 / 1e9)
      } GB, through one \`POST /v1/translations\`, raw float32 in and out; the client waits
when the service does not read, and reads what it answers. Resident memory of the process of the service, sampled every
200 ms: ${Math.round(idle)} MB idle, ${Math.round(before)} MB after a stream of ${
        warmUpRows.toLocaleString('en-US')
      } rows, at most ${Math.round(peak)} MB during this one.`,
      figures: [
        figure('growth of resident memory, MB', [growth], 100, 'at-most'),
        figure('rows/s, by tenths of the stream', speeds)
      ]
    }
  })
}

/**
 * One request of `rows` rows.
 * @returns rows/s in each tenth of the answer
 * @throws Error with the answer when it is no success, or has another length than it should
 */
async function stream (
  url: string,
  rows: number,
  progress: (done: number, speed: number) => void = () => {}
): Promise<number[]> {
  const chunk = bytesOfFloat32(templatesOf(source.dimension, chunkRows))
  function* chunks () {
    for (let row = 0; row < rows; row += chunkRows) {
      yield row + chunkRows <= rows
        ? chunk
        : chunk.subarray(0, (rows - row) * source.dimension * 4)
    }
  }
  const outgoing = request(`${url}/v1/translations?source=${source.id}&target=${target.id}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/octet-stream',
      accept: 'application/octet-stream',
      'content-length': rows * source.dimension * 4
    }
  })
  const answering = once(outgoing, 'response') as Promise<[IncomingMessage]>
  // A refusal ends the sending too: what was answered says more than that the connection is gone.
  const sending = pipeline(Readable.from(chunks()), outgoing).then(() => undefined, (error: unknown) => error)
  const [answer] = await answering.catch((error: unknown) => {
    throw new Error('streaming: the service ended the connection without an answer that could be read', {
      cause: error
    })
  })
  if (answer.statusCode !== 200) {
    const text = (await answer.toArray()).join('')
    outgoing.destroy()
    await sending
    throw new Error(`streaming: expected 200, received ${answer.statusCode}: ${text.slice(0, 300)}`)
  }

  const rowBytes = target.dimension * 4
  const tenth = rows * rowBytes / 10
  const speeds: number[] = []
  let [received, began] = [0, performance.now()]
  for await (const piece of answer as AsyncIterable<Buffer>) {
    received += piece.length
    if (received < tenth * (speeds.length + 1)) continue
    const now = performance.now()
    speeds.push(rows / 10 / (now - began) * 1000)
    began = now
    progress(Math.floor(received / rowBytes), speeds.at(-1)!)
  }
  const failure = await sending
  if (failure !== undefined) throw failure
  if (received !== rows * rowBytes) {
    throw new Error(`streaming: expected ${rows * rowBytes} bytes, received ${received}`)
  }
  return speeds
}
