import { join } from 'node:path'
import { indexIdentities } from '../../src/science/linear-algebra/identities.js'
import { selectRows, type Products, type TemplateMatrix } from '../../src/science/linear-algebra/matrix.js'
import { normaliseRows } from '../../src/science/linear-algebra/normalise.js'
import { createRandom, type Random } from '../../src/science/linear-algebra/random.js'
import { testFor } from '../../src/science/guard/guard-calibration.js'
import { fitProfile, statisticOf, type SpaceProfile } from '../../src/science/guard/guard-profile.js'
import { advantageOf, type Advantage } from '../../src/science/guard/guard-rivalry.js'
import { squaredDistances, whiteningOf } from '../../src/science/guard/mahalanobis.js'
import { judge, type Rival } from '../../src/science/guard/judge.js'
import { readTemplates } from '../templates-folder.js'

/** One row of the report: templates of `claimed`, or others that claim to be. */
export interface GuardFigure {
  readonly claimed: string
  readonly received: string
  /** the other registered space, if there is one */
  readonly registered: string | null
  /** share flagged one by one, and in batches */
  readonly single: number
  readonly batch: number
  /** share of the batches for which the other registered space was named */
  readonly named: number
}

export interface GuardFiguresOptions {
  /** folder with a subfolder per data set: MODEL.npy and samples.csv */
  readonly data: string
  readonly calibration: string
  readonly measurement: string
  readonly batch: number
  readonly trials: number
}

const models = ['r512', 'mbf128', 'mfv2-256', 'dlib128-loose', 'faceres1024-loose']

interface Labelled {
  readonly templates: TemplateMatrix
  readonly samples: string[]
  readonly identities: string[]
}

/**
 * How often the guard raises an alarm on another data set than it was calibrated on: for templates of the space, and
 * for strangers of every kind. Strangers of other dimensions are cut or filled with zeros, which makes spaces of them
 * too.
 */
export async function* guardFigures (
  { data, calibration, measurement, batch, trials }: GuardFiguresOptions,
  products: Products
): AsyncGenerator<GuardFigure> {
  const [from, on] = [await readSet(join(data, calibration)), await readSet(join(data, measurement))]
  for (const claimed of models) {
    const own = on.get(claimed)!
    const { cols } = own.templates
    const profile = await profileOf(from.get(claimed)!, products)
    const distances = (templates: TemplateMatrix, of = profile) =>
      squaredDistances(whiteningOf(of), templates, products)
    const alone = async (received: string, templates: TemplateMatrix): Promise<GuardFigure> => ({
      claimed,
      received,
      registered: null,
      ...shares(profile, await distances(templates), undefined, batch, trials)
    })

    yield await alone(claimed, own.templates)
    yield {
      ...await alone(`${claimed}, one person a batch`, own.templates),
      batch: perPerson(profile, await distances(own.templates), own.identities, batch)
    }
    for (const [received, templates] of strangersTo(own.templates)) yield await alone(received, templates)

    for (const other of models) {
      if (other === claimed) continue
      const reshaped = (set: Map<string, Labelled>) => ({
        ...set.get(other)!,
        templates: reshape(set.get(other)!.templates, cols)
      })
      const received = reshaped(on).templates
      const name = own.templates.cols === on.get(other)!.templates.cols ? other : `${other} at ${cols} dimensions`
      yield await alone(name, received)
      const rivalProfile = await profileOf(reshaped(from), products)
      const advantage = await advantageOf(rivalProfile, profile, products)
      const registered = { model: name, profile: rivalProfile, advantage }
      for (const [what, templates] of [[claimed, own.templates], [name, received]] as const) {
        const rival = { ...registered, distances: await distances(templates, rivalProfile) }
        yield {
          claimed,
          received: what,
          registered: name,
          ...shares(profile, await distances(templates), rival, batch, trials)
        }
      }
    }
    // A second registration of the same model, calibrated on the very data that are measured: the hardest rival.
    const twin = await profileOf(own, products)
    const rival = {
      model: 'twin',
      profile: twin,
      advantage: await advantageOf(twin, profile, products),
      distances: await distances(own.templates, twin)
    }
    yield {
      claimed,
      received: claimed,
      registered: 'the same model again',
      ...shares(profile, await distances(own.templates), rival, batch, trials)
    }
  }
}

interface RegisteredRival {
  readonly model: string
  readonly profile: SpaceProfile
  readonly advantage: Advantage
  readonly distances: Float64Array
}

