import { programOf, startServer } from '../../bench/processes.js'
import { figure } from '../../bench/rounds.js'
import { amount, markdownTable, type MeasureOptions, type Section } from '../../bench/section.js'
import { registerSpace } from '../../bench/spaces.js'
import type { TemplateMatrix } from '../../src/science/linear-algebra/matrix.js'
import { base64OfFloat32 } from '../../src/science/template/float32.js'
import {
  administer,
  citusCoordinator,
  createDatabase,
  createDistributedDatabase,
  distributeDatabase,
  withoutCitus
} from '../../test/support/postgres-server.js'
import { syntheticGallery } from '../report-galleries/synthetic-gallery.js'
import { SectionSkipped } from '../report-sections.js'
import { call, postJson } from '../running-service.js'

const model = 'citus-512'
const dimension = 512
const templates = 10_000
const rowsAtOnce = 500
const probes = 1000
const probesAtOnce = 50
const best = 10
const writers = 8
/** of the galleries that are divided */
const shards = 16
/** Seconds of each load of writers. */
const seconds = 4

interface Candidate {
  readonly subject: string
  readonly score: number
}
interface Measured {
  /** templates/s, in requests of `rowsAtOnce` */
  readonly bulk: number
  /** requests/s of one template each: by one writer, and by eight into one gallery and into eight */
  readonly single: number
  readonly together: number
  readonly apart: number
  /** by probe */
  readonly exact: readonly (readonly Candidate[])[]
  /** probes/s */
  readonly exactRate: number
  /** undefined without pgvector */
  readonly index: { readonly found: readonly (readonly Candidate[])[], readonly rate: number } | undefined
}

/**
 * The same galleries on one server and on a cluster, whole and divided into shards, over HTTP: how fast they fill and
 * answer, and whether the answers are the same.
 */
export async function reportCitus ({ log }: Pick<MeasureOptions, 'log'>): Promise<Section> {
  if (citusCoordinator === undefined) throw new SectionSkipped(String(withoutCitus))
  const [one, oneDivided] = await measureIn(await createDatabase(citusCoordinator), 'one server', log)
  const distributed = await createDistributedDatabase(citusCoordinator)
  await distributeDatabase(distributed.url)
  const [cluster, spread] = await measureIn(distributed, 'the cluster', log)
  const [{ version, workers } = {}] = await administer(
    citusCoordinator,
    `SELECT extversion AS version, (SELECT count(*) FROM citus_get_active_worker_nodes()) AS workers
     FROM pg_extension WHERE extname = 'citus'`
  )
  const sameAs = (other: Measured) =>
    one.exact.filter((list, i) => JSON.stringify(list) === JSON.stringify(other.exact[i])).length / probes
  const measured = [one, oneDivided, cluster, spread]
  const names = ['one server', `one server, ${shards} shards`, 'the cluster', `the cluster, ${shards} shards`]
  const row = (name: string, read: (measured: Measured) => number | undefined) => [
    name,
    ...measured.map(each => {
      const value = read(each)
      return value === undefined ? 'no pgvector' : amount(value)
    })
  ]
  return {
    title: 'A cluster of databases',
    figures: [
      ...[oneDivided, cluster, spread].map((each, i) =>
        figure(`${names[i + 1]!}: probes with the same ten best, to the last bit of the scores`, [sameAs(each)], 1)
      ),
      ...measured.flatMap(({ exact, index }, i) =>
        index === undefined ? [] : [figure(`${names[i]!}: recall@10 of the index`, [recallOf(exact, index.found)])]
      )
    ],
    markdown: [
      `Citus ${String(version)}, a coordinator and ${
        String(workers)
      } workers, against a database without Citus on the ` +
      `server of the coordinator; all on this machine. ${templates.toLocaleString('en-US')} synthetic templates of ` +
      `${dimension} numbers in one gallery, ${probes.toLocaleString('en-US')} probes.`,
      markdownTable(['', ...names], [
        row(`templates/s enrolled, ${rowsAtOnce} in a request`, ({ bulk }) => bulk),
        row('requests/s of one template, one writer', ({ single }) => single),
        row(`requests/s of one template, ${writers} writers, one gallery`, ({ together }) => together),
        row(`requests/s of one template, ${writers} writers, ${writers} galleries`, ({ apart }) => apart),
        row('probes/s, exact', ({ exactRate }) => exactRate),
        row('probes/s, by the index', ({ index }) => index?.rate)
      ])
    ].join('\n\n')
  }
}

/** @returns of galleries of one shard, and of divided ones */
async function measureIn (
  database: { readonly url: string, drop(): Promise<void> },
  name: string,
  log: MeasureOptions['log']
): Promise<[Measured, Measured]> {
  const env = {
    DATABASE_URL: database.url,
    HOST: '',
    PORT: '0',
    LOG_LEVEL: 'error',
    EMBED_THREADS: '1',
    EXAMPLES: 'off',
    MAX_WAIT: '60000'
  }
  try {
    const service = await startServer(process.execPath, programOf('src/server'), { name: 'the service', env })
    try {
      await registerSpace(service.url, { id: model, dimension })
      return [
        await measure(service.url, 1, name, log),
        await measure(service.url, shards, `${name}, ${shards} shards`, log)
      ]
    } finally {
      await service.stop()
    }
  } finally {
    await database.drop()
  }
}

