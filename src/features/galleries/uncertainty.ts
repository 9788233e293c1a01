import { rowRange } from '../../science/linear-algebra/matrix.js'
import { translationUncertainty } from '../../science/cards/translation-uncertainty.js'
import type { Measurer, Profiles } from '../guard/index.js'
import type { UncertaintyOf } from './migration.js'

/** Templates that are measured without letting others have the thread: some milliseconds. */
const rowsAtOnce = 128

/** How uncertain translated templates are, by the profile of the space that they come from; not known where there is none. */
export function createUncertainty (profiles: Profiles, measurer: Measurer): UncertaintyOf {
  return async ({ source }, templates) => {
    const own = await profiles.of(source)
    if (own === undefined) return null
    const squares = new Float64Array(templates.rows)
    for (let start = 0; start < templates.rows; start += rowsAtOnce) {
      const rows = rowRange(templates, start, Math.min(templates.rows, start + rowsAtOnce))
      squares.set(await measurer.distances(own.whitening, rows), start)
    }
    return translationUncertainty(squares, source.dimension)
  }
}
