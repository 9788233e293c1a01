import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import sharp from 'sharp'
import { projectRoot } from '../src/config.js'
import { generateLoad } from './load.js'
import { bareGraphs } from './peers.js'
import { alternate, comparison, figure, median } from './rounds.js'
import { amount, markdownTable, type Figure, type MeasureOptions, type Section } from './section.js'
import { startBuiltService, withFolder, withServers } from './service.js'

const headers = { 'content-type': 'image/jpeg' }
const seconds = 4
const cores = 2

/** Photographs over HTTP, beside the graphs alone without decoding, alignment and HTTP. */
export async function measure (options: MeasureOptions): Promise<Section> {
  return await withFolder(async folder => await withServers({ service: () => startBuiltService({ EMBED_THREADS: String(cores) }) }, async ({ service }) => {
    const body = join(folder, 'photograph.jpg')
    const sample = join(projectRoot, 'node_modules', '@vladmandic', 'face-api', 'demo', 'sample1.jpg')
    await writeFile(body, await sharp(sample).resize(250, 250, { fit: 'cover', position: 'attention' }).jpeg({ quality: 90 }).toBuffer())

    const figures: Figure[] = []
    const rows: string[][] = []
    for (const models of [['r512'], ['r512', 'dlib128', 'faceres1024']]) {
      options.log(` ${models.join(', ')}`)
      const url = `${service.url}/v1/embeddings?models=${models.join()}`
      const send = (connections: number) => async () => (await generateLoad({ url, body, headers, connections, seconds })).requestsPerSecond
      const rates = await alternate({
        'both cores': send(4),
        'graphs, a thread a core': () => bareGraphs({ models, threads: 1, seconds }, cores),
        'graphs, two threads in one': () => bareGraphs({ models, threads: cores, seconds }, 1),
        'one at a time': send(1),
        'graphs one at a time': () => bareGraphs({ models, threads: 1, seconds }, 1)
      }, options)
      const limit = rates['graphs, a thread a core'].map((rate, round) => Math.max(rate, rates['graphs, two threads in one'][round]!))
      const name = models.length === 1 ? 'one model' : `${models.length} models`
      figures.push(
        ...comparison(`${name}: throughput on both cores, against the graphs alone`, rates['both cores'], limit, 0.9),
        figure(`${name}: latency of one, against the serial sum of its graphs`,
          rates['graphs one at a time'].map((rate, round) => rate / rates['one at a time'][round]!), 1.3, 'at-most')
      )
      rows.push([name, amount(median(rates['both cores'])), amount(median(limit)),
        amount(1000 / median(rates['one at a time'])), amount(1000 / median(rates['graphs one at a time']))])
    }
    return {
      title: 'Embedding',
      markdown: `One photograph of 250 x 250 pixels (JPEG, ${cores} worker threads) as \`POST /v1/embeddings\`: 4 connections for the throughput, one for the latency.
The graphs alone are the detector once, the landmarks twice and each recogniser once, on inputs that are in memory; of one thread a core and of
${cores} threads in one process the faster counts.

` + markdownTable(['', 'photographs/s', 'graphs alone, /s', 'latency, ms', 'serial sum of the graphs, ms'], rows),
      figures
    }
  }))
}
