import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { bytesOfFloat32 } from '../src/science/template/float32.js'
import { createDatabase, startPostgresServer } from '../test/support/postgres-server.js'
import { generateLoad, type LoadResult } from './load.js'
import { alternate, comparison, median } from './rounds.js'
import { amount, markdownTable, type MeasureOptions, type Section } from './section.js'
import { startBuiltService, withFolder, withServers } from './service.js'
import { registerSpace, serveMap, templatesOf, type BenchSpace } from './spaces.js'

const seconds = 2
const batchSizes = [1, 10, 100, 1000, 10_000]
const dimensions = [128, 256, 512, 1024, 2048]
/** Spaces with maps and profiles, all of 128 dimensions: what the guard compares templates with. */
const chains = [2, 8, 16]
/** Spaces that are only registered. */
const idleSpaces = 500

/** How cost grows with the size of a batch, the dimension, the number of models, and the number of replicas. */
export async function measure (options: MeasureOptions): Promise<Section> {
  return await withFolder(async folder => {
    const parts = [await batchesAndModels(folder, options), await replicas(folder, options)]
    return {
      title: 'How cost grows',
      markdown: parts.map(part => part.markdown).join('\n\n'),
      figures: parts.flatMap(part => part.figures)
    }
  })
}

type Part = Pick<Section, 'markdown' | 'figures'>

async function batchesAndModels (folder: string, { rounds, log }: MeasureOptions): Promise<Part> {
  return await withServers({ service: () => startBuiltService() }, async ({ service: { url } }) => {
    const space = (index: number): BenchSpace => ({ id: `bench-${index}`, dimension: 128 })
    const single = await singleBody(folder, space(0), space(1))
    const models: string[][] = []
    const measureModels = async (name: string) => {
      const [rate, rawRate] = await inTurn([
        async () => await generateLoad({ url: `${url}/v1/translations`, ...single, connections: 16, seconds }),
        await batchSender(folder, url, space(0), space(1), 1000)
      ], rounds) as [LoadResult, LoadResult]
      models.push([name, amount(rate.requestsPerSecond), amount(rawRate.requestsPerSecond * 1000)])
      log(`  ${models.at(-1)!.join(', ')}`)
    }
    log(' number of models: JSON requests/s, raw templates/s')
    let made = 0
    for (const chain of chains) {
      for (; made + 1 < chain; made++) {
        await serveMap(url, space(made), space(made + 1), { identities: 30, imagesEach: 2 })
      }
      await measureModels(`${chain} with maps`)
    }
    for (let i = 0; i < idleSpaces; i++) await registerSpace(url, { id: `idle-${i}`, dimension: 128 })
    await measureModels(`${chains.at(-1)!} with maps and ${idleSpaces} without`)

    log(' size of a batch: templates/s, ms a request')
    const sizeSenders = []
    for (const rows of batchSizes) sizeSenders.push(await batchSender(folder, url, space(0), space(1), rows))
    const sizes = (await inTurn(sizeSenders, rounds)).map((
      { requestsPerSecond, latency },
      i
    ) => [count(batchSizes[i]!), amount(requestsPerSecond * batchSizes[i]!), amount(latency.p50), amount(latency.p99)])
    for (const cells of sizes) log(`  ${cells.join(', ')}`)

    log(' dimension: templates/s, MB/s, GFLOP/s of the product, ms a request')
    const wideSenders = []
    for (const dimension of dimensions) {
      const [from, to] = [{ id: `wide-${dimension}`, dimension }, { id: `narrow-${dimension}`, dimension: 128 }]
      await serveMap(url, from, to, { identities: 30, imagesEach: 2 })
      wideSenders.push(await batchSender(folder, url, from, to, 1000))
    }
    const wide = (await inTurn(wideSenders, rounds)).map(({ requestsPerSecond, latency }, i) => {
      const [dimension, rate] = [dimensions[i]!, requestsPerSecond * 1000]
      return [
        count(dimension),
        amount(rate),
        amount(rate * dimension * 4 / 1e6),
        amount(rate * dimension * 128 * 2 / 1e9),
        amount(latency.p50)
      ]
    })
    for (const cells of wide) log(`  ${cells.join(', ')}`)

    return {
      markdown: `Size of a batch, raw float32, 128 dimensions to 128, two connections:

${markdownTable(['templates a request', 'templates/s', 'median, ms', '99 %, ms'], sizes)}

Dimension, raw float32, batches of 1,000 from this dimension to 128, two connections:

${markdownTable(['dimension', 'templates/s', 'MB/s in', 'GFLOP/s of the product', 'median, ms'], wide)}

Number of registered models, all of 128 dimensions, so that each with a map is one that the guard has to rule out. They are
registered one after the other, so these rows, unlike the others, are not measured in turn:

${markdownTable(['models', 'JSON, one template, requests/s', 'raw batches of 1,000, templates/s'], models)}`,
      figures: []
    }
  })
}

