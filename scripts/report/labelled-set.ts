import { join } from 'node:path'
import { indexIdentities, type IdentityIndex } from '../../src/science/linear-algebra/identities.js'
import { selectRows, type Products, type TemplateMatrix } from '../../src/science/linear-algebra/matrix.js'
import { normaliseRows } from '../../src/science/linear-algebra/normalise.js'
import { compare } from '../../src/science/scores/comparisons.js'
import { thresholdsAt } from '../../src/science/scores/histogram.js'
import { trueMatchRates } from '../../src/science/scores/metrics.js'
import type { Folds } from '../../src/science/alignment/folds.js'
import { evaluatedParts } from '../../src/science/fitting/prepare-pairs.js'
import { readTemplates } from '../templates-folder.js'

/** Templates of the same images under several models. */
export interface LabelledSet {
  readonly samples: readonly string[]
  readonly labels: readonly (string | null)[]
  readonly identities: IdentityIndex
  /** (n, d of the model), normalised rows, in the order of the samples */
  readonly of: (model: string) => TemplateMatrix
}

/** @param data folder with a subfolder `name` as `readTemplates` has it */
export async function readLabelledSet (data: string, name: string, models: readonly string[]): Promise<LabelledSet> {
  const { samples, identities: labels, templates } = await readTemplates(join(data, name), models)
  const normalised = new Map(models.map((model, m) => [model, normaliseRows(templates[m]!)]))
  return {
    samples,
    labels,
    identities: indexIdentities(labels, samples),
    of (model) {
      const rows = normalised.get(model)
      if (rows === undefined) throw new RangeError(`expected one of ${models.join(', ')}, received ${model}`)
      return rows
    }
  }
}

/** The set of some of its images. @param rows which of them, in their new order */
export function subset (set: LabelledSet, rows: readonly number[]): LabelledSet {
  const samples = rows.map(row => set.samples[row]!)
  const labels = rows.map(row => set.labels[row] ?? null)
  const selected = new Map<string, TemplateMatrix>()
  return {
    samples,
    labels,
    identities: indexIdentities(labels, samples),
    of (model) {
      const matrix = selected.get(model) ?? selectRows(set.of(model), rows)
      selected.set(model, matrix)
      return matrix
    }
  }
}

/** The folds of training pairs as what a cross-fitted map is evaluated on. */
export async function crossFittingParts ({ pairs, rows }: Folds, products: Products) {
  return { ...await evaluatedParts(pairs, rows, products), crossFitted: true }
}

export function everyRow ({ samples }: LabelledSet): number[] {
  return samples.map((_, row) => row)
}

/**
 * TMR at one FMR, no image against itself, identities weighing the same.
 *
 * @param probes (n, d), normalised rows of the set
 * @param references (n, d), as the probes; the probes themselves when left out
 */
export async function trueMatchRateAt (
  rate: number,
  { identities }: LabelledSet,
  probes: TemplateMatrix,
  references: TemplateMatrix | undefined,
  products: Products
): Promise<number> {
  const comparisons = await compare(probes, references, identities.ofRow, products)
  const [rates] = trueMatchRates(comparisons, thresholdsAt(comparisons.nonMated, [rate])).perIdentity
  return rates!.reduce((sum, value) => sum + value, 0) / rates!.length
}
