import { project, type ComparisonSpace } from '../../src/science/alignment/comparison-space.js'
import type { EnsembleCombination } from '../../src/science/cards/ensemble-card.js'
import { selectRows, type Products, type TemplateMatrix } from '../../src/science/linear-algebra/matrix.js'
import { normaliseRows } from '../../src/science/linear-algebra/normalise.js'
import { createRandom } from '../../src/science/linear-algebra/random.js'
import { fuseRows } from '../../src/science/scores/fusion.js'
import { averages, calls, optimise } from './crafted.js'
import { fittedEnsemble } from './fitted-ensemble.js'
import type { LabelledSet } from './labelled-set.js'
import { attackedPeople, matchedShares, shortRows, timesTheRates, type CraftedPeople } from './matched-shares.js'

const seed = 42
const averaged = [2, 10, 40, 200]

/** An ensemble of two models, fitted, with what is to be searched and attacked. */
interface AttackedEnsemble {
  readonly models: readonly [string, string]
  readonly space: ComparisonSpace
  readonly combination: EnsembleCombination
  readonly tested: LabelledSet
  readonly people: CraftedPeople
}

/** Templates of both models of a probe, row by row. */
type Probe = readonly [TemplateMatrix, TemplateMatrix]
type Side = 0 | 1
const bothOf = (of: (side: Side) => TemplateMatrix): Probe => [of(0), of(1)]

/**
 * Prints what a probe of two models comes to that is crafted to match everybody: its template of one model or those of
 * both are averages of strangers, or optimised by 1,000 calls of the fused score; where one is crafted the other is of
 * one stranger. For each, the share of a gallery of one image a person that it matches, as a multiple of the FMR, and
 * the share of the probes of which the guard finds a template too short. Everything is fitted on `fitted`; thresholds
 * are those of the FMR on `tested`.
 */
export async function reportAttackedEnsembles (
  fitted: LabelledSet,
  tested: LabelledSet,
  models: readonly string[],
  products: Products
): Promise<void> {
  const people = attackedPeople(tested)
  const passing: number[] = []
  const names = [...averaged.map(count => `averages of ${count}`), `optimised by ${calls} calls`]
  console.log(`| probe | reference | weights | crafted | ${names.join(' | ')} |`)
  console.log(`|---|---|---|---|${names.map(() => '---|').join('')}`)
  for (const [i, a] of models.entries()) {
    for (const b of models.slice(i + 1)) {
      const { space, combinations } = await fittedEnsemble(fitted, [a, b], products)
      for (const combination of combinations) {
        await reportCombination({ models: [a, b], space, combination, tested, people })
      }
    }
  }
  console.log(
    `\nof probes none of whose templates is too short, at FMR 0.01 and 0.001: most ${
      Math.max(...passing).toFixed(1)
    } times the FMR (expected 3), above 3 in ${passing.filter(value => value > 3).length} of ${passing.length}`
  )

  async function reportCombination (attacked: AttackedEnsemble): Promise<void> {
    const { combination: { probe, reference, parts }, models: [a, b] } = attacked
    const search = await searchOf(attacked, products)
    for (const crafted of [[0], [1], [0, 1]] as const) {
      const cells: string[] = []
      for (const probes of await craft(attacked, crafted, search.scoresOf)) {
        const shares = search.matched(await search.scoresOf(probes))
        const short = await shortOf(attacked, probes, products)
        const through = shares.filter((_, row) => !short.has(row))
        if (through.length > 0) passing.push(...timesTheRates(through))
        cells.push(
          `${timesTheRates(shares).map(value => value.toFixed(1)).join(', ')} (${
            (100 * short.size / shares.length).toFixed(0)
          } % short)`
        )
      }
      console.log(
        `| ${probe.join(', ')} | ${reference.join(', ')} | ${
          parts.map(({ weight }) => weight.toFixed(2)).join(', ')
        } | ${crafted.map(side => [a, b][side]).join(', ')} | ${cells.join(' | ')} |`
      )
    }
  }
}

