import { meanOfRows } from '../../src/science/alignment/statistics.js'
import type { TemplateMatrix } from '../../src/science/linear-algebra/matrix.js'
import { normaliseRows } from '../../src/science/linear-algebra/normalise.js'
import type { Random } from '../../src/science/linear-algebra/random.js'

/** Averages of each size. */
const trials = 20
/** Scores against the people that an attacker has count as one call. */
export const calls = 1000
const optimisations = 3

/**
 * Averages of some strangers each.
 *
 * @param templates (n, d)
 * @param strangers rows to draw from
 * @param count of each average
 */
export function averages (
  templates: TemplateMatrix,
  strangers: readonly number[],
  count: number,
  random: Random
): TemplateMatrix {
  return stack(
    Array.from(
      { length: trials },
      () => Float32Array.from(meanOfRows(templates, random.shuffle([...strangers]).slice(0, count)))
    )
  )
}

/**
 * Templates moved to score high: an evolution strategy of one parent, which adds multiples of strangers' templates to
 * one of them.
 *
 * @param templates (n, d)
 * @param strangers rows to start from and to add
 * @param scoresOf a template against people that the attacker has
 */
export async function optimise (
  templates: TemplateMatrix,
  strangers: readonly number[],
  scoresOf: (template: Float32Array) => Promise<Float32Array>,
  random: Random
): Promise<TemplateMatrix> {
  // The mean of the upper half of the scores: an attacker wants many matches, not a high mean.
  const scoreOf = async (template: Float32Array) => {
    const scores = await scoresOf(template)
    return Float32Array.from(scores).sort().subarray(scores.length / 2).reduce((sum, score) => sum + score, 0)
  }
  const templateOf = (row: number) => templates.data.slice(row * templates.cols, (row + 1) * templates.cols)
  const found: Float32Array[] = []
  for (let trial = 0; trial < optimisations; trial++) {
    let best: Float32Array = templateOf(strangers[trial]!)
    let [score, step] = [await scoreOf(best), 0.5]
    for (let call = 1; call < calls; call++) {
      const towards = templateOf(strangers[random.integer(strangers.length)]!)
      const signed = random.next() < 0.5 ? -step : step
      const tried = normaliseRows(stack([best.map((value, j) => value + signed * towards[j]!)])).data
      const next = await scoreOf(tried)
      step = Math.min(1, Math.max(0.01, step * (next > score ? 1.5 : 0.97)))
      if (next > score) [best, score] = [tried, next]
    }
    found.push(best)
  }
  return stack(found)
}

/** (n, d) of n templates */
export function stack (rows: readonly Float32Array[]): TemplateMatrix {
  const cols = rows[0]!.length
  const data = new Float32Array(rows.length * cols)
  rows.forEach((row, i) => data.set(row, i * cols))
  return { rows: rows.length, cols, data }
}
