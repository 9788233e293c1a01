import { closed, nullable, Rate } from '../schemas.js'
import { Type, type Static } from 'typebox'
import type { AffineMap } from '../alignment/affine-map.js'
import { prepare, translate } from '../alignment/apply.js'
import type { Products, TemplateMatrix } from '../linear-algebra/matrix.js'
import { padded } from '../alignment/paper-baselines.js'
import { compare, type Comparisons } from '../scores/comparisons.js'
import { measure } from '../scores/metrics.js'
import { identityShares, type IdentityShares } from './estimate.js'

/** Figures of probes of one model against references of another, or of its own. */
export const CellFigures = Type.Object({
  support: Type.Unsafe<'measured' | 'unsupported'>({
    type: 'string',
    enum: [
      'measured',
      'unsupported'
    ],
    description: '`unsupported` when there are fewer than 3 / FMR non-mated comparisons; the rates at the FMR are ' +
      'then null'
  }),
  threshold: nullable(Type.Number(), 'Cosine at or above which a comparison matches'),
  tmr: nullable(Rate, 'True match rate on different images, identities weighing the same'),
  interval: nullable(
    Type.Object({
      lower: Type.Number({ minimum: 0, maximum: 1, description: '2.5 % quantile' }),
      upper: Type.Number({ minimum: 0, maximum: 1, description: '97.5 % quantile' })
    }, closed),
    '95 % interval of the TMR, by bootstrap over identities'
  ),
  tmrPooled: nullable(Rate, 'The same, mated comparisons weighing the same'),
  tmrSameImage: nullable(
    Rate,
    'As tmrPooled, with every image under one model compared with itself under the other too. Null within one space, ' +
      'where it says nothing'
  ),
  eer: nullable(Rate, 'Equal error rate on different images, identities weighing the same'),
  rank1: nullable(
    Rate,
    'Share of probes whose best reference is another image of the same identity; the gallery is all other images; ' +
      'identities weigh the same'
  ),
  rank1SameImage: nullable(
    Rate,
    "As the paper has it: the gallery holds the probe's own image, probes weigh the same. Null within one space"
  )
}, { ...closed, description: 'Null stands for what the data cannot tell' })
export type CellFigures = Static<typeof CellFigures>

export const CrossModelMatrix = Type.Object({
  samples: Type.Integer({ minimum: 0, description: 'Images that were compared, all with all' }),
  identities: Type.Integer({ minimum: 0, description: 'Persons on them' }),
  matedIdentities: Type.Integer({
    minimum: 0,
    description: 'Persons with two images or more, which the rates on different images rest on'
  }),
  nonMatedComparisons: Type.Integer({
    minimum: 0,
    description: 'Comparisons of different persons under two models; under one there are half as many'
  }),
  alone: Type.Array(Type.Object({ model: Type.String(), figures: CellFigures }, closed), {
    description: 'The diagonal: every model against itself'
  }),
  pairs: Type.Array(
    Type.Object({
      source: Type.String({ description: 'Model of the probes, which are translated' }),
      target: Type.String({ description: 'Model of the references' }),
      aligned: CellFigures,
      unaligned: { ...CellFigures, description: 'Without a map, the shorter side padded with zeros' }
    }, closed),
    { description: 'Every ordered pair of models, by rows of the matrix' }
  )
}, closed)
export type CrossModelMatrix = Static<typeof CrossModelMatrix>

/** Test images under every model. */
export interface TestedImages {
  /** per model, (n, d of the model), normalised rows; row i of all of them is the same image */
  readonly templates: readonly TemplateMatrix[]
  /** (n), index of the identity of each row */
  readonly identity: Int32Array
}

/** Receives, for each pair after alignment, what share of its mated comparisons each identity has that match. */
type OnShares = (source: number, target: number, shares: IdentityShares | null) => void

/** Maps between every two models, fitted on none of the test images. */
export type MapBetween = (source: number, target: number) => AffineMap