/** Scores of probes against the gallery of victims, and which of them match at the FMR. */
async function searchOf (
  { models, space, combination: { parts }, tested, people }: AttackedEnsemble,
  products: Products
) {
  const projected = async (model: string, other: string, templates: TemplateMatrix) =>
    model === other
      ? normaliseRows(templates)
      : await project(space, model === models[0] ? 'source' : 'target', templates, products)
  const fuse = async (own: 'probe' | 'reference', templatesOf: (model: string) => TemplateMatrix) => {
    const other = own === 'probe' ? 'reference' : 'probe'
    return fuseRows(
      await Promise.all(
        parts.map(async part => ({
          vectors: await projected(part[own], part[other], templatesOf(part[own])),
          weight: part.weight
        }))
      )
    )
  }
  const gallery = async (rows: readonly number[]) =>
    await fuse('reference', model => selectRows(tested.of(model), rows))
  const scoresAgainst = async (references: TemplateMatrix, probe: Probe) =>
    await products.multiply(await fuse('probe', model => probe[models.indexOf(model)]!), references, {
      transposeB: true
    })
  const [victims, development] = [await gallery(people.victims), await gallery(people.development)]
  const real = bothOf(side => selectRows(tested.of(models[side]), people.victims))
  return {
    matched: matchedShares(await scoresAgainst(victims, real)),
    scoresOf: async (probe: Probe, against: 'victims' | 'development' = 'victims') =>
      await scoresAgainst(against === 'victims' ? victims : development, probe)
  }
}

type ScoresOf = (probe: Probe, against: 'development') => Promise<TemplateMatrix>

/** Probes of every kind. @param crafted which of their templates are; another is of one stranger */
async function craft (
  { models, tested, people: { strangers } }: AttackedEnsemble,
  crafted: readonly Side[],
  scoresOf: ScoresOf
): Promise<Probe[]> {
  const templates = bothOf(side => tested.of(models[side]))
  const random = createRandom(seed)
  const averageOf = (count: number): Probe => {
    // The same strangers under both models.
    const made = bothOf(side => averages(templates[side], strangers, count, createRandom(seed)))
    const others = random.shuffle([...strangers]).slice(0, made[0].rows)
    return bothOf(side => crafted.includes(side) ? made[side] : selectRows(templates[side], others))
  }
  // Both templates are moved as one vector.
  const joined = fuseRows(templates.map(vectors => ({ vectors, weight: 0.5 })))
  const beside = strangers.at(-1)!
  const probeOf = (moved: TemplateMatrix): Probe => {
    const parts = split(moved, templates[0].cols)
    const other = new Array<number>(moved.rows).fill(beside)
    return bothOf(side => crafted.includes(side) ? parts[side] : selectRows(templates[side], other))
  }
  const optimised = await optimise(
    joined,
    strangers,
    async data => (await scoresOf(probeOf({ rows: 1, cols: data.length, data }), 'development')).data,
    random
  )
  return [...averaged.map(averageOf), probeOf(optimised)]
}

/** Rows of which the guard finds a template too short, in the space of the map. */
async function shortOf ({ space }: AttackedEnsemble, probe: Probe, products: Products): Promise<Set<number>> {
  return new Set([
    ...await shortRows(space, 'source', probe[0], products),
    ...await shortRows(space, 'target', probe[1], products)
  ])
}

/** The templates of both models, of which the first has `width` numbers. */
function split ({ rows, cols, data }: TemplateMatrix, width: number): Probe {
  const part = (from: number, to: number): TemplateMatrix => {
    const taken = new Float32Array(rows * (to - from))
    for (let i = 0; i < rows; i++) taken.set(data.subarray(i * cols + from, i * cols + to), i * (to - from))
    return { rows, cols: to - from, data: taken }
  }
  return [part(0, width), part(width, cols)]
}
