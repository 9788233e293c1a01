import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { alternate, comparison, figure, median } from '../../bench/rounds.js'
import { figuresTable, type MeasureOptions, type Section } from '../../bench/section.js'
import { projectRoot } from '../../src/config.js'
import { createExactSearch } from '../../src/features/galleries/search/exact-search.js'
import {
  createReferenceRows,
  type ReferenceBatch,
  type ReferenceRows,
  type ReferenceSnapshot
} from '../../src/features/galleries/search/reference-rows.js'
import { createSharedMemory } from '../../src/features/galleries/search/shared-memory.js'
import { bytesOfFloat32 } from '../../src/science/template/float32.js'
import { syntheticGallery } from './synthetic-gallery.js'

export interface SearchReportOptions extends MeasureOptions {
  readonly references: number
  /** of either side */
  readonly threads: number
}

const dimension = 512
const seed = 1
const best = 10
const rowsAtOnce = 4096
/** Searches of a round, by the number of probes. */
const sizes = [{ probes: 1, times: 9 }, { probes: 100, times: 1 }] as const

/**
 * Exact search of a gallery in memory, with whole vectors and with quantised ones, beside faiss's, which has the same
 * rows in its own process at the same time.
 */
export async function reportSearch ({ references, threads, rounds, log }: SearchReportOptions): Promise<Section> {
  const folder = await mkdtemp(join(tmpdir(), 'crosswalk-report-'))
  const search = createExactSearch({ threads })
  let faiss: Faiss | undefined
  let closeRows = async () => {}
  try {
    log(`search, ${references.toLocaleString('en-US')} x ${dimension}, ${threads} threads; milliseconds`)
    const before = process.memoryUsage.rss()
    const { snapshot, compact, read, counted, close, file } = await fill(references, folder)
    closeRows = close
    faiss = await startFaiss(file, threads)
    const gallery = syntheticGallery(dimension, seed)
    const figures = []
    const agreements = []
    for (const { probes, times } of sizes) {
      const matrix = gallery.templates(Math.floor(references / 3), probes, 1)
      const probeFile = join(folder, `probes-${probes}.f32`)
      await writeFile(probeFile, bytesOfFloat32(matrix.data))
      let ours: number[][] = []
      let theirs: number[][] = []
      let quantised: number[][] = []
      const results = await alternate({
        quantised: async () => {
          const milliseconds = []
          for (let i = 0; i < times; i++) {
            const start = performance.now()
            const found = await search.searchQuantised(compact.snapshot(), { probes: matrix, best }, read)
            milliseconds.push(performance.now() - start)
            quantised = found!.map(matches => matches.map(({ ordinal }) => ordinal - 1))
          }
          return median(milliseconds)
        },
        crosswalk: async () => {
          const milliseconds = []
          for (let i = 0; i < times; i++) {
            const start = performance.now()
            ours = (await search.search(snapshot, { probes: matrix, best })).map(matches =>
              matches.map(({ ordinal }) => ordinal - 1)
            )
            milliseconds.push(performance.now() - start)
          }
          return median(milliseconds)
        },
        faiss: faiss && (async () => {
          const answer = await faiss!.search(probeFile, best, times)
          theirs = answer.found
          return median(answer.milliseconds)
        })
      }, { rounds, log })
      const name = probes === 1 ? 'one probe' : `${probes} probes at once`
      counted.rows = 0
      await search.searchQuantised(compact.snapshot(), { probes: matrix, best }, read)
      figures.push(
        figure(`${name}: p50, milliseconds`, results.crosswalk),
        figure(`${name}: p50 with quantised vectors, milliseconds`, results.quantised),
        figure(`${name}: templates read for one of them`, [counted.rows / probes]),
        figure(`${name}: places where both agree`, [
          ours.reduce(
            (sum, list, probe) => sum + list.filter((row, place) => row === quantised[probe]![place]).length,
            0
          ) /
          (probes * best)
        ], 1)
      )
      if (faiss === undefined) continue
      figures.push(
        figure(`${name}: p50 of faiss, milliseconds`, results.faiss),
        ...comparison(`${name}: time of faiss relative to ours`, results.faiss, results.crosswalk, 1)
      )
      const same = ours.reduce(
        (sum, list, probe) => sum + list.filter((row, place) => row === theirs[probe]![place]).length,
        0
      )
      agreements.push(`${same} of ${probes * best} places`)
    }
    const resident = (process.memoryUsage.rss() - before - compact.bytes) / 2 ** 20
    figures.push(
      figure('memory, MiB', [resident]),
      figure('memory of quantised vectors, MiB', [compact.bytes / 2 ** 20]),
      figure('memory of quantised vectors relative to whole ones', [compact.bytes / 2 ** 20 / resident], 0.3, 'at-most')
    )
    if (faiss !== undefined) {
      figures.push(
        figure('memory of faiss, MiB', [faiss.mebibytes]),
        figure('memory relative to faiss', [resident / faiss.mebibytes], 1.1, 'at-most')
      )
    }
    return {
      title: 'Search',
      figures,
      markdown: [
        `The ${best} best of ${
          references.toLocaleString('en-US')
        } synthetic templates of ${dimension} numbers (seed ${seed}), exact, with ${threads} threads on either side. Quantised vectors rule references out; what they let pass is read ` +
        'whole from a file, where the service reads its database.',
        faiss === undefined
          ? 'faiss is not installed.'
          : `Compared with faiss ${faiss.version}, \`IndexFlatIP\`, with the same rows and probes. Both gave the ` +
            `same results in ${agreements.join(', ')}.`,
        figuresTable(figures)
      ].join('\n\n')
    }
  } finally {
    await faiss?.stop()
    await search.close()
    await closeRows()
    await rm(folder, { recursive: true, force: true })
  }
}

