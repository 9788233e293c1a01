import { Type, type Static } from 'typebox'
import { statisticOf } from './guard-profile.js'

const closed = { additionalProperties: false } as const
const Feature = (description: string) => Type.Object({
  mean: Type.Number({ description: 'Over the held-out templates' }),
  deviation: Type.Number({ description: 'Standard deviation of the same' }),
  slope: Type.Number({ description: 'Of the log odds, per standard deviation' })
}, { ...closed, description })

/** What the held-out people say about who is lost in translation. */
export const TranslationUncertainty = Type.Object({
  fmr: Type.Number({ description: 'False match rate at which a comparison is lost' }),
  identities: Type.Integer({ minimum: 1, description: 'Held-out identities with two images or more' }),
  lost: Type.Number({ minimum: 0, maximum: 1, description: 'Share of the mated comparisons that the target model matches and of which one template translated does not, identities weighing the same' }),
  intercept: Type.Number({ description: 'Log odds of an average template' }),
  distance: Feature('ln(squared Mahalanobis distance / dimension) of the source template under the profile of its space'),
  norm: Feature('ln of the norm of the source template as the model gave it')
}, { ...closed, description: 'How likely a comparison is lost by translating one of its templates: 1 / (1 + exp(-(intercept + slope z of the distance + slope z of the norm))), z in standard deviations from the mean' })
export type TranslationUncertainty = Static<typeof TranslationUncertainty>

/** Templates of the source as they are known before they are translated. */
export interface SourceMeasures {
  /** (n), squared Mahalanobis distances of the normalised templates under the profile of their space */
  readonly squaredDistances: ArrayLike<number>
  /** (n), of the templates as the model gave them */
  readonly norms: ArrayLike<number>
  /** of the source */
  readonly dimension: number
}

export interface LostComparisons extends SourceMeasures {
  /** (n), share of each template's mated comparisons that are lost, see `lostShares`; NaN where it has none */
  readonly lost: ArrayLike<number>
  /** (n), index of the identity of each template */
  readonly identity: ArrayLike<number>
  readonly fmr: number
}

/** With fewer people there is nothing to learn from. */
const fewestIdentities = 10
/** Of the slopes: keeps them finite when the templates that are lost can be told exactly. */
const penalty = 1e-3
const mostSteps = 50
/** A norm further out is of templates that were scaled on the way, normalised ones above all: it says nothing. */
const furthestNorm = 4
/** The largest number below 1 in single precision. */
const almostOne = 1 - 2 ** -24

/**
 * The expected uncertainty of translated templates: how likely a comparison that the target model would have matched is
 * lost because the template was translated.
 *
 *     u = 1 / (1 + exp(-(a + b z(ln D^2 / d) + c z(ln |x|)))),
 *
 * D the Mahalanobis distance of the template under the profile of its space, which grows where the map has seen least, d
 * its dimension, and |x| the norm that the model gave it, which many models make a measure of quality. What either is
 * worth depends on both models and is learned with the map, see `fitTranslationUncertainty`; where a card does not say,
 * templates are ordered by the distance alone, u = D^2 / (D^2 + d), which is a half for a template like those of the
 * profile and no probability.
 *
 * @param learned of the map's card
 * @returns (n), each in [0, 1)
 */
export function translationUncertainty ({ squaredDistances, norms, dimension }: SourceMeasures, learned?: TranslationUncertainty): Float32Array {
  if (norms.length !== squaredDistances.length) throw new RangeError(`expected a norm for each distance, received ${norms.length} and ${squaredDistances.length}`)
  return Float32Array.from({ length: squaredDistances.length }, (_, i) => {
    const square = squaredDistances[i]!
    if (learned === undefined) return Math.min(almostOne, square / (square + dimension))
    const { intercept, distance, norm } = learned
    const z = deviations(norm, Math.log(norms[i]!))
    const logOdds = intercept + distance.slope * deviations(distance, statisticOf(square, dimension)) + norm.slope * (Math.abs(z) <= furthestNorm ? z : 0)
    return Math.min(almostOne, 1 / (1 + Math.exp(-logOdds)))
  })
}

