import { rowRange } from '../../science/linear-algebra/matrix.js'
import { translationUncertainty } from '../../science/cards/translation-uncertainty.js'
import type { Measurer, Profiles } from '../guard/index.js'
import type { UncertaintyOf } from './migration.js'

/** Templates measured before yielding the thread: some milliseconds. */
const rowsPerTurn = 128

/**
 * Estimates how uncertain translated templates are, from the profile of their source space; null when it has no
 * profile.
 */
export function createUncertainty (profiles: Profiles, measurer: Measurer): UncertaintyOf {
  return async ({ source }, templates) => {
    const own = await profiles.of(source)
    if (own === undefined) return null
    const squares = new Float64Array(templates.rows)
    for (let start = 0; start < templates.rows; start += rowsPerTurn) {
      const rows = rowRange(templates, start, Math.min(templates.rows, start + rowsPerTurn))
      squares.set(await measurer.distances(own.whitening, rows), start)
    }
    return translationUncertainty(squares, source.dimension)
  }
}
