/**
 * The expected uncertainty of translated templates, from the distance of their originals to what the source model
 * usually makes:
 *
 *     u = D^2 / (D^2 + d),
 *
 * with D the Mahalanobis distance of the normalised template under the profile of its space, and d its dimension. D^2
 * is about d for templates like those of the profile, whose u is 1/2. It grows towards 1 with the distance and orders
 * templates as the distance does: a map is least reliable where it has seen least.
 *
 * @param squaredDistances (n)
 * @param dimension of the source
 * @returns (n), each in [0, 1)
 */
export function translationUncertainty (squaredDistances: Float64Array, dimension: number): Float32Array {
  return Float32Array.from(squaredDistances, square => square / (square + dimension))
}
