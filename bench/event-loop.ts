import { readFile, writeFile } from 'node:fs/promises'
import { Agent, get } from 'node:http'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import sharp from 'sharp'
import { projectRoot } from '../src/config.js'
import { writeNpy } from '../src/science/template/npy.js'
import { post } from './api.js'
import { generateLoad } from './load.js'
import { alternate, figure, median } from './rounds.js'
import { amount, markdownTable, type MeasureOptions, type Section } from './section.js'
import { readDelay, startBuiltService, withFolder, withServers } from './service.js'
import { registerSpace, syntheticPairs, type BenchSpace } from './spaces.js'

const source: BenchSpace = { id: 'bench-source', dimension: 256 }
const target: BenchSpace = { id: 'bench-target', dimension: 128 }
const people = { identities: 2000, imagesEach: 2, seed: 1 }
const seconds = 6
/** Searches of a gallery, the largest that one request may ask for. */
const searched = { subjects: 2870, probes: 1000, candidates: 100 }

/**
 * How long the thread that answers requests is held up while images are embedded, maps are fitted and galleries are
 * searched.
 */
export async function measure (options: MeasureOptions): Promise<Section> {
  return await withFolder(async folder =>
    await withServers({ service: () => startBuiltService() }, async ({ service: { url } }) => {
      const photograph = join(folder, 'photograph.jpg')
      const sample = join(projectRoot, 'node_modules', '@vladmandic', 'face-api', 'demo', 'sample3.jpg')
      await writeFile(
        photograph,
        await sharp(await readFile(sample)).resize(4000, 3000, { fit: 'cover' }).jpeg({ quality: 90 }).toBuffer()
      )
      const corpus = await fillCorpus(url)
      const search = await fillGallery(url)

      const embed = () =>
        generateLoad({
          url: `${url}/v1/embeddings?models=r512,dlib128,faceres1024`,
          body: photograph,
          headers: { 'content-type': 'image/jpeg' },
          connections: 3,
          seconds
        })
      let seed = 0
      const fit = async (until: number) => {
        while (performance.now() < until) {
          await post(`${url}/v1/maps`, { source: source.id, target: target.id, method: 'ridge', corpus, seed: ++seed })
        }
      }

      const answers: Record<string, number[]> = {}
      const longest: Record<string, number[]> = {}
      /** @returns the 99th percentile of the delay of the event loop, in ms */
      const during = (name: string, work: (until: number) => readonly Promise<unknown>[]) => async () => {
        await readDelay(url)
        const until = performance.now() + seconds * 1000
        const working = Promise.all(work(until))
        // What is still fitted at the end is waited for, out of sight of the figures.
        const times = await pollHealth(url, until)
        const delay = await readDelay(url)
        await working
        ;(answers[name] ??= []).push(...times)
        ;(longest[name] ??= []).push(delay.longest)
        return delay.p99
      }
      options.log(' event loop, 99th percentile of the delay in ms')
      const delays = await alternate({
        idle: during('idle', () => []),
        embedding: during('embedding', () => [embed()]),
        fitting: during('fitting', until => [fit(until)]),
        both: during('both', until => [embed(), fit(until)]),
        searching: during('searching', until => [repeat(search, until)])
      }, options)

      const at = (values: readonly number[], share: number) =>
        amount([...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(share * values.length))]!)
      return {
        title: 'Event loop',
        markdown:
          `Delay of the event loop of the service's process, from its own metrics, in windows of ${seconds} s: photographs of 12 megapixels embedded
with the three models of the pack, three at a time; maps fitted one after the other, on ${
            people.identities * people.imagesEach
          } pairs of ${source.dimension} and ${target.dimension} dimensions out of
the embedded database; both at once; and searches of ${searched.probes} probes for ${searched.candidates} candidates each among ${searched.subjects} subjects, one after the other. \`/health/live\` was asked every 5 ms by another process.

` +
          markdownTable(
            ['', 'delay p99, ms', 'longest delay, ms', '/health/live median, ms', '99 %, ms', 'longest, ms'],
            Object.entries(delays).map((
              [name, values]
            ) => [
              name,
              amount(median(values)),
              amount(Math.max(...longest[name]!)),
              at(answers[name]!, 0.5),
              at(answers[name]!, 0.99),
              at(answers[name]!, 1)
            ])
          ),
        figures: [
          figure('delay p99 while embedding, ms', delays.embedding, 20, 'at-most'),
          figure('delay p99 while fitting, ms', delays.fitting, 20, 'at-most'),
          figure('delay p99 while embedding and fitting, ms', delays.both, 20, 'at-most'),
          figure('delay p99 while searching, ms', delays.searching, 20, 'at-most')
        ]
      }
    })
  )
}

/** @returns id of a corpus with templates of the same images under both models */
async function fillCorpus (url: string): Promise<string> {
  const { id } = await post<{ id: string }>(`${url}/v1/corpora`, { name: 'benchmark' })
  const pairs = syntheticPairs(source.dimension, target.dimension, people)
  const samples = `sample,identity\n${pairs.map(({ identity }, i) => `image ${i},${identity}\n`).join('')}`
  for (const [side, space] of [['source', source], ['target', target]] as const) {
    await registerSpace(url, space)
    const data = new Float32Array(pairs.length * space.dimension)
    pairs.forEach((pair, row) => data.set(pair[side], row * space.dimension))
    const form = new FormData()
    form.set(
      'templates',
      new Blob([new Uint8Array(writeNpy({ rows: pairs.length, cols: space.dimension, data }))]),
      'templates.npy'
    )
    form.set('samples', new Blob([samples]), 'samples.csv')
    await post(`${url}/v1/corpora/${id}/templates?model=${space.id}`, form)
  }
  return id
}

async function repeat (work: () => Promise<unknown>, until: number): Promise<void> {
  while (performance.now() < until) await work()
}

/** @returns a search of a gallery, with all the probes and candidates that one may have */
async function fillGallery (url: string): Promise<() => Promise<unknown>> {
  const { id } = await post<{ id: string }>(`${url}/v1/galleries`, { name: 'benchmark' })
  const people = syntheticPairs(source.dimension, target.dimension, {
    identities: searched.subjects,
    imagesEach: 1,
    seed: 2
  })
  const dataOf = (vector: Float32Array) =>
    Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength).toString('base64')
  const templates = people.map(pair => ({ subject: pair.identity ?? '', data: dataOf(pair.source) }))
  await post(`${url}/v1/galleries/${id}/templates?model=${source.id}`, { templates })
  const probes = people.slice(0, searched.probes).map(pair => ({ model: source.id, data: dataOf(pair.source) }))
  return async () =>
    await post(`${url}/v1/galleries/${id}/identifications`, { probes, candidates: searched.candidates })
}

/** Milliseconds of each request to /health/live, one every 5 ms. */
async function pollHealth (url: string, until: number): Promise<number[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const times: number[] = []
  while (performance.now() < until) {
    const began = performance.now()
    await new Promise<void>((resolve, reject) => {
      get(`${url}/health/live`, { agent }, response => {
        response.resume().on('end', resolve)
      }).on('error', reject)
    })
    times.push(performance.now() - began)
    await setTimeout(5)
  }
  agent.destroy()
  return times
}
