/**
 * The expected uncertainty of translated templates, from how far their originals lie from what the source model usually
 * makes:
 *
 *     u = D^2 / (D^2 + d),
 *
 * D the Mahalanobis distance of the normalised template under the profile of its space, d its dimension. D^2 is about d
 * for templates like those of the profile, so that u is 1/2 for these; it grows towards 1 with the distance, and orders
 * templates as the distance does: a map is least to be trusted where it has seen least.
 *
 * @param squaredDistances (n)
 * @param dimension of the source
 * @returns (n), each in [0, 1)
 */
export function translationUncertainty (squaredDistances: Float64Array, dimension: number): Float32Array {
  return Float32Array.from(squaredDistances, square => square / (square + dimension))
}
