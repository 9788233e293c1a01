import { examples } from '../../src/platform/http/documented-examples.js'
import { float32FromBytes } from '../../src/science/template/float32.js'
import { createRandom } from '../../src/science/linear-algebra/random.js'
import {
  basis,
  correlation,
  cosine,
  directionsAround,
  fitScores,
  gaussianUnit,
  quantilesOfRanks,
  rotated,
  solveBoundary,
  type Vector
} from './oracle-mathematics.js'
import { startOwnService } from './own-service.js'

/** The cost of an attack, and its result. */
export interface Attack {
  readonly name: string
  /** verifications, or probes of searches: what a budget counts */
  readonly calls: number
  /**
   * cosine of what was read with the truth, for a translation the correlation with true scores; null when nothing was
   * read
   */
  readonly agreement: number | null
  /** largest difference of a number; where the attack reads numbers */
  readonly error?: number
}

type Disclosed = 'exact' | 'coarse' | 'none'
type Candidate = { subject: string, score: number | null, aboveThreshold: boolean | null }

const model = 'dlib128'
const dimension = 128
const subjects = 200
/** of the angles of a boundary */
const bits = 12

/**
 * Reads scores in another space through verifications, and templates of a gallery through searches, as a caller with
 * one scope could, for every setting of `scores`.
 */
export async function attackOracles (): Promise<Attack[]> {
  const server = await startOwnService({ keys: true })
  try {
    const caller = createCaller(server.url, server.admin)
    return [...await readTranslation(caller), ...await readGallery(caller)]
  } finally {
    await server.stop()
  }
}

function createCaller (url: string, admin: string) {
  async function post<T> (key: string, path: string, json: object): Promise<{ status: number, json: T }> {
    const answer = await fetch(url + path, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify(json)
    })
    return { status: answer.status, json: await answer.json() as T }
  }
  async function must<T> (key: string, path: string, json: object): Promise<T> {
    const answer = await post<T>(key, path, json)
    if (answer.status >= 300) throw new Error(`${path}: ${JSON.stringify(answer.json)}`)
    return answer.json
  }
  return {
    admin,
    post,
    must,
    async issue (scope: 'verify' | 'identify', limits: object): Promise<string> {
      return (await must<{ key: string }>(admin, '/v1/api-keys', { name: 'the attacker', scopes: [scope], ...limits }))
        .key
    }
  }
}
type Caller = ReturnType<typeof createCaller>

/**
 * What a template of one model is among those of another: some more scores than the other space has dimensions, of
 * references drawn at random, make a function that gives its score against any template, without the service. So it can
 * be searched for in any database.
 */
async function readTranslation ({ admin, issue, post }: Caller): Promise<Attack[]> {
  const probe = { template: { model, data: examples.templates.dlib128 } }
  const scoreOf = async (key: string, vector: Vector) =>
    await post<{ score: number | null }>(key, '/v1/verifications', {
      probe,
      reference: { template: { model: 'r512', vector } },
      fmr: 0.1
    })
  const random = createRandom(5)
  const draw = (count: number) => Array.from({ length: count }, () => gaussianUnit(random, 512))
  const [references, fresh] = [draw(600), draw(100)]
  const truth: number[] = []
  for (const vector of fresh) truth.push((await scoreOf(admin, vector)).json.score!)
  const attacks: Attack[] = []
  for (
    const [name, limits] of [
      ['verify, exact scores', { scores: 'exact' }],
      ['verify, exact scores, 100 a day', { scores: 'exact', templatesPerDay: 100 }],
      ['verify, coarse scores', { scores: 'coarse' }],
      ['verify, decisions only', { scores: 'none' }]
    ] as const
  ) {
    const key = await issue('verify', limits)
    const told: { readonly vector: Vector, readonly score: number }[] = []
    let calls = 0
    for (const vector of references) {
      const { status, json } = await scoreOf(key, vector)
      if (status === 429) break
      calls++
      if (json.score !== null) told.push({ vector, score: json.score })
    }
    const scorer = fitScores(told)
    attacks.push({
      name: `${name}: how a template scores in another space`,
      calls,
      agreement: scorer === undefined ? null : correlation(fresh.map(scorer), truth)
    })
  }
  return attacks
}

