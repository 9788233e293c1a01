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

/** How many strangers are tried with each person. */
const strangers = 10

/** @param photographs of people who have at least four */
export async function printSeveral (
  v1: string,
  models: readonly string[],
  photographs: readonly Photograph[]
): Promise<void> {
  const gains: string[][] = []
  const omissions: string[][] = []
  for (const worse of [false, true]) {
    const people = byPerson(await embedAll(v1, models, photographs, worse))
    const which = worse ? 'a half of them worse' : 'as they are'
    for (const model of models) {
      const first = people[0]![0]!.templates.get(model)!
      const decision = await thresholdOf(v1, model, first, fmr)
      const tried = async (rate: number): Promise<Tried> =>
        tryPeople(people, model, { same: await thresholdOf(v1, model, first, rate), decision })
      gains.push([which, model, String(people.length), ...gainOf(await tried(sameAtFmr))])
      for (const rate of [0.1, 0.01, 0.001, 0.0001]) {
        omissions.push([which, model, String(rate), ...omissionsOf(await tried(rate))])
      }
    }
  }
  console.log(`\n${
    markdownTable([
      'photographs',
      'model',
      'people',
      'TMR of one',
      'of the plain mean',
      'of `combine=mean`',
      'one of a stranger: plain mean',
      '`combine=mean`',
      'matches the stranger: plain mean',
      '`combine=mean`'
    ], gains)
  }`)
  console.log(`\n${
    markdownTable([
      'photographs',
      'model',
      'same person at FMR',
      'own left out',
      'people refused',
      'strangers left out'
    ], omissions)
  }`)
}

function byPerson (samples: readonly Sample[]): Sample[][] {
  const people = new Map<string, Sample[]>()
  for (const sample of samples) people.set(sample.identity, [...people.get(sample.identity) ?? [], sample])
  return [...people.values()].filter(({ length }) => length >= 4)
}

/** Shares of 0 and 1 that are averaged, by what they are of. */
class Tried {
  readonly #sums = new Map<string, { sum: number, count: number }>()

  add (name: string, value: number | boolean): void {
    const { sum, count } = this.#sums.get(name) ?? { sum: 0, count: 0 }
    this.#sums.set(name, { sum: sum + Number(value), count: count + 1 })
  }

  share (name: string): string {
    const { sum, count } = this.#sums.get(name)!
    return (sum / count).toFixed(3)
  }
}

const gainOf = (tried: Tried): string[] =>
  ['one', 'plain', 'robust', 'mixed plain', 'mixed robust', 'stranger plain', 'stranger robust'].map(name =>
    tried.share(name)
  )

const omissionsOf = (tried: Tried): string[] =>
  ['own left out', 'refused', 'strangers left out'].map(name => tried.share(name))

/** @param thresholds of the model, for images of one person and for the decision */
function tryPeople (
  people: readonly (readonly Sample[])[],
  model: string,
  { same, decision }: { same: number, decision: number }
): Tried {
  const random = createRandom(1)
  const tried = new Tried()
  const of = (sample: Sample): Float32Array => sample.templates.get(model)!
  const matches = (template: Float32Array | undefined, to: Sample): boolean =>
    template !== undefined && cosine(template, of(to)) >= decision
  for (const [i, person] of people.entries()) {
    const probe = person.at(-1)!
    const references = person.slice(0, -1)
    for (const reference of references) tried.add('one', matches(of(reference), probe))
    tried.add('plain', matches(plainMean(references.map(of)), probe))
    const own = robustMean(references, of, same)
    tried.add('robust', matches(own?.vector, probe))
    tried.add('refused', own === undefined)
    if (own !== undefined) references.forEach((_, k) => tried.add('own left out', !own.used.includes(k)))
    for (let k = 0; k < strangers; k++) {
      const stranger = people[(i + 1 + random.integer(people.length - 1)) % people.length]!
      const mixed = [...references.slice(0, -1), stranger[0]!]
      const plain = plainMean(mixed.map(of))
      const robust = robustMean(mixed, of, same)
      tried.add('mixed plain', matches(plain, probe))
      tried.add('mixed robust', matches(robust?.vector, probe))
      tried.add('stranger plain', matches(plain, stranger[1]!))
      tried.add('stranger robust', matches(robust?.vector, stranger[1]!))
      tried.add('strangers left out', robust === undefined || !robust.used.includes(mixed.length - 1))
    }
  }
  return tried
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