interface FilledRows {
  readonly snapshot: ReferenceSnapshot
  readonly compact: ReferenceRows
  /** Reads whole vectors from the file, where the service asks its database. */
  readonly read: (ordinals: readonly number[]) => Promise<ReferenceBatch>
  readonly counted: { rows: number }
  readonly file: string
  close(): Promise<void>
}

/** The rows in memory, whole and quantised, and in a file for the other side. */
async function fill (references: number, folder: string): Promise<FilledRows> {
  const gallery = syntheticGallery(dimension, seed)
  const rows = createReferenceRows(dimension)
  const compact = createReferenceRows(dimension, createSharedMemory(), 'int8')
  const file = join(folder, 'rows.f32')
  const handle = await open(file, 'w+')
  for (let first = 0; first < references; first += rowsAtOnce) {
    const vectors = gallery.templates(first, Math.min(rowsAtOnce, references - first), 0)
    const ordinals = Float64Array.from({ length: vectors.rows }, (_, i) => first + i + 1)
    for (const each of [rows, compact]) each.append({ vectors, subjects: ordinals, ordinals })
    await handle.write(bytesOfFloat32(vectors.data))
  }
  rows.publish()
  compact.publish()
  const counted = { rows: 0 }
  return {
    snapshot: rows.snapshot(),
    compact,
    counted,
    file,
    async read (ordinals) {
      counted.rows += ordinals.length
      const data = new Float32Array(ordinals.length * dimension)
      for (const [row, ordinal] of ordinals.entries()) {
        const start = row * dimension
        await handle.read(data.subarray(start, start + dimension), 0, 4 * dimension, 4 * dimension * (ordinal - 1))
      }
      const numbers = Float64Array.from(ordinals)
      return { vectors: { rows: ordinals.length, cols: dimension, data }, subjects: numbers, ordinals: numbers }
    },
    close: async () => {
      await handle.close()
    }
  }
}

interface Faiss {
  readonly version: string
  readonly mebibytes: number
  search(probes: string, best: number, times: number): Promise<{ milliseconds: number[], found: number[][] }>
  stop(): Promise<void>
}

/** Debian's own interpreter: that of the search path may be another, without faiss. */
const python = '/usr/bin/python3'
const peer = join(projectRoot, 'bench', 'peers', 'flat_faiss.py')

/** @returns undefined when it is not here */
async function startFaiss (file: string, threads: number): Promise<Faiss | undefined> {
  const child = spawn(python, [peer, file, String(dimension), String(threads)], { stdio: ['pipe', 'pipe', 'ignore'] })
  child.on('error', () => {})
  // Its end ends the lines.
  child.stdin.on('error', () => {})
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
  const { value: hello, done } = await lines.next()
  if (done === true) return undefined
  const { version, mebibytes } = JSON.parse(hello) as { version: string, mebibytes: number }
  return {
    version,
    mebibytes,
    async search (probes, best, times) {
      child.stdin.write(`${JSON.stringify({ probes, best, times })}\n`)
      const { value, done } = await lines.next()
      if (done === true) throw new Error('faiss has ended')
      return JSON.parse(value) as { milliseconds: number[], found: number[][] }
    },
    async stop () {
      child.stdin.end()
      if (child.exitCode === null) await once(child, 'exit')
    }
  }
}