function shares (
  profile: SpaceProfile,
  distances: Float64Array,
  rival: RegisteredRival | undefined,
  batch: number,
  trials: number
) {
  const d = profile.mean.length
  const rivalsOf = (rows: readonly number[]): Rival[] =>
    rival === undefined
      ? []
      : [{
        model: rival.model,
        summary: rival.profile.summary,
        advantage: rival.advantage,
        distances: Float64Array.from(rows, row => rival.distances[row]!)
      }]
  const judgeRows = (rows: readonly number[]) =>
    judge(d, profile.summary, Float64Array.from(rows, row => distances[row]!), rivalsOf(rows))
  const all = judgeRows(Array.from(distances, (_, row) => row))
  const random = createRandom(1)
  let foreign = 0
  let named = 0
  for (let trial = 0; trial < trials; trial++) {
    const judgement = judgeRows(Array.from({ length: batch }, () => random.integer(distances.length)))
    if (judgement.foreign) foreign++
    if (judgement.likelier !== null) named++
  }
  return { single: all.flagged.length / distances.length, batch: foreign / trials, named: named / trials }
}

/** Share of the people whose templates, as one batch, are flagged; of those with half a batch or more. */
function perPerson (
  profile: SpaceProfile,
  distances: Float64Array,
  identities: readonly string[],
  batch: number
): number {
  const people = indexIdentities(identities, identities.map((_, row) => String(row))).rows
  const large = people.filter(rows => rows.length >= batch / 2)
  const d = profile.mean.length
  const flagged = large.filter(rows => {
    const statistics = rows.map(row => statisticOf(distances[row]!, d))
    return statistics.reduce((sum, value) => sum + value, 0) / rows.length >
      testFor(profile.summary.tests, rows.length).threshold
  })
  return flagged.length / large.length
}

/** Templates of the space that were tampered with, and noise. */
function strangersTo (templates: TemplateMatrix): [string, TemplateMatrix][] {
  const random = createRandom(7)
  const { rows, cols } = templates
  const unit = normaliseRows(templates)
  const order = random.shuffle(Array.from({ length: cols }, (_, j) => j))
  const shuffleRow = (row: Float32Array) => random.shuffle(Array.from(row))
  const noise = (row: Float32Array) => row.map(() => normal(random))
  const mapped = (change: (row: Float32Array) => ArrayLike<number>): TemplateMatrix => {
    const data = new Float32Array(rows * cols)
    for (let i = 0; i < rows; i++) data.set(change(unit.data.subarray(i * cols, (i + 1) * cols)), i * cols)
    return { rows, cols, data }
  }
  const { mean, deviation } = columns(unit)
  return [
    ['dimensions permuted, one way', mapped(row => order.map(j => row[j]!))],
    ['dimensions permuted, each differently', mapped(shuffleRow)],
    ['dimensions reversed', mapped(row => row.toReversed())],
    ['Gaussian noise', mapped(noise)],
    ['uniform noise above zero', mapped(row => row.map(() => random.next()))],
    ['absolute values', mapped(row => row.map(Math.abs))],
    ['mean subtracted', mapped(row => row.map((value, j) => value - mean[j]!))],
    ['standardised', mapped(row => row.map((value, j) => (value - mean[j]!) / deviation[j]!))]
  ]
}

function columns ({ rows, cols, data }: TemplateMatrix) {
  const mean = new Float64Array(cols)
  const squares = new Float64Array(cols)
  for (let k = 0; k < data.length; k++) {
    mean[k % cols] = mean[k % cols]! + data[k]! / rows
    squares[k % cols] = squares[k % cols]! + data[k]! * data[k]! / rows
  }
  return { mean, deviation: squares.map((value, j) => Math.sqrt(value - mean[j]! * mean[j]!) || 1) }
}

const normal = (random: Random) => Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next())

/** (n, cols): cut, or filled with zeros. */
function reshape ({ rows, cols: given, data }: TemplateMatrix, cols: number): TemplateMatrix {
  const reshaped = new Float32Array(rows * cols)
  for (let i = 0; i < rows; i++) reshaped.set(data.subarray(i * given, i * given + Math.min(given, cols)), i * cols)
  return { rows, cols, data: reshaped }
}

async function profileOf ({ templates, identities, samples }: Labelled, products: Products): Promise<SpaceProfile> {
  const profile = await fitProfile(templates, identities, samples, 42, products)
  if (profile === undefined) throw new Error('too few data for a profile')
  return profile
}

/** At most so many rows of a data set are measured. */
const maxRows = 4000

async function readSet (folder: string): Promise<Map<string, Labelled>> {
  const { samples, identities, templates } = await readTemplates(folder, models)
  const rows = createRandom(3).shuffle(samples.map((_, row) => row)).slice(0, maxRows)
  const set = new Map<string, Labelled>()
  for (const [m, model] of models.entries()) {
    set.set(model, {
      templates: selectRows(templates[m]!, rows),
      samples: rows.map(row => samples[row]!),
      identities: rows.map(row => identities[row] ?? samples[row]!)
    })
  }
  return set
}
