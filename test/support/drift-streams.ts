import { dot } from '../../src/science/linear-algebra/sums.js'
import { prepare, translate } from '../../src/science/alignment/apply.js'
import { procrustes } from '../../src/science/alignment/procrustes.js'
import { centre, gatherStatistics, nearMean, toAffineMap } from '../../src/science/alignment/statistics.js'
import { groupRows, indexIdentities } from '../../src/science/linear-algebra/identities.js'
import { type Products, selectRows, type TemplateMatrix, toSingle } from '../../src/science/linear-algebra/matrix.js'
import { normaliseRows } from '../../src/science/linear-algebra/normalise.js'
import { polarFactor } from '../../src/science/linear-algebra/polar.js'
import { createRandom } from '../../src/science/linear-algebra/random.js'
import { compare } from '../../src/science/scores/comparisons.js'
import { type ScoreDistribution, scoreDistribution } from '../../src/science/scores/score-distribution.js'
import { type LabelledTemplates, sharedTemplates } from './shared-templates.js'
import { gaussianMatrix } from './synthetic-pairs.js'

/** What becomes of the probes of a model: (n, d) to (n, d). */
export type Change = (templates: TemplateMatrix, products: Products) => Promise<TemplateMatrix>

const byOutput = (alter: (row: Float32Array, j: number) => number): Change => async ({ rows, cols, data }) => ({
  rows,
  cols,
  data: Float32Array.from(data, (_, k) => {
    const row = Math.floor(k / cols)
    return alter(data.subarray(row * cols, (row + 1) * cols), k % cols)
  })
})

export const unchanged: Change = async templates => templates

/** Ways in which a model changes under its name. */
export const changes: Readonly<Record<string, Change>> = {
  'another model of the dimension': async (templates, products) =>
    await products.multiply(
      templates,
      toSingle(await polarFactor(gaussianMatrix(templates.cols, templates.cols, 3), products))
    ),
  'its outputs in another order': byOutput((row, j) => row[(j + 7) % row.length]!),
  'one output in ten has another place': byOutput((row, j) => row[j % 10 === 0 ? (j + 10) % row.length : j]!),
  'one output in ten is dead': byOutput((row, j) => j % 10 === 0 ? 0 : row[j]!),
  'outputs quantised to three levels': byOutput((row, j) => Math.round(row[j]! * 22) / 22)
}

/** Live verifications of people of LFW, beside a calibration on people of CelebA. */
export interface DriftStudy {
  readonly distribution: ScoreDistribution
  /** (n, d) templates of the probes before they were changed */
  readonly probes: TemplateMatrix
  /** @returns scores of `count` verifications; mated ones have a probability of `matedShare` */
  verifications(change: Change): Promise<(matedShare: number, count: number, seed: number) => Float64Array>
}

/**
 * Verifications of two models whose maps, by Procrustes, and scores come from two halves of the people of CelebA; of
 * one model alone where both are the same.
 */
export async function driftStudy (probe: string, reference: string, products: Products): Promise<DriftStudy> {
  const [known, others] = [sharedTemplates('celeba', probe), sharedTemplates('celeba', reference)]
  const { ofRow } = indexIdentities(known.identities, known.samples)
  const rows = Array.from(ofRow.keys())
  const [fitted, calibrated] = [rows.filter(row => ofRow[row]! % 2 === 0), rows.filter(row => ofRow[row]! % 2 === 1)]
  const [source, target] = [normaliseRows(known.templates), normaliseRows(others.templates)]
  const project = probe === reference ? async (x: TemplateMatrix) => x : await mapOf(source, target, fitted, products)
  const distribution = scoreDistribution(
    await compare(
      await project(selectRows(source, calibrated)),
      probe === reference ? undefined : selectRows(target, calibrated),
      Int32Array.from(calibrated, row => ofRow[row]!),
      products
    )
  )!
  const live = sharedTemplates('lfw', probe)
  const references = normaliseRows(sharedTemplates('lfw', reference).templates)
  return {
    distribution,
    probes: live.templates,
    async verifications (change) {
      const probes = await project(normaliseRows(await change(normaliseRows(live.templates), products)))
      return (matedShare, count, seed) => streamOf(live, probes, references, { matedShare, count, seed })
    }
  }
}

async function mapOf (source: TemplateMatrix, target: TemplateMatrix, rows: readonly number[], products: Products) {
  const shift = { source: nearMean(source, rows), target: nearMean(target, rows) }
  const moments = centre(await gatherStatistics(source, target, rows, shift, products))
  const map = prepare(toAffineMap(moments, await procrustes(moments, products)))
  return async (templates: TemplateMatrix) => await translate(map, templates, products)
}

function streamOf (
  { identities, samples }: LabelledTemplates,
  probes: TemplateMatrix,
  references: TemplateMatrix,
  { matedShare, count, seed }: { matedShare: number, count: number, seed: number }
): Float64Array {
  const random = createRandom(seed)
  const { ofRow } = indexIdentities(identities, samples)
  const several = groupRows(ofRow, ofRow.keys()).filter(rows => rows.length > 1)
  const row = ({ cols, data }: TemplateMatrix, k: number) => data.subarray(k * cols, (k + 1) * cols)
  return Float64Array.from({ length: count }, () => {
    let [a, b] = [0, 0]
    if (random.next() < matedShare) {
      ;[a, b] = random.shuffle([...several[random.integer(several.length)]!]) as [number, number]
    } else {
      do [a, b] = [random.integer(ofRow.length), random.integer(ofRow.length)]
      while (ofRow[a] === ofRow[b])
    }
    return dot(row(probes, a), row(references, b))
  })
}
