import { readFile } from 'node:fs/promises'
import { markdownTable } from '../../bench/section.js'
import { createRandom, type Random } from '../../src/science/linear-algebra/random.js'
import { forEach, type Photograph } from '../photographs.js'
import { dot } from '../../src/science/linear-algebra/sums.js'
import { ApiError, call } from '../running-service.js'
import { worsened } from './worsened.js'

/**
 * Error-versus-discard curves (ISO/IEC 29794-1): the FNMR at the threshold of FMR 1e-3 on all photographs, once those
 * of the lowest quality by one measure are discarded. A measure is worth a limit where the curve falls.
 */

const model = 'r512'
const fmr = 1e-3
const discarded = [0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3]

type Quality = Readonly<Record<string, number | null>>

interface Embedding {
  readonly faces: readonly { readonly quality: Quality, readonly templates: readonly { vector: number[] }[] }[]
}

interface Sample {
  readonly identity: string
  readonly quality: Quality
  /** of length 1 */
  readonly template: Float64Array
}

/** Measures of which less is better, without their sign. */
const defects = ['underExposed', 'overExposed', 'outside', 'roll', 'yaw', 'pitch']

/** Prints the curves of photographs as they are, and of those of which a half is worse. */
export async function printQuality (v1: string, photographs: readonly Photograph[]): Promise<void> {
  await printCurves(v1, 'photographs as they are', photographs, async photograph => photograph)
  await printCurves(
    v1,
    'a half of them made smaller, blurred, darker or brighter',
    photographs,
    worsened
  )
}

async function printCurves (
  v1: string,
  title: string,
  photographs: readonly Photograph[],
  make: (photograph: Buffer, random: Random) => Promise<Buffer>
): Promise<void> {
  const found = new Array<Sample | undefined>(photographs.length)
  await forEach(photographs, 2, async ({ path, identity }, i) => {
    const photograph = await make(await readFile(path), createRandom(i + 1))
    found[i] = await embed(v1, photograph, identity)
  })
  const samples = found.filter(sample => sample !== undefined)
  const threshold = thresholdOf(samples)
  const mated = pairsOf(samples)
  const measures = Object.keys(samples[0]!.quality)
  console.log(
    `\nFNMR of ${model} at FMR ${fmr}, ${title}: ${samples.length} of ${photographs.length} photographs enrolled, ` +
      `${mated.length} mated comparisons.\n`
  )
  const header = ['measure', ...discarded.map(share => `${100 * share} % discarded`), 'at 1 %', 'at 5 %', 'at 10 %']
  console.log(markdownTable(
    header,
    measures.map(measure => {
      const values = samples.map(({ quality }) => goodness(measure, quality[measure] ?? null))
      const sorted = [...values].sort((a, b) => a - b)
      const limit = (share: number): number => sorted[Math.floor(share * sorted.length)]!
      const rates = discarded.map(share => {
        const kept = mated.filter(([i, j]) => values[i]! >= limit(share) && values[j]! >= limit(share))
        return (kept.filter(([i, j]) => dot(samples[i]!.template, samples[j]!.template) < threshold).length /
          kept.length).toFixed(4)
      })
      return [measure, ...rates, ...[0.01, 0.05, 0.1].map(share => Math.abs(limit(share)).toPrecision(3))]
    })
  ))
}

async function embed (v1: string, body: Buffer, identity: string): Promise<Sample | undefined> {
  const answer = await call<Embedding>(`${v1}/embeddings?models=${model}`, {
    method: 'POST',
    headers: { 'content-type': 'application/octet-stream' },
    body: new Uint8Array(body)
  }).catch((error: unknown) => {
    if (error instanceof ApiError) return undefined
    throw error
  })
  if (answer === undefined) return undefined
  const [{ quality, templates: [template] }] = answer.faces as [Embedding['faces'][number]]
  const norm = Math.hypot(...template!.vector)
  return { identity, quality, template: Float64Array.from(template!.vector, value => value / norm) }
}

function goodness (measure: string, value: number | null): number {
  return defects.includes(measure) ? -Math.abs(value ?? 0) : value ?? 0
}

function pairsOf (samples: readonly Sample[]): [number, number][] {
  return samples.flatMap(({ identity }, i) =>
    samples.flatMap((other, j): [number, number][] => j > i && other.identity === identity ? [[i, j]] : [])
  )
}

/** The score that a share `fmr` of the non-mated comparisons reach. */
function thresholdOf (samples: readonly Sample[]): number {
  const scores: number[] = []
  samples.forEach((sample, i) => {
    for (const other of samples.slice(i + 1)) {
      if (other.identity !== sample.identity) scores.push(dot(sample.template, other.template))
    }
  })
  return Float64Array.from(scores).sort()[Math.ceil((1 - fmr) * scores.length) - 1]!
}
