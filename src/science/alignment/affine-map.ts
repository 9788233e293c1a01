import type { TemplateMatrix } from '../linear-algebra/matrix.js'

/**
 * An affine map between two spaces, `y = (l2(x) - meanSource) W + meanTarget`, then l2
 * (Rubab, Tong and Ross, arXiv 2604.07282, with intercept).
 */
export interface AffineMap {
  /** (dSource, dTarget), row-major */
  readonly weights: TemplateMatrix
  /** (dSource), mean of the normalised source rows the map was fitted on */
  readonly meanSource: Float32Array
  /** (dTarget), mean of the normalised target rows the map was fitted on; zeros where the spread is `centred` */
  readonly meanTarget: Float32Array
}
