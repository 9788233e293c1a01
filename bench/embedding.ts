import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import sharp from 'sharp'
import { projectRoot } from '../src/config.js'
import { generateLoad } from './load.js'
import { measureStages } from './embedding-stages.js'
import { bareGraphs } from './peers.js'
import type { GraphsRun } from './peers/bare-graphs.js'
import { alternate, comparison, figure, median } from './rounds.js'
import { amount, markdownTable, type Figure, type MeasureOptions, type Section } from './section.js'
import { startBuiltService, withFolder, withServers } from './service.js'

const headers = { 'content-type': 'image/jpeg' }
const seconds = 3
const cores = 2

/** Photographs over HTTP, beside the graphs alone without decoding, alignment and HTTP. */
export async function measure (options: MeasureOptions): Promise<Section> {
  return await withFolder(async folder =>
    await withServers({ service: () => startBuiltService({ EMBED_THREADS: String(cores) }) }, async ({ service }) => {
      const body = join(folder, 'photograph.jpg')
      const sample = join(projectRoot, 'node_modules', '@vladmandic', 'face-api', 'demo', 'sample1.jpg')
      await writeFile(
        body,
        await sharp(await readFile(sample)).resize(250, 250, { fit: 'cover', position: 'attention' }).jpeg({
          quality: 90
        }).toBuffer()
      )

      const figures: Figure[] = []
      const rows: string[][] = []
      const stages: string[][] = []
      let stageNames: string[] = []
      for (const models of [['r512'], ['r512', 'dlib128', 'faceres1024']]) {
        options.log(` ${models.join(', ')}`)
        const url = `${service.url}/v1/embeddings?models=${models.join()}`
        const send = (connections: number) => async () =>
          (await generateLoad({ url, body, headers, connections, seconds })).requestsPerSecond
        const graphs = (run: Pick<GraphsRun, 'graphs' | 'threads'>, processes: number) => () =>
          bareGraphs({ ...run, models, photograph: body, seconds }, processes)
        const rates = await alternate({
          'both cores': send(4),
          'graphs, a thread a core': graphs({ graphs: 'published', threads: 1 }, cores),
          'graphs, two threads in one': graphs({ graphs: 'published', threads: cores }, 1),
          'prepared graphs': graphs({ graphs: 'prepared', threads: 1 }, cores),
          'one at a time': send(1),
          'graphs one at a time': graphs({ graphs: 'published', threads: 1 }, 1),
          'prepared graphs one at a time': graphs({ graphs: 'prepared', threads: 1 }, 1)
        }, options)
        const published = rates['graphs, a thread a core'].map((rate, round) =>
          Math.max(rate, rates['graphs, two threads in one'][round]!)
        )
        const name = models.length === 1 ? 'one model' : `${models.length} models`
        const latency = (of: string, graphs: readonly number[]) =>
          figure(
            `${name}: latency of one, against the serial sum of ${of}`,
            graphs.map((rate, round) => rate / rates['one at a time'][round]!),
            1.3,
            'at-most'
          )
        figures.push(
          ...comparison(
            `${name}: throughput on both cores, against the published graphs`,
            rates['both cores'],
            published,
            0.9
          ),
          ...comparison(
            `${name}: throughput on both cores, against the graphs as the service runs them`,
            rates['both cores'],
            rates['prepared graphs'],
            0.9
          ),
          latency('the published graphs', rates['graphs one at a time']),
          latency('the graphs as the service runs them', rates['prepared graphs one at a time'])
        )
        rows.push([
          name,
          ...[rates['both cores'], published, rates['prepared graphs']].map(values => amount(median(values))),
          ...[rates['one at a time'], rates['graphs one at a time'], rates['prepared graphs one at a time']].map(
            values => amount(1000 / median(values))
          )
        ])
        const outside = await measureStages(body, models, 100)
        stages.push([name, ...Object.values(outside).map(amount)])
        stageNames = Object.keys(outside)
      }
      return {
        title: 'Embedding',
        markdown:
          `One photograph of 250 x 250 pixels (JPEG, ${cores} worker threads) as \`POST /v1/embeddings\`: 4 connections for the throughput, one for the latency.
The graphs alone are the detector once, the landmarks twice and each recogniser once, on the inputs that this photograph gives: once as they are
published, of one thread a core and of ${cores} threads in one process the faster counts, and once as the service runs them, with PRelu taken apart
(\`src/engines/onnx/parametric-relu.ts\`), in r512 only, and relu6 joined (\`src/engines/onnx/joined-clips.ts\`), in faceres1024 only.

${
            markdownTable([
              '',
              'photographs/s',
              'published graphs, /s',
              'prepared graphs, /s',
              'latency, ms',
              'sum of the published graphs, ms',
              'of the prepared, ms'
            ], rows)
          }

What a photograph takes besides, in ms, each stage by itself:

${markdownTable(['', ...stageNames], stages)}`,
        figures
      }
    })
  )
}
