import { translate, prepare } from '../../src/science/alignment/apply.js'
import { splitIdentities } from '../../src/science/linear-algebra/identities.js'
import { selectRows, type Products, type TemplateMatrix } from '../../src/science/linear-algebra/matrix.js'
import { normaliseRows } from '../../src/science/linear-algebra/normalise.js'
import { createRandom } from '../../src/science/linear-algebra/random.js'
import { compare } from '../../src/science/scores/comparisons.js'
import { measure, type Metrics } from '../../src/science/scores/metrics.js'
import { fitMap } from '../../src/science/fitting/fit-map.js'
import {
  momentsAboutOrigin,
  padded,
  paperMap,
  paperMethods,
  type PaperMethod
} from '../../src/science/alignment/paper-baselines.js'
import { models, type Corpus, type Model } from './templates.js'

/** The paper's seeds, and its share of identities to test on. */
export const paperSeeds: readonly number[] = [42, 123, 217, 7, 531]
export const heldOutFraction = 0.3

/** What the paper and this project state of a set of comparisons. */
export interface Figures {
  /** The gallery holds the probe's own image; probes weigh the same. */
  readonly rank1SameImage: number
  /** That image excluded; identities weigh the same. */
  readonly rank1: number
  /** At FMR 1e-3, no image against itself; comparisons weigh the same. */
  readonly tmrPooled: number
  /** At FMR 1e-3, no image against itself; identities weigh the same. */
  readonly tmr: number
}
export const figureNames = ['rank1SameImage', 'rank1', 'tmrPooled', 'tmr'] as const satisfies readonly (keyof Figures)[]

export const columns = ['unaligned', ...paperMethods] as const
export type Column = 'unaligned' | PaperMethod

export interface DirectedPair {
  readonly source: Model
  readonly target: Model
}

/** One directed pair on one corpus. */
export interface PairResult extends DirectedPair {
  /** Per column, one element per seed. */
  readonly paper: Readonly<Record<Column, readonly Figures[]>>
  /** `fitMap` with method auto, on the split of the first seed; null when it was not asked for. */
  readonly own: OwnFigures | null
}

export interface OwnFigures extends Figures {
  /** method and lambda that cross-validation chose */
  readonly chosen: string
}

export const directedPairs: readonly DirectedPair[] = models.flatMap(source =>
  models.filter(target => target !== source).map(target => ({ source, target }))
)

/**
 * The paper's protocol on one directed pair: for each seed 70 % of the identities fit and 30 % test, all images of
 * these being probes under the source and references under the target model. The identities held out for a seed are
 * those that `fitMap` holds out.
 */
export async function runPaper (
  corpus: Corpus,
  { source, target }: DirectedPair,
  seeds: readonly number[],
  products: Products
): Promise<Record<Column, Figures[]>> {
  const results: Record<Column, Figures[]> = { unaligned: [], procrustes: [], linear: [], ridge: [] }
  const [A, B] = [normaliseRows(corpus.templates[source]), normaliseRows(corpus.templates[target])]
  for (const seed of seeds) {
    const { training, heldOut } = splitIdentities(corpus.identities, heldOutFraction, createRandom(seed))
    const identity = Int32Array.from(heldOut, row => corpus.identities.ofRow[row]!)
    const [probes, references] = [selectRows(A, heldOut), selectRows(B, heldOut)]
    const score = async (mapped: TemplateMatrix): Promise<Figures> =>
      figuresOf(measure(await compare(mapped, padded(references, mapped.cols), identity, products), seed, false))

    results.unaligned.push(await score(padded(probes, Math.max(A.cols, B.cols))))
    const moments = await momentsAboutOrigin(A, B, training, products)
    for (const method of paperMethods) {
      const map = await paperMap(method, moments, products)
      results[method].push(await score(await translate(prepare(map), probes, products)))
    }
  }
  return results
}

/** The project's own fit: means, and method and lambda by cross-validation over the training identities. */
export async function runOwn (
  corpus: Corpus,
  { source, target }: DirectedPair,
  seed: number,
  products: Products
): Promise<OwnFigures> {
  const { card } = await fitMap(
    {
      samples: corpus.samples,
      identities: corpus.labels,
      source: corpus.templates[source],
      target: corpus.templates[target],
      oneSided: { source: 0, target: 0 },
      hash: corpus.name
    },
    { method: 'auto', seed, heldOutFraction },
    products
  )
  const { lambda, spread } = card.parameters
  return {
    ...figuresOf(card.evaluation.crossModel),
    chosen: [card.method, lambda ?? [], spread === 'restored' ? 'restored' : []].flat().join(' ')
  }
}

/** @throws Error when the corpus is too small to tell */
function figuresOf ({ rank1SameImage, rank1, operatingPoints }: Metrics): Figures {
  const point = operatingPoints.find(({ fmr }) => fmr === 1e-3)
  const [tmrPooled, tmr] = [point?.tmrPooled ?? null, point?.tmr ?? null]
  if (rank1SameImage === null || rank1 === null || tmrPooled === null || tmr === null) {
    throw new Error('expected held-out identities with several images and 3,000 non-mated comparisons, received fewer')
  }
  return { rank1SameImage, rank1, tmrPooled, tmr }
}
