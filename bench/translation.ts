import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { readConfig } from '../src/config.js'
import { base64OfFloat32, bytesOfFloat32 } from '../src/science/template/float32.js'
import { generateLoad, type Load } from './load.js'
import {
  answerSchema,
  answerTo,
  pythonPackages,
  pythonPeer,
  rawProduct,
  startBareRoute,
  startFastApi
} from './peers.js'
import type { ServerProcess } from './processes.js'
import { alternate, comparison, median, warmUpsOfServers, type Rates } from './rounds.js'
import { amount, markdownTable, type MeasureOptions, type Section } from './section.js'
import { startBuiltService, withFolder, withServers } from './service.js'
import { serveMap, templatesOf, type BenchSpace } from './spaces.js'

export const source: BenchSpace = { id: 'bench-source', dimension: 512 }
export const target: BenchSpace = { id: 'bench-target', dimension: 512 }
const dimensions = { dSource: source.dimension, dTarget: target.dimension }
export const path = '/v1/translations'
export const binaryPath = `${path}?source=${source.id}&target=${target.id}`
export const binary = { 'content-type': 'application/octet-stream', accept: 'application/octet-stream' }
export const json = { 'content-type': 'application/json', accept: 'application/json' }
const base64 = {
  'content-type': 'application/vnd.crosswalk.base64+json',
  accept: 'application/vnd.crosswalk.base64+json'
}
/** of a raw batch */
const batchRows = 1000
/** of a batch in JSON: 2 MB of numbers */
const jsonRows = 200
const seconds = 2

/** Translations over HTTP, beside the product alone, a bare route, and FastAPI + numpy. */
export async function measure (options: MeasureOptions): Promise<Section> {
  const { log } = options
  const threads = readConfig({}).translateThreads
  const python = await pythonPeer()
  if (python === undefined) {
    log(`  FastAPI + numpy are not here (Debian: ${pythonPackages.join(', ')}): left out`)
  }
  const fastApi = (workers: number, folder: string) =>
    python === undefined ? undefined : () => startFastApi({ workers, ...dimensions }, folder)

  return await withFolder(async folder =>
    await withServers({ service: () => startBuiltService() }, async ({ service }) => {
      await serveMap(service.url, source, target)
      const bodies = await writeBodies(folder)
      const route = {
        path,
        schema: await answerSchema(service.url, path),
        answer: await answerTo(service.url + path, bodies.single)
      }
      return await withServers({
        unguarded: () => startBuiltService({ GUARD: 'off' }),
        bare: () => startBareRoute(route, folder),
        fastApi: fastApi(1, folder),
        fastApi2: fastApi(2, folder)
      }, async ({ unguarded, bare, fastApi, fastApi2 }) => {
        await serveMap(unguarded.url, source, target)
        const sender =
          (body: string, headers: Load['headers'], connections: number, rows: number) =>
          (server: ServerProcess | undefined, address: string) =>
            server &&
            (async () =>
              (await generateLoad({ url: server.url + address, body, headers, connections, seconds }))
                .requestsPerSecond * rows)

        log(` raw float32, batches of ${batchRows}`)
        const sendRaw = sender(bodies.raw, binary, 4, batchRows)
        const raw = await alternate(
          {
            service: sendRaw(service, binaryPath),
            product: async () => await rawProduct({ rows: batchRows, ...dimensions, seconds }, threads),
            bare: sendRaw(bare, `${path}/raw`),
            fastApi: sendRaw(fastApi, `${path}/raw`)
          },
          options,
          warmUpsOfServers
        )

        log(' JSON, one template a request')
        const sendSingle = sender(bodies.single, json, 16, 1)
        const single = await alternate(
          {
            service: sendSingle(service, path),
            unguarded: sendSingle(unguarded, path),
            bare: sendSingle(bare, path),
            fastApi: sendSingle(fastApi, path),
            fastApi2: sendSingle(fastApi2, path)
          },
          options,
          warmUpsOfServers
        )

        log(` JSON, batches of ${jsonRows}`)
        const batches = await alternate(
          {
            base64: sender(bodies.base64, base64, 4, jsonRows)(service, path),
            numbers: sender(bodies.numbers, json, 4, jsonRows)(service, path)
          },
          options,
          warmUpsOfServers
        )

        const rows = (what: string, rates: Rates<string>) =>
          Object.entries(rates).filter(([, values]) => values.length > 0)
            .map(([name, values]) => [what, contestants[name]!, amount(median(values))])
        return {
          title: 'Translation',
          markdown:
            `512 dimensions to 512. The product alone runs in a loop in a process of its own, with as many threads as the service has for
translations (${threads}). The bare route parses the same body and serialises the answer that the service gave, by the schema
that it documents; of raw float32 it sends the body back. ${
              python === undefined ? 'FastAPI + numpy were not here.' : `The peer: ${python}.`
            }
Four connections for batches, 16 for single templates. The guard is on, as it is by default, unless it is said to be off.

` + markdownTable(['body', 'who', 'templates/s'], [
              ...rows(`raw float32, ${batchRows} a request`, raw),
              ...rows('JSON, 1 a request', single),
              ...rows(`JSON, ${jsonRows} a request`, batches)
            ]),
          figures: [
            ...comparison('raw float32, against the product alone', raw.service, raw.product, 0.8),
            ...comparison('raw float32, against the bare route', raw.service, raw.bare),
            ...comparison('raw float32, against FastAPI + numpy', raw.service, raw.fastApi),
            ...comparison('JSON, one template, against the bare route', single.service, single.bare, 0.7),
            ...comparison('JSON, one template, guard off, against the bare route', single.unguarded, single.bare),
            ...comparison(
              'JSON, one template, against FastAPI + numpy, one worker',
              single.service,
              single.fastApi,
              10
            ),
            ...comparison('JSON, one template, against FastAPI + numpy, two workers', single.service, single.fastApi2),
            ...comparison('JSON batches, base64 against numbers', batches.base64, batches.numbers, 3)
          ]
        }
      })
    })
  )
}

const contestants: Readonly<Record<string, string>> = {
  service: 'the service',
  unguarded: 'the service, guard off',
  product: 'the product alone',
  bare: 'bare Fastify route',
  fastApi: 'FastAPI + numpy, one worker',
  fastApi2: 'FastAPI + numpy, two workers',
  base64: 'the service, base64',
  numbers: 'the service, numbers'
}

/** Writes the bodies that are sent into a folder. @returns their files */
export async function writeBodies (folder: string): Promise<Record<'raw' | 'single' | 'numbers' | 'base64', string>> {
  const rows = templatesOf(source.dimension, batchRows)
  const vector = (row: number) => rows.subarray(row * source.dimension, (row + 1) * source.dimension)
  const request = (count: number, form: (vector: Float32Array) => object) =>
    JSON.stringify({
      target: target.id,
      templates: Array.from({ length: count }, (_, row) => ({ model: source.id, ...form(vector(row)) }))
    })
  const numbers = (vector: Float32Array) => ({ vector: Array.from(vector) })
  const contents = {
    raw: bytesOfFloat32(rows),
    single: request(1, numbers),
    numbers: request(jsonRows, numbers),
    base64: request(jsonRows, vector => ({ data: base64OfFloat32(vector) }))
  }
  const files = Object.entries(contents).map(async ([name, content]) => {
    const file = join(folder, `${name}.body`)
    await writeFile(file, content)
    return [name, file] as const
  })
  return Object.fromEntries(await Promise.all(files)) as Record<keyof typeof contents, string>
}
