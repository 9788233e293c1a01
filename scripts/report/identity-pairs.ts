import { describeComparison } from '../../src/science/alignment/comparison-candidates.js'
import { selectComparison } from '../../src/science/alignment/comparison-selection.js'
import { project } from '../../src/science/alignment/comparison-space.js'
import { gatherMutualFolds, type TrainingPairs } from '../../src/science/alignment/folds.js'
import { indexIdentities } from '../../src/science/linear-algebra/identities.js'
import { selectRows, type Products } from '../../src/science/linear-algebra/matrix.js'
import { createRandom } from '../../src/science/linear-algebra/random.js'
import { subset, trueMatchRateAt, type LabelledSet } from './labelled-set.js'

const seed = 42
const rate = 1e-3
/** A map of pairs of other images may lose this much TMR against one of as many pairs of the same image. */
const expectedLoss = 0.08
/** Share of the pairs whose target is of another person than its label says. */
const wrongLabels = 0.02

/**
 * Prints how maps from pairs of other images do: `people` people of `tested` with two images or more, each with one
 * pair, the source of one image and the target of another; beside maps of one image of the same people under both
 * models; measured on everybody else of `tested`, and choices made by cross-validation on the pairs alone.
 */
export async function reportIdentityPairs (
  tested: LabelledSet,
  models: readonly string[],
  people: number,
  products: Products
): Promise<void> {
  const several = createRandom(seed).shuffle(
    [...tested.identities.rows.keys()].filter(who => tested.identities.rows[who]!.length > 1)
  )
  const chosen = several.slice(0, Math.min(people, Math.floor(2 * several.length / 3)))
  const fitting = new Set(chosen)
  const others = subset(
    tested,
    tested.samples.map((_, row) => row).filter(row => !fitting.has(tested.identities.ofRow[row]!))
  )
  const [first, second] = [0, 1].map(k => chosen.map(who => tested.identities.rows[who]![k]!))
  const wrong = swapped(second!, Math.round(wrongLabels * chosen.length))
  console.log(
    `one pair each of ${chosen.length} people, tested on ${others.samples.length} images of ${others.identities.rows.length} others\n`
  )
  console.log(
    `| pair | TMR at FMR ${rate}, same image | other images | difference | chosen | with ${
      100 * wrongLabels
    } % wrong labels |`
  )
  console.log('|---|---|---|---|---|---|')
  const losses: number[] = []
  for (const [i, a] of models.entries()) {
    for (const b of models.slice(i + 1)) {
      const same = await fitted(a, b, first!, first!)
      const other = await fitted(a, b, first!, second!)
      const noisy = await fitted(a, b, first!, wrong)
      losses.push(same.tmr - other.tmr)
      console.log(
        `| ${a}, ${b} | ${same.tmr.toFixed(3)} | ${other.tmr.toFixed(3)} | ${
          (other.tmr - same.tmr).toFixed(3)
        } | ${other.chosen} | ${noisy.tmr.toFixed(3)} |`
      )
    }
  }
  console.log(
    `\nwithin ${expectedLoss} of pairs of the same image in ${
      losses.filter(loss => loss <= expectedLoss).length
    } of ${losses.length} (expected all); largest loss ${Math.max(...losses).toFixed(3)}`
  )

  async function fitted (a: string, b: string, sourceRows: readonly number[], targetRows: readonly number[]) {
    const sides = { source: selectRows(tested.of(a), sourceRows), target: selectRows(tested.of(b), targetRows) }
    const labels = chosen.map(who => String(who))
    const identities = indexIdentities(labels, labels)
    const pairs: TrainingPairs = {
      ...sides,
      identities,
      rows: labels.map((_, row) => row),
      // Pairs of one image give no criterion of their own; they are fitted in the space that was chosen first.
      apart: { ...sides, ownImage: new Int32Array(labels.length).fill(-1) }
    }
    const selected = await selectComparison(await gatherMutualFolds(pairs, seed, products), products)
    if (selected === undefined) throw new Error(`expected more than ${labels.length} people`)
    return {
      tmr: await trueMatchRateAt(
        rate,
        others,
        await project(selected.space, 'source', others.of(a), products),
        await project(selected.space, 'target', others.of(b), products),
        products
      ),
      chosen: describeComparison(selected.spec)
    }
  }
}

/** The rows with some of them exchanged in a cycle. */
function swapped (rows: readonly number[], count: number): number[] {
  const result = [...rows]
  for (let k = 0; k < count; k++) result[k] = rows[(k + 1) % count]!
  return result
}