/** Two processes on one Postgres beside one process on the same. */
async function replicas (folder: string, options: MeasureOptions): Promise<Part> {
  options.log(' replicas on one Postgres: JSON requests/s')
  const server = await startPostgresServer()
  try {
    const database = await createDatabase(server.url)
    const env = { DATABASE_URL: database.url, EXAMPLES: 'off' }
    return await withServers(
      { first: () => startBuiltService(env), second: () => startBuiltService(env) },
      async ({ first, second }) => {
        const [from, to] = [{ id: 'bench-source', dimension: 128 }, { id: 'bench-target', dimension: 128 }]
        await serveMap(first.url, from, to, { identities: 30, imagesEach: 2 })
        const single = await singleBody(folder, from, to)
        // Each connection stays with a replica, as with a balancer of connections: 16 in all in both cases.
        const send = (urls: readonly string[]) => async () => {
          const loads = urls.map(url =>
            generateLoad({ url: `${url}/v1/translations`, ...single, connections: 16 / urls.length, seconds })
          )
          return (await Promise.all(loads)).reduce((sum, { requestsPerSecond }) => sum + requestsPerSecond, 0)
        }
        const rates = await alternate({ one: send([first.url]), two: send([first.url, second.url]) }, options)
        return {
          markdown:
            `Replicas on one Postgres, JSON, one template of 128 dimensions a request, 16 connections in all. The load is generated on the same cores:

${markdownTable(['replicas', 'requests/s'], [['1', amount(median(rates.one))], ['2', amount(median(rates.two))]])}`,
          figures: comparison('two replicas against one', rates.two, rates.one)
        }
      }
    )
  } finally {
    await server.stop()
  }
}

async function singleBody (folder: string, source: BenchSpace, target: BenchSpace) {
  const body = join(folder, 'single.body')
  await writeFile(
    body,
    JSON.stringify({
      target: target.id,
      templates: [{ model: source.id, vector: Array.from(templatesOf(source.dimension, 1)) }]
    })
  )
  return { body, headers: { 'content-type': 'application/json' } }
}

/** Sends raw batches on two connections, so that one is sent while another is translated. */
async function batchSender (
  folder: string,
  url: string,
  source: BenchSpace,
  target: BenchSpace,
  rows: number
): Promise<() => Promise<LoadResult>> {
  const body = join(folder, `${source.id}-${rows}.body`)
  await writeFile(body, bytesOfFloat32(templatesOf(source.dimension, rows)))
  return async () =>
    await generateLoad({
      url: `${url}/v1/translations?source=${source.id}&target=${target.id}`,
      body,
      headers: { 'content-type': 'application/octet-stream', accept: 'application/octet-stream' },
      connections: 2,
      seconds
    })
}

/** Each sender in turn, for some rounds. @returns of each the run with the median rate */
async function inTurn (senders: readonly (() => Promise<LoadResult>)[], rounds: number): Promise<LoadResult[]> {
  const results = senders.map((): LoadResult[] => [])
  for (let round = 0; round < rounds; round++) {
    for (const [i, send] of senders.entries()) results[i]!.push(await send())
  }
  return results.map(runs => runs.sort((a, b) => a.requestsPerSecond - b.requestsPerSecond)[runs.length >> 1]!)
}

const count = (value: number) => value.toLocaleString('en-US')
