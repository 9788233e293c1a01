import { closed, nullable, nullableNumber } from '../schemas.js'
import { Type, type Static } from 'typebox'

const Count = (description: string) => Type.Integer({ minimum: 0, description })

export const Method = Type.Union([
  Type.Literal('procrustes'),
  Type.Literal('linear'),
  Type.Literal('ridge'),
  Type.Literal('low-rank-ridge'),
  Type.Literal('dual')
], {
  description:
    'Estimator of the weights: orthogonal Procrustes, least squares, ridge regression, ridge regression of ' +
    'reduced rank, or the bilinear form of a shared space'
})
export type Method = Static<typeof Method>

/** `Spread` as cards have it. */
export const SpreadParameter = Type.Union([Type.Literal('fitted'), Type.Literal('restored'), Type.Literal('centred')], {
  description: 'How widely translated templates spread about the mean of the target: as the estimator has it, scaled ' +
    "to the total variance of the target's own, or `centred`: without that mean, so that a translated template is a " +
    'direction about it and scores on a scale of its own'
})

/** `Shrinkages` as cards have them. */
export const ShrinkageParameter = Type.Object({ source: Type.Number(), target: Type.Number() }, {
  ...closed,
  description: 'Of `dual`: the shrinkage of the covariance of either side towards a sphere'
})

export const Rank = Type.Optional(
  nullableNumber('Rank of the weights; null for methods that do not bound it, absent from cards of version 1')
)

export const Candidate = Type.Object({
  method: Method,
  lambda: nullableNumber(
    'Ridge penalty relative to the mean variance of a source dimension; null for methods without one'
  ),
  rank: Rank,
  spread: Type.Optional(SpreadParameter),
  shrinkage: Type.Optional(ShrinkageParameter),
  score: nullableNumber('Mean of the criterion over the folds; null when the candidate was excluded'),
  standardError: nullableNumber('Standard error over the folds of the difference to the best candidate'),
  excluded: nullable(Type.String(), 'Why the candidate was not considered')
}, closed)
export type Candidate = Static<typeof Candidate>

export const Selection = Type.Object({
  criterion: nullable(
    Type.String(),
    'What was maximised by cross-validation over the identities of the training pairs; null when the caller named ' +
      'method and parameters'
  ),
  folds: Count('Folds of the cross-validation, 0 without one'),
  candidates: Type.Array(Candidate, {
    description: 'Everything that was tried, from the simplest to the most flexible, low ranks behind the full one: ' +
      'of those that are tied the first is taken'
  }),
  reason: Type.String({ description: 'Why this method' })
}, closed)
export type Selection = Static<typeof Selection>