/** The templates of a gallery. */
async function readGallery (caller: Caller): Promise<Attack[]> {
  const { admin, issue, must, post } = caller
  const random = createRandom(11)
  const truth = new Map(Array.from({ length: subjects }, (_, i) => [`subject ${i}`, gaussianUnit(random, dimension)]))
  truth.set('mate', [...float32FromBytes(Buffer.from(examples.templates.dlib128, 'base64'))])
  const { id } = await must<{ id: string }>(admin, '/v1/galleries', { name: 'of the attack' })
  await must(admin, `/v1/galleries/${id}/templates?model=${model}`, {
    templates: [...truth].map(([subject, vector]) => ({ subject, vector }))
  })

  async function search (
    key: string,
    probes: readonly Vector[],
    more: object = {}
  ): Promise<Candidate[][] | undefined> {
    const { status, json } = await post<{ results: { candidates: Candidate[] }[] }>(
      key,
      `/v1/galleries/${id}/identifications`,
      { probes: probes.map(vector => ({ model, vector: [...vector] })), candidates: subjects + 1, fpir: 0.5, ...more }
    )
    if (status === 429) return undefined
    if (status !== 200) throw new Error(JSON.stringify(json))
    return json.results.map(({ candidates }) => candidates)
  }

  const axes = Array.from({ length: dimension }, (_, k) => basis(dimension, k))
  const attacks: Attack[] = []
  for (const scores of ['exact', 'coarse', 'none'] as const) {
    const key = await issue('identify', { scores })
    const found = (await search(key, axes))!
    attacks.push(byScores(scores, found, truth))
    attacks.push(byRanks(scores, found, truth))
    if (scores !== 'exact') attacks.push(await byBoundary(scores, probes => search(key, probes), truth.get('mate')!))
  }
  const limited = await issue('identify', { scores: 'exact', templatesPerDay: 100 })
  const refused = await search(limited, axes)
  const today = (await search(limited, axes.slice(0, 100)))!
  if (refused !== undefined) throw new Error('a budget of 100 let 128 probes pass')
  attacks.push({ ...byScores('exact', today, truth), name: 'identify, exact scores, 100 a day: all templates by axes' })
  return attacks
}

/** Each score of an axis is a number of the template. */
function byScores (scores: Disclosed, found: readonly Candidate[][], truth: ReadonlyMap<string, Vector>): Attack {
  const read = new Map([...truth.keys()].map(subject => [subject, new Float64Array(dimension)]))
  found.forEach((candidates, k) => {
    for (const { subject, score } of candidates) read.get(subject)![k] = score ?? 0
  })
  const cosines = [...truth].map(([subject, vector]) => cosine(read.get(subject)!, vector))
  const differences = [...truth].flatMap(([subject, vector]) => {
    const norm = Math.hypot(...vector)
    return found.map((_, k) => Math.abs(read.get(subject)![k]! - vector[k]! / norm))
  })
  return {
    name: `${nameOf(scores)}: all templates by axes`,
    calls: found.length,
    agreement: mean(cosines),
    ...scores === 'exact' ? { error: Math.max(...differences) } : {}
  }
}

/** Candidates ordered along an axis are ordered by one number of their templates. */
function byRanks (scores: Disclosed, found: readonly Candidate[][], truth: ReadonlyMap<string, Vector>): Attack {
  const read = new Map([...truth.keys()].map(subject => [subject, new Float64Array(dimension)]))
  found.forEach((candidates, k) => {
    const quantiles = quantilesOfRanks(candidates.length)
    candidates.forEach(({ subject }, rank) => {
      read.get(subject)![k] = quantiles[rank]!
    })
  })
  return {
    name: `${nameOf(scores)}: all templates by the order of candidates`,
    calls: found.length,
    agreement: mean([...truth].map(([subject, vector]) => cosine(read.get(subject)!, vector)))
  }
}

/** How far a matching probe can be rotated in each direction before it stops matching. */
async function byBoundary (
  scores: Disclosed,
  search: (probes: readonly Vector[]) => Promise<Candidate[][] | undefined>,
  template: Vector
): Promise<Attack> {
  const random = createRandom(23)
  const start = rotated(template, gaussianUnit(random, dimension), 0.2)
  const ways = directionsAround(start).flatMap(way => [way, way.map(value => -value)])
  const angles = ways.map(() => ({ low: 0, high: Math.PI / 2 }))
  let calls = 0
  for (let bit = 0; bit < bits; bit++) {
    const middles = angles.map(({ low, high }) => (low + high) / 2)
    const found = (await search(ways.map((way, i) => rotated(start, way, middles[i]!))))!
    calls += ways.length
    found.forEach((candidates, i) => {
      const matches = candidates.some(({ subject, aboveThreshold }) => subject === 'mate' && aboveThreshold === true)
      angles[i]![matches ? 'low' : 'high'] = middles[i]!
    })
  }
  const read = solveBoundary(start, ways, angles.map(({ low, high }) => (low + high) / 2))
  return {
    name: `${nameOf(scores)}: one template, from a probe that matches it (cosine ${
      cosine(start, template)!.toFixed(3)
    })`,
    calls,
    agreement: cosine(read, template)
  }
}

const nameOf = (scores: Disclosed): string => `identify, ${scores === 'none' ? 'decisions only' : `${scores} scores`}`

const mean = (cosines: readonly (number | null)[]): number | null =>
  cosines.some(value => value !== null)
    ? cosines.reduce<number>((sum, value) => sum + (value ?? 0), 0) / cosines.length
    : null
