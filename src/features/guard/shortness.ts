import { shortShare, type ComparisonSide } from '../../science/alignment/comparison-space.js'
import type { TemplateMatrix } from '../../science/linear-algebra/matrix.js'
import type { Whitening } from '../../science/guard/mahalanobis.js'
import type { Space } from '../../science/template/space.js'
import type { Catalogue } from '../catalogue/index.js'
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

/**
 * Judges the lengths of projections in the comparison spaces of active maps from or to a space. The average of many
 * people is far shorter there than the template of one. Maps that were fitted without a floor say nothing.
 */
export function createShortness (
  catalogue: Pick<Catalogue, 'activeMaps' | 'comparison'>,
  measurer: Pick<Measurer, 'distances'>
): ShortRows {
  const lengths = new WeakMap<ComparisonSide, Length>()

  return async function shortRows (space, templates) {
    const maps = catalogue.activeMaps().flatMap(map => {
      const comparisons = map.card.comparison?.calibration.nonMatedComparisons
      const isOfSpace = [map.source, map.target].some(({ fingerprint }) => fingerprint === space.fingerprint)
      return comparisons === undefined || !isOfSpace ? [] : [{ map, comparisons }]
    }).sort((a, b) => b.comparisons - a.comparisons || (a.map.id < b.map.id ? -1 : 1)).slice(0, maxMaps)
    const short = new Set<number>()
    for (const { map } of maps) {
      // A map that is retired meanwhile, or damaged, is the business of those who compare with it.
      const comparison = await catalogue.comparison(map).catch(() => undefined)
      const length = comparison &&
        lengthOf(comparison[map.source.fingerprint === space.fingerprint ? 'source' : 'target'])
      if (length === undefined) continue
      const squares = await measurer.distances(length.view, templates)
      squares.forEach((square, row) => {
        if (square < length.least ** 2) short.add(row)
      })
    }
    return [...short].sort((a, b) => a - b)
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
