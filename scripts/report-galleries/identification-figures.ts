import { prepare, translate } from '../../src/science/alignment/apply.js'
import { project } from '../../src/science/alignment/comparison-space.js'
import { splitIdentities } from '../../src/science/linear-algebra/identities.js'
import { selectRows, type Products, type TemplateMatrix } from '../../src/science/linear-algebra/matrix.js'
import {
  momentsAboutOrigin,
  padded,
  paperMap,
  paperMethods,
  UndeterminedMap
} from '../../src/science/alignment/paper-baselines.js'
import { createRandom } from '../../src/science/linear-algebra/random.js'
import { calibrate } from '../../src/science/scores/calibration.js'
import { compare } from '../../src/science/scores/comparisons.js'
import { openSetThreshold } from '../../src/science/scores/open-set.js'
import { type LabelledSet } from '../report/labelled-set.js'
import type { Calibrated, FittedPair } from './fitted-pair.js'
import { figuresOf, planGallery, ratesAt, searchPlan, type GalleryFigures } from './gallery-trial.js'

export const fpir = 1e-2
const seed = 42

/** What happens at the service's own threshold for the FPIR. */
export interface OwnThreshold {
  readonly support: 'measured' | 'extrapolated' | 'unsupported'
  /** what the threshold's card says of it */
  readonly expected: {
    readonly fpir: { readonly lower: number, readonly upper: number } | null
    readonly fnir: number | null
  }
  /** what searches of other people came to; null without a threshold */
  readonly reached: { readonly fpir: number, readonly fnir: number } | null
}

/** A gallery of one model, searched with probes of another. */
export interface IdentificationFigures {
  readonly gallery: string
  readonly probe: string
  /** in the comparison space of the pair, as the gallery is */
  readonly searched: GalleryFigures
  /** with the gallery translated into the probes' space */
  readonly migrated: GalleryFigures
  /** the best of the paper's maps in either direction, each figure by itself and in hindsight */
  readonly paper: GalleryFigures
  readonly own: {
    /** `searched` and `migrated` with the calibration that the fit made of the held-out identities */
    readonly searched: OwnThreshold
    readonly migrated: OwnThreshold
    /** `searched` with a calibration on one half of the tested identities, for a gallery of the other half */
    readonly sameKind: OwnThreshold
  }
}

/** A model's gallery searched with its own probes. */
export async function nativeFigures (tested: LabelledSet, model: string, products: Products): Promise<GalleryFigures> {
  const plan = planGallery(tested.identities.ofRow)
  return figuresOf(await searchPlan(plan, tested.of(model), tested.of(model), products), plan, fpir)
}

/**
 * Figures of a fitted pair in both directions: a gallery of `source` searched with `target`, and the other way round.
 * @param fitted what the paper's maps are fitted on, on the rows that the pair's maps were fitted on
 */
export async function identificationFigures (
  pair: FittedPair,
  [source, target]: readonly [string, string],
  fitted: LabelledSet,
  tested: LabelledSet,
  products: Products
): Promise<IdentificationFigures[]> {
  const plan = planGallery(tested.identities.ofRow)
  const projected = {
    [source]: await project(pair.comparison.space, 'source', tested.of(source), products),
    [target]: await project(pair.comparison.space, 'target', tested.of(target), products)
  }
  const { training } = splitIdentities(fitted.identities, 0.3, createRandom(seed))
  const compared = { calibration: pair.comparison.card.calibration, metrics: pair.comparison.card.evaluation }
  const figures: IdentificationFigures[] = []
  for (const [gallery, probe, direction] of [[source, target, pair.forward], [target, source, pair.back]] as const) {
    const searched = await searchPlan(plan, projected[probe]!, projected[gallery]!, products)
    const migrated = await searchPlan(
      plan,
      tested.of(probe),
      await translate(prepare(direction.map), tested.of(gallery), products),
      products
    )
    figures.push({
      gallery,
      probe,
      searched: figuresOf(searched, plan, fpir),
      migrated: figuresOf(migrated, plan, fpir),
      paper: await paperFigures(gallery, probe),
      own: {
        searched: atOwnThreshold(compared, searched),
        migrated: atOwnThreshold(direction, migrated),
        sameKind: await sameKind(projected[probe]!, projected[gallery]!)
      }
    })
  }
  return figures

  function atOwnThreshold (
    calibrated: Pick<Calibrated, 'calibration'> & Partial<Calibrated>,
    searches: Awaited<ReturnType<typeof searchPlan>>,
    searchedPlan = plan
  ): OwnThreshold {
    const { scores: [score], support, interval, fnir } = openSetThreshold([{
      ...calibrated,
      references: searchedPlan.references.length - 1
    }], fpir)
    return {
      support,
      expected: { fpir: interval, fnir },
      reached: score == null ? null : ratesAt(searches, searchedPlan, score)
    }
  }

  /**
   * Mean of both halves. Their calibration has no intervals: 300 bootstrapped thresholds would take longer than the
   * fit.
   */
  async function sameKind (probes: TemplateMatrix, templates: TemplateMatrix): Promise<OwnThreshold> {
    const { training: one, heldOut: other } = splitIdentities(tested.identities, 0.5, createRandom(seed))
    const results: OwnThreshold[] = []
    for (const [calibrating, searching] of [[one, other], [other, one]] as const) {
      const identityOf = (rows: readonly number[]) => Int32Array.from(rows, row => tested.identities.ofRow[row]!)
      const comparisons = await compare(
        selectRows(probes, calibrating),
        selectRows(templates, calibrating),
        identityOf(calibrating),
        products
      )
      const half = planGallery(identityOf(searching))
      const searches = await searchPlan(half, selectRows(probes, searching), selectRows(templates, searching), products)
      results.push(atOwnThreshold({ calibration: calibrate(comparisons.nonMated, 0, 0) }, searches, half))
    }
    const [first, second] = results
    const reached = first!.reached === null || second!.reached === null
      ? null
      : {
        fpir: (first!.reached.fpir + second!.reached.fpir) / 2,
        fnir: (first!.reached.fnir + second!.reached.fnir) / 2
      }
    return { support: first!.support, expected: { fpir: null, fnir: null }, reached }
  }

  async function paperFigures (gallery: string, probe: string): Promise<GalleryFigures> {
    const best = { rank1: 0, fnir: 1 }
    for (const [from, to] of [[gallery, probe], [probe, gallery]] as const) {
      const moments = await momentsAboutOrigin(fitted.of(from), fitted.of(to), training, products)
      for (const method of paperMethods) {
        const map = await paperMap(method, moments, products).catch((error: unknown) => {
          if (error instanceof UndeterminedMap) return undefined
          throw error
        })
        if (map === undefined) continue
        const translated = await translate(prepare(map), tested.of(from), products)
        const other = padded(tested.of(to), translated.cols)
        const { rank1, fnir } = figuresOf(
          await (from === gallery
            ? searchPlan(plan, other, translated, products)
            : searchPlan(plan, translated, other, products)),
          plan,
          fpir
        )
        best.rank1 = Math.max(best.rank1, rank1)
        best.fnir = Math.min(best.fnir, fnir)
      }
    }
    return best
  }
}