/**
 * The cross-model matrix of the paper (Rubab, Tong and Ross, arXiv 2604.07282): every model as probe against every
 * model as reference, before and after translation of the probes, with the models alone on the diagonal.
 *
 * @param models their names, in the order of the templates
 * @param falseMatchRate of the true match rates
 * @param seed of the bootstraps
 * @param onProgress receives the fraction done
 * @throws RangeError when models, templates and identities do not fit each other
 */
export async function crossModelMatrix (
  models: readonly string[],
  mapBetween: MapBetween,
  { templates, identity }: TestedImages,
  falseMatchRate: number,
  seed: number,
  products: Products,
  onProgress: (fraction: number) => void = () => {},
  onShares?: OnShares
): Promise<CrossModelMatrix> {
  const n = identity.length
  if (templates.length !== models.length || templates.some(({ rows }) => rows !== n)) {
    throw new RangeError(
      `expected templates of ${models.length} models with ${n} rows each, received ` +
        `${templates.map(({ rows }) => rows).join(', ')} rows`
    )
  }
  let done = 0
  const cells = models.length ** 2
  const report = () => onProgress(++done / cells)

  const alone: CrossModelMatrix['alone'] = []
  for (const [m, model] of models.entries()) {
    alone.push({ model, figures: await figuresOf(templates[m]!, undefined) })
    report()
  }
  const pairs: CrossModelMatrix['pairs'] = []
  for (const [s, source] of models.entries()) {
    for (const [t, target] of models.entries()) {
      if (s === t) continue
      const [probes, references] = [templates[s]!, templates[t]!]
      const dimension = Math.max(probes.cols, references.cols)
      const translated = await translate(prepare(mapBetween(s, t)), probes, products)
      pairs.push({
        source,
        target,
        aligned: await figuresOf(
          translated,
          references,
          comparisons => onShares?.(s, t, identityShares(comparisons, falseMatchRate))
        ),
        unaligned: await figuresOf(padded(probes, dimension), padded(references, dimension))
      })
      report()
    }
  }
  const sizes = new Map<number, number>()
  for (const who of identity) sizes.set(who, (sizes.get(who) ?? 0) + 1)
  const counts = [...sizes.values()]
  return {
    samples: n,
    identities: counts.length,
    matedIdentities: counts.filter(size => size > 1).length,
    nonMatedComparisons: n * n - counts.reduce((sum, size) => sum + size * size, 0),
    alone,
    pairs
  }

  async function figuresOf (
    probes: TemplateMatrix,
    references: TemplateMatrix | undefined,
    onCompared?: (comparisons: Comparisons) => void
  ): Promise<CellFigures> {
    const comparisons = await compare(probes, references, identity, products)
    onCompared?.(comparisons)
    const { operatingPoints, eer, rank1, rank1SameImage } = measure(comparisons, seed, references === undefined, [
      falseMatchRate
    ])
    const { support, threshold, tmr, interval, tmrPooled } = operatingPoints[0]!
    return {
      support,
      threshold,
      tmr,
      interval,
      tmrPooled,
      tmrSameImage: references === undefined || threshold === null
        ? null
        : sameImageRate(comparisons, probes, references, threshold),
      eer,
      rank1,
      rank1SameImage
    }
  }
}

/** Share of the mated comparisons at or above the threshold, including those of an image with itself. */
function sameImageRate (
  { mated }: Comparisons,
  probes: TemplateMatrix,
  references: TemplateMatrix,
  threshold: number
): number {
  let matches = 0
  for (const score of mated.scores) if (score >= threshold) matches++
  const { rows, cols } = probes
  for (let i = 0; i < rows; i++) {
    let score = 0
    for (let k = i * cols; k < (i + 1) * cols; k++) score += probes.data[k]! * references.data[k]!
    if (score >= threshold) matches++
  }
  return matches / (mated.scores.length + rows)
}
