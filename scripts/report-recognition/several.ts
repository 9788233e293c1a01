import { readFile } from 'node:fs/promises'
import { markdownTable } from '../../bench/section.js'
import { createRandom } from '../../src/science/linear-algebra/random.js'
import { dot } from '../../src/science/linear-algebra/sums.js'
import { agreeing, meanOfDirections } from '../../src/science/template/robust-mean.js'
import { qualityWeight } from '../../src/features/embeddings/quality-weight.js'
import { sameAtFmr } from '../../src/features/embeddings/several-images.js'
import { forEach, type Photograph } from '../photographs.js'
import { ApiError, call, postJson } from '../running-service.js'
import { worsened } from './worsened.js'

/**
 * What a template of several photographs is worth: for each person the last photograph is the probe, and those before
 * it are references one by one, their mean, and the mean that leaves out what does not match.
 */

const fmr = 1e-3

interface Sample {
  readonly identity: string
  readonly weight: number
  /** by model */
  readonly templates: ReadonlyMap<string, Float32Array>
}

interface EmbeddingAnswer {
  readonly faces: readonly {
    readonly quality: Parameters<typeof qualityWeight>[0]
    readonly templates: readonly { readonly model: string, readonly vector: number[] }[]
  }[]
}

/** @param photographs of people who have several */
export async function printSeveral (
  v1: string,
  models: readonly string[],
  photographs: readonly Photograph[]
): Promise<void> {
  const rows: string[][] = []
  for (const worse of [false, true]) {
    const samples = await embedAll(v1, models, photographs, worse)
    for (const model of models) {
      rows.push([worse ? 'a half of them worse' : 'as they are', model, ...await rowOf(v1, model, samples)])
    }
  }
  console.log(`\n${
    markdownTable([
      'photographs',
      'model',
      'people',
      'TMR of one',
      'of the plain mean',
      'of the robust mean',
      'with a stranger: plain mean',
      'robust mean',
      'own left out',
      'strangers left out',
      'refused',
      'a stranger matches: plain mean',
      'robust mean'
    ], rows)
  }`)
}

async function rowOf (v1: string, model: string, samples: readonly Sample[]): Promise<string[]> {
  const byPerson = new Map<string, Sample[]>()
  for (const sample of samples) byPerson.set(sample.identity, [...byPerson.get(sample.identity) ?? [], sample])
  const people = [...byPerson.values()].filter(({ length }) => length >= 4)
  const of = (sample: Sample): Float32Array => sample.templates.get(model)!
  const same = await thresholdOf(v1, model, of(people[0]![0]!), sameAtFmr)
  const decision = await thresholdOf(v1, model, of(people[0]![0]!), fmr)
  const random = createRandom(1)
  const count = { one: 0, plain: 0, robust: 0, mixedPlain: 0, mixedRobust: 0, refused: 0 }
  const left = { own: 0, ofOwn: 0, strangers: 0, ofStrangers: 0 }
  const matched = { plain: 0, robust: 0 }
  for (const [i, person] of people.entries()) {
    const probe = of(person.at(-1)!)
    const references = person.slice(0, -1)
    const stranger = people[(i + 1 + random.integer(people.length - 1)) % people.length]!
    const mixed = [...references.slice(0, -1), stranger[0]!]
    const matches = (template: Float32Array | undefined, to = probe): number =>
      Number(template !== undefined && cosine(template, to) >= decision)
    count.one += references.reduce((sum, reference) => sum + matches(of(reference)), 0) / references.length
    count.plain += matches(plainMean(references.map(of)))
    const own = robustMean(references, of, same)
    count.robust += matches(own?.vector)
    left.own += own === undefined ? 0 : references.length - own.used.length
    left.ofOwn += own === undefined ? 0 : references.length
    const plain = plainMean(mixed.map(of))
    const robust = robustMean(mixed, of, same)
    count.mixedPlain += matches(plain)
    count.mixedRobust += matches(robust?.vector)
    left.strangers += robust === undefined || !robust.used.includes(mixed.length - 1) ? 1 : 0
    left.ofStrangers++
    matched.plain += matches(plain, of(stranger[1]!))
    matched.robust += matches(robust?.vector, of(stranger[1]!))
    count.refused += own === undefined ? 1 : 0
  }
  const share = (value: number, total = people.length): string => (value / total).toFixed(3)
  return [
    String(people.length),
    share(count.one),
    share(count.plain),
    share(count.robust),
    share(count.mixedPlain),
    share(count.mixedRobust),
    share(left.own, left.ofOwn),
    share(left.strangers, left.ofStrangers),
    share(count.refused),
    share(matched.plain),
    share(matched.robust)
  ]
}

const plainMean = (vectors: Float32Array[]): Float32Array =>
  meanOfDirections({ vectors, weights: vectors.map(() => 1) })

function robustMean (samples: readonly Sample[], of: (sample: Sample) => Float32Array, threshold: number) {
  const used = agreeing({ vectors: samples.map(of) }, threshold)
  if (used === undefined) return undefined
  const members = used.map(i => samples[i]!)
  return { used, vector: meanOfDirections({ vectors: members.map(of), weights: members.map(({ weight }) => weight) }) }
}

async function embedAll (v1: string, models: readonly string[], photographs: readonly Photograph[], worse: boolean) {
  const found = new Array<Sample | undefined>(photographs.length)
  await forEach(photographs, 2, async ({ path, identity }, i) => {
    const photograph = await readFile(path)
    const answer = await call<EmbeddingAnswer>(`${v1}/embeddings?models=${models.join()}`, {
      method: 'POST',
      headers: { 'content-type': 'application/octet-stream' },
      body: new Uint8Array(worse ? await worsened(photograph, createRandom(i + 1)) : photograph)
    }).catch((error: unknown) => {
      if (error instanceof ApiError) return undefined
      throw error
    })
    const face = answer?.faces[0]
    if (face === undefined || face.templates.length < models.length) return
    const templates = new Map(face.templates.map(({ model, vector }) => [model, Float32Array.from(vector)]))
    found[i] = { identity, weight: qualityWeight(face.quality), templates }
  })
  return found.filter(sample => sample !== undefined)
}

/** The threshold of the service for templates of one model. */
async function thresholdOf (v1: string, model: string, template: Float32Array, rate: number): Promise<number> {
  const side = { template: { model, vector: [...template] } }
  const { threshold } = await call<{ threshold: number }>(
    `${v1}/verifications`,
    postJson({ probe: side, reference: side, fmr: rate })
  )
  return threshold
}

function cosine (a: Float32Array, b: Float32Array): number {
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b))
}