/**
 * Learns how likely templates are lost from held-out people, by logistic regression of the shares of their comparisons
 * that are (Papke and Wooldridge, Journal of Applied Econometrics 11, 1996), identities weighing the same. A distance is
 * never taken to speak for a template.
 *
 * @returns undefined where there are too few people with several images, or none or all of their comparisons are lost
 */
export function fitTranslationUncertainty ({ squaredDistances, norms, dimension, lost, identity, fmr }: LostComparisons): TranslationUncertainty | undefined {
  const rows = Array.from({ length: lost.length }, (_, i) => i).filter(i => !Number.isNaN(lost[i]!))
  const sizes = new Map<number, number>()
  for (const i of rows) sizes.set(identity[i]!, (sizes.get(identity[i]!) ?? 0) + 1)
  if (sizes.size < fewestIdentities) return undefined
  const weights = rows.map(i => 1 / sizes.get(identity[i]!)! / sizes.size)
  const shares = rows.map(i => lost[i]!)
  const share = shares.reduce((sum, value, k) => sum + weights[k]! * value, 0)
  if (!(share > 0 && share < 1)) return undefined

  const distance = standardised(rows.map(i => statisticOf(squaredDistances[i]!, dimension)))
  const norm = standardised(rows.map(i => Math.log(norms[i]!)))
  const both = fitLogistic(distance.z, norm.z, shares, weights)
  const [intercept, distanceSlope, normSlope] = both[1] >= 0 ? both : fitLogistic(new Float64Array(rows.length), norm.z, shares, weights)
  return {
    fmr,
    identities: sizes.size,
    lost: share,
    intercept,
    distance: { mean: distance.mean, deviation: distance.deviation, slope: distanceSlope },
    norm: { mean: norm.mean, deviation: norm.deviation, slope: normSlope }
  }
}

const deviations = ({ mean, deviation }: { readonly mean: number, readonly deviation: number }, value: number) => deviation === 0 ? 0 : (value - mean) / deviation

function standardised (values: readonly number[]): { z: Float64Array, mean: number, deviation: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length)
  // Templates that were normalised have one norm but for rounding.
  const moments = { mean, deviation: deviation < 1e-5 ? 0 : deviation }
  return { z: Float64Array.from(values, value => deviations(moments, value)), ...moments }
}

/** Newton's method on the convex cost. @returns intercept and both slopes; that of a feature which is always zero is zero */
function fitLogistic (first: Float64Array, second: Float64Array, shares: readonly number[], weights: readonly number[]): [number, number, number] {
  let [a, b, c] = [0, 0, 0]
  for (let step = 0; step < mostSteps; step++) {
    let [ga, gb, gc, haa, hab, hac, hbb, hbc, hcc] = [0, penalty * b, penalty * c, 1e-9, 0, 0, penalty, 0, penalty]
    for (let k = 0; k < shares.length; k++) {
      const [x, y] = [first[k]!, second[k]!]
      const p = 1 / (1 + Math.exp(-(a + b * x + c * y)))
      const [g, h] = [weights[k]! * (p - shares[k]!), weights[k]! * p * (1 - p)]
      ga += g
      gb += g * x
      gc += g * y
      haa += h
      hab += h * x
      hac += h * y
      hbb += h * x * x
      hbc += h * x * y
      hcc += h * y * y
    }
    // The step H^-1 g of three unknowns, by Cramer's rule.
    const [p, q, r] = [hbb * hcc - hbc * hbc, hac * hbc - hab * hcc, hab * hbc - hac * hbb]
    const determinant = haa * p + hab * q + hac * r
    const da = (ga * p + gb * q + gc * r) / determinant
    const db = (ga * q + gb * (haa * hcc - hac * hac) + gc * (hab * hac - haa * hbc)) / determinant
    const dc = (ga * r + gb * (hab * hac - haa * hbc) + gc * (haa * hbb - hab * hab)) / determinant
    ;[a, b, c] = [a - da, b - db, c - dc]
    if (Math.max(Math.abs(da), Math.abs(db), Math.abs(dc)) < 1e-10) break
  }
  return [a, b, c]
}
