import { shortShare, type ComparisonSide } from '../../science/alignment/comparison-space.js'
import type { TemplateMatrix } from '../../science/linear-algebra/matrix.js'
import type { Whitening } from '../../science/guard/mahalanobis.js'
import type { Space } from '../../science/template/space.js'
import type { Catalogue, StoredMap } from '../catalogue/index.js'
import type { Measurer } from './measurer.js'

/** The rows of templates that project far shorter than templates of their space do, ascending. */
export type ShortRows = (space: Space, templates: TemplateMatrix) => Promise<number[]>

/** A side's projection about the centre of its floor, whose length is judged. */
interface Length {
  readonly view: Whitening
  readonly least: number
}

/**
 * Maximum number of maps by which the lengths of a space are judged, those with the most comparisons: each costs a
 * product per template. In the comparison spaces of the others the floor holds all the same.
 */
const maxMaps = 2

/** The lengths that templates of a space are judged by, and their views. */
interface Lengths {
  /** (views) */
  readonly judges: readonly Length[]
  readonly views: readonly Whitening[]
}

/**
 * Judges the lengths of projections in the comparison spaces of active maps from or to a space. The average of many
 * people is far shorter there than the template of one. Maps that were fitted without a floor say nothing.
 */
export function createShortness (
  catalogue: Pick<Catalogue, 'activeMaps' | 'comparison'>,
  measurer: Pick<Measurer, 'squares'>
): ShortRows {
  const lengths = new WeakMap<ComparisonSide, Length>()
  /** of spaces by fingerprint, for the active maps as they were read */
  const judged = new WeakMap<readonly StoredMap[], Map<string, Lengths>>()

  return async function shortRows (space, templates) {
    const active = catalogue.activeMaps()
    const { judges, views } = judged.get(active)?.get(space.fingerprint) ?? await lengthsOf(space, active)
    if (judges.length === 0) return []
    const { rows, cols, data } = await measurer.squares(views, templates)
    const short: number[] = []
    for (let row = 0; row < rows; row++) {
      if (judges.some(({ least }, v) => data[row * cols + v]! < least ** 2)) short.push(row)
    }
    return short
  }

  async function lengthsOf (space: Space, active: readonly StoredMap[]): Promise<Lengths> {
    const spaces = await Promise.all(
      mostCompared(space, active).map(async map => {
        // A map that is retired meanwhile, or damaged, is the business of those who compare with it.
        const comparison = await catalogue.comparison(map).catch(() => undefined)
        return comparison?.[map.source.fingerprint === space.fingerprint ? 'source' : 'target']
      })
    )
    const judges = spaces.map(side => side && lengthOf(side)).filter(length => length !== undefined)
    const found = { judges, views: judges.map(({ view }) => view) }
    // What could not be read is asked for again.
    if (!spaces.includes(undefined)) {
      const others = judged.get(active) ?? new Map<string, Lengths>()
      judged.set(active, others.set(space.fingerprint, found))
    }
    return found
  }

  function mostCompared (space: Space, active: readonly StoredMap[]): StoredMap[] {
    const comparisons = (map: StoredMap) => map.card.comparison?.calibration.nonMatedComparisons ?? -1
    return active
      .filter(map => comparisons(map) >= 0 && [map.source, map.target].some(isSpace))
      .sort((a, b) => comparisons(b) - comparisons(a) || (a.id < b.id ? -1 : 1))
      .slice(0, maxMaps)

    function isSpace ({ fingerprint }: { readonly fingerprint: string }): boolean {
      return fingerprint === space.fingerprint
    }
  }

  function lengthOf (side: ComparisonSide): Length | undefined {
    const { weights, bias, floor } = side
    if (floor === undefined || weights === null) return undefined
    const known = lengths.get(side)
    if (known !== undefined) return known
    const view = { weights, bias: bias.map((value, j) => value - floor.centre[j]!) }
    const length = { view, least: shortShare * floor.length }
    lengths.set(side, length)
    return length
  }
}
