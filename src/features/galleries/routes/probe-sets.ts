import { Problem } from '../../../errors.js'
import { createTurns } from '../../../platform/turns.js'
import type { TemplateDocument } from '../../../platform/http/schemas/template.js'
import { type BatchPart, type Catalogue, type KnownSpace, readTemplate } from '../../catalogue/index.js'
import type { GuardedPart } from '../../guard/index.js'
import type { Probes } from '../identification.js'

/** Templates of one image under several models. */
interface ProbeSet {
  readonly id?: string | undefined
  readonly templates: readonly TemplateDocument[]
}

/** Probes that are searched together: sets of templates of the same models. */
interface SearchedProbes extends Probes {
  /** (n), of the probes in the request */
  readonly positions: readonly number[]
}

/** What a request searches for. */
export interface ReadProbes {
  readonly searches: SearchedProbes[]
  /** all templates, by model, with the positions of their sets */
  readonly guarded: GuardedPart[]
  /** number of templates */
  readonly count: number
}

/** Probes without others, as a search has them. */
export const searchesOf = (parts: readonly BatchPart[]): ReadProbes => ({
  searches: [...parts],
  guarded: [...parts],
  count: parts.reduce((sum, { positions }) => sum + positions.length, 0)
})

/**
 * Groups sets by their models. The models of a group are in one order, whatever the order in its sets.
 * @throws Problem naming the template that is invalid, or of a model that its set has already
 */
export async function readProbeSets (sets: readonly ProbeSet[], catalogue: Catalogue): Promise<ReadProbes> {
  const turns = createTurns()
  const groups = new Map<string, { spaces: KnownSpace[], vectors: Float32Array[][], positions: number[] }>()
  for (const [position, { templates }] of sets.entries()) {
    const read = templates.map((document, i) => readTemplate(document, catalogue, `sets[${position}].templates[${i}]`))
    refuseTwice(read.map(({ space }) => space), `sets[${position}].templates`)
    read.sort((a, b) => a.space.fingerprint < b.space.fingerprint ? -1 : 1)
    const spaces = read.map(({ space }) => space)
    const key = spaces.map(({ fingerprint }) => fingerprint).join(' ')
    const group = groups.get(key) ?? { spaces, vectors: spaces.map(() => []), positions: [] }
    read.forEach(({ vector }, m) => group.vectors[m]!.push(vector))
    group.positions.push(position)
    groups.set(key, group)
    if (turns.over()) await turns.next()
  }
  const searches = [...groups.values()].map(({ spaces, vectors, positions }): SearchedProbes => {
    const [first, ...others] = spaces.map((space, m) => ({ space, templates: matrixOf(space, vectors[m]!) }))
    return { ...first!, others, positions }
  })
  const guarded = searches.flatMap(({ others = [], positions, ...first }) =>
    [first, ...others].map(part => ({ ...part, positions }))
  )
  return { searches, guarded, count: sets.reduce((sum, { templates }) => sum + templates.length, 0) }
}

function refuseTwice (spaces: readonly KnownSpace[], where: string): void {
  spaces.forEach(({ model, fingerprint }, i) => {
    const first = spaces.findIndex(space => space.fingerprint === fingerprint)
    if (first === i) return
    throw new Problem(
      'request-invalid',
      `${where}[${i}]: expected one template of each model, received a second one of "${model}", the model of ` +
        `${where}[${first}]`
    )
  })
}

function matrixOf ({ dimension }: KnownSpace, vectors: readonly Float32Array[]) {
  const data = new Float32Array(vectors.length * dimension) // (n, d), row-major
  vectors.forEach((vector, row) => data.set(vector, row * dimension))
  return { rows: vectors.length, cols: dimension, data }
}