async function measure (url: string, count: number, name: string, log: MeasureOptions['log']): Promise<Measured> {
  const people = syntheticGallery(dimension, 1)
  const gallery = await newGallery(url, count)
  const bulk = await rate(templates, async () => {
    for (let first = 0; first < templates; first += rowsAtOnce) {
      await enrol(url, gallery, people.templates(first, rowsAtOnce, 0), first)
    }
  })
  log(`  ${name}: ${amount(bulk)} templates/s`)
  const galleries = await Promise.all(Array.from({ length: writers }, () => newGallery(url, count)))
  const single = await load(url, [galleries[0]!], 1)
  const together = await load(url, Array.from({ length: writers }, () => galleries[0]!), 2)
  const apart = await load(url, galleries, 3)
  log(`  ${name}: ${amount(single)}, ${amount(together)}, ${amount(apart)} single enrolments/s`)
  const exact = await search(url, gallery, people.templates(0, probes, 1), 'exact')
  const index = await indexed(url, gallery)
    ? await search(url, gallery, people.templates(0, probes, 1), 'index')
    : undefined
  log(
    `  ${name}: ${amount(exact.rate)} probes/s exact, ${index === undefined ? 'no' : amount(index.rate)} by the index`
  )
  return { bulk, single, together, apart, exact: exact.found, exactRate: exact.rate, index }
}

const newGallery = async (url: string, count: number): Promise<string> =>
  (await call<{ id: string }>(`${url}/v1/galleries`, postJson({ name: 'of a report', shards: count }))).id

async function enrol (url: string, gallery: string, { rows, data }: TemplateMatrix, first: number): Promise<void> {
  await call(
    `${url}/v1/galleries/${gallery}/templates?model=${model}`,
    postJson({
      templates: Array.from({ length: rows }, (_, row) => ({
        subject: `person ${first + row}`,
        data: base64OfFloat32(data.subarray(row * dimension, (row + 1) * dimension))
      }))
    })
  )
}

/** @param series of people, none of whom another has @returns requests/s of writers, one for each of the galleries */
async function load (url: string, galleries: readonly string[], series: number): Promise<number> {
  const people = syntheticGallery(dimension, 2)
  let count = 0
  const start = performance.now()
  await Promise.all(galleries.map(async (gallery, writer) => {
    for (let i = 0; performance.now() - start < 1000 * seconds; i++, count++) {
      const person = 10_000_000 * series + 1_000_000 * writer + i
      await enrol(url, gallery, people.templates(person, 1, 0), person)
    }
  }))
  return 1000 * count / (performance.now() - start)
}

/** Builds an index. @returns false without pgvector */
async function indexed (url: string, gallery: string): Promise<boolean> {
  const response = await fetch(`${url}/v1/galleries/${gallery}/indexes/${model}`, { method: 'PUT' })
  const { id } = await response.json() as { id: string }
  if (response.status === 409) return false
  for (;;) {
    const { state } = await call<{ state: string }>(`${url}/v1/jobs/${id}`)
    if (state === 'succeeded') return true
    if (state === 'failed' || state === 'cancelled') throw new Error(`the job that builds the index ${state}`)
    await new Promise(resolve => setTimeout(resolve, 200))
  }
}

/** Searches for all of the probes, once to warm up and once for the time. */
async function search (url: string, gallery: string, { cols, data }: TemplateMatrix, method: 'exact' | 'index') {
  const found: (readonly Candidate[])[] = []
  const all = async () => {
    for (let first = 0; first < probes; first += probesAtOnce) {
      const vectors = Array.from(
        { length: probesAtOnce },
        (_, i) => data.subarray((first + i) * cols, (first + i + 1) * cols)
      )
      const { results } = await call<{ results: { candidates: Candidate[] }[] }>(
        `${url}/v1/galleries/${gallery}/identifications`,
        postJson({
          probes: vectors.map(vector => ({ model, data: base64OfFloat32(vector) })),
          candidates: best,
          method
        })
      )
      found.push(...results.map(({ candidates }) => candidates.map(({ subject, score }) => ({ subject, score }))))
    }
  }
  await all()
  found.length = 0
  return { rate: await rate(probes, all), found: found as readonly (readonly Candidate[])[] }
}

async function rate (count: number, work: () => Promise<void>): Promise<number> {
  const start = performance.now()
  await work()
  return 1000 * count / (performance.now() - start)
}

function recallOf (exact: Measured['exact'], found: Measured['exact']): number {
  const hits = exact.map((list, i) => {
    const subjects = new Set(found[i]!.map(({ subject }) => subject))
    return list.filter(({ subject }) => subjects.has(subject)).length
  })
  return hits.reduce((sum, count) => sum + count, 0) / (best * exact.length)
}
