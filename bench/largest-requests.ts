import { base64OfFloat32 } from '../src/science/template/float32.js'
import { post } from './api.js'
import { alternate, figure, median } from './rounds.js'
import { amount, markdownTable, type MeasureOptions, type Section } from './section.js'
import { readDelay, startBuiltService, withServers } from './service.js'
import { serveMap, templatesOf, type BenchSpace } from './spaces.js'

const source: BenchSpace = { id: 'bench-source', dimension: 256 }
const target: BenchSpace = { id: 'bench-target', dimension: 128 }
const mebibyte = 2 ** 20
const json = 'application/json'
const ndjson = 'application/x-ndjson'
const raw = 'application/octet-stream'

/** One request: its answer may be a refusal. */
interface LargeRequest {
  readonly path: string
  readonly type: string
  readonly body: string | Uint8Array<ArrayBuffer>
  readonly accept?: string
}

/**
 * How long requests as large as the service takes, and bodies that are no requests, hold the thread that answers.
 */
export async function measure (options: MeasureOptions): Promise<Section> {
  return await withServers({ service: () => startBuiltService() }, async ({ service: { url } }) => {
    await serveMap(url, source, target, { identities: 300 })
    const requests = await requestsOf(url)
    const statuses: Record<string, number> = {}
    const once = (name: string, { path, type, body, accept = '*/*' }: LargeRequest) => async () => {
      await readDelay(url)
      const answer = await fetch(`${url}${path}`, {
        method: 'POST',
        headers: { 'content-type': type, accept },
        body
      })
      await answer.arrayBuffer()
      statuses[name] = answer.status
      return (await readDelay(url)).longest
    }
    options.log(' longest delay of the event loop in ms')
    const delays = await alternate(
      Object.fromEntries(Object.entries(requests).map(([name, request]) => [name, once(name, request)])),
      options
    )
    return {
      title: 'Largest requests',
      markdown:
        `The longest delay of the event loop of the service's process during one request, from its own metrics, which tick every 10 ms: requests about as
large as the service takes, and bodies that are none. Templates have ${source.dimension} dimensions.

` +
        markdownTable(
          ['request', 'status', 'longest delay, ms', 'least and most'],
          Object.entries(delays).map(([name, values]) => [
            name,
            String(statuses[name]),
            amount(median(values)),
            `${amount(Math.min(...values))} to ${amount(Math.max(...values))}`
          ])
        ),
      figures: [figure('largest median, ms', [Math.max(...Object.values(delays).map(median))], 20, 'at-most')]
    }
  })
}

async function requestsOf (url: string): Promise<Record<string, LargeRequest>> {
  const data = templatesOf(source.dimension, 60_000)
  const row = (i: number) => data.subarray(i * source.dimension, (i + 1) * source.dimension)
  const rows = <T>(count: number, of: (row: Float32Array, i: number) => T) =>
    Array.from({ length: count }, (_, i) => of(row(i), i))
  const numbers = (row: Float32Array) => Array.from(row, value => Number(value.toFixed(6)))
  const bytes = (character: string) => new Uint8Array(60 * mebibyte).fill(character.charCodeAt(0))
  const { id: corpus } = await post<{ id: string }>(`${url}/v1/corpora`, { name: 'benchmark' })
  const { id: gallery } = await post<{ id: string }>(`${url}/v1/galleries`, { name: 'benchmark' })
  const uploads = `/v1/corpora/${corpus}/templates?model=${source.id}`
  const enrolments = `/v1/galleries/${gallery}/templates?model=${source.id}`
  const search = (probes: number, candidates: number): LargeRequest => ({
    path: `/v1/galleries/${gallery}/identifications`,
    type: json,
    body: JSON.stringify({
      probes: rows(probes, row => ({ model: source.id, data: base64OfFloat32(row) })),
      candidates
    })
  })
  const translation = (templates: readonly object[]): LargeRequest => ({
    path: '/v1/translations',
    type: json,
    body: JSON.stringify({ target: target.id, templates })
  })
  const binary = { path: `/v1/translations?source=${source.id}&target=${target.id}`, type: raw }
  const all = new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength)

  return {
    '20,000 templates as numbers, translated': translation(
      rows(20_000, row => ({ model: source.id, vector: numbers(row) }))
    ),
    '45,000 templates as base64, translated': translation(
      rows(45_000, row => ({ model: source.id, data: base64OfFloat32(row) }))
    ),
    '60,000 rows of float32, translated to float32': { ...binary, body: all, accept: raw },
    '60,000 rows of float32, translated to JSON': { ...binary, body: all, accept: json },
    '16,384 templates as numbers, into a corpus': {
      path: uploads,
      type: json,
      body: JSON.stringify({
        templates: rows(16_384, (row, i) => ({ sample: `s${i}`, identity: `p${i >> 1}`, vector: numbers(row) }))
      })
    },
    '16,384 templates as base64, into a gallery': {
      path: enrolments,
      type: json,
      body: JSON.stringify({
        templates: rows(16_384, (row, i) => ({ subject: `p${i}`, data: base64OfFloat32(row) }))
      })
    },
    '40,000 lines, into a gallery': {
      path: enrolments,
      type: ndjson,
      body: rows(40_000, (row, i) => JSON.stringify({ subject: `p${i}`, data: base64OfFloat32(row) })).join('\n')
    },
    '1,000 probes, 100 candidates each, among 40,000': search(1000, 100),
    '200 probes, 400 candidates each, among 40,000': search(200, 400),
    '60 MiB of opening brackets': { path: '/v1/translations', type: json, body: bytes('[') },
    '60 MiB of small objects': {
      path: '/v1/translations',
      type: json,
      body: `{"templates":[${'{"a":1},'.repeat(7 * mebibyte)}{}]}`
    },
    '60 MiB of newlines': { path: uploads, type: ndjson, body: bytes('\n') }
  }
}
