import { closed, nullableNumber } from '../schemas.js'
import { Type, type Static } from 'typebox'
import { Calibration } from '../scores/calibration.js'
import { DetailedMetrics } from '../scores/detailed-metrics.js'

const Word = <const T extends string>(values: readonly T[], description: string) =>
  Type.Unsafe<T>({ type: 'string', enum: values, description })

const choice = {
  kind: Word(
    ['target', 'source', 'shared'],
    "The native space of the map's target or source, or a space that both sides are mapped to"
  ),
  estimator: Type.Union([
    Type.Object(
      { method: Type.String(), lambda: nullableNumber('Ridge penalty, see the parameters of the card') },
      closed
    ),
    Type.Null()
  ], {
    description: 'Of the map into the native space; null for a shared space, which is by regularised canonical ' +
      'correlation analysis'
  }),
  shrinkage: nullableNumber(
    'Of the covariances that whiten the space, towards a sphere; null for a space that is not whitened'
  ),
  targetShrinkage: Type.Optional(
    Type.Number({ description: 'The shrinkage of the covariance of the target, where it differs' })
  ),
  offset: Type.Number({
    description: 'Length of a constant coordinate relative to the projections; 0 makes the score the cosine of ' +
      'centred vectors'
  }),
  normalisation: Word(
    ['none', 'cohort'],
    'Whether scores are normalised by the mean and covariance of the training templates'
  )
}

/** Where templates of the two models of a map are compared, why there, and how well it works. */
export const ComparisonCard = Type.Object({
  ...choice,
  dimension: Type.Integer({ minimum: 1, description: 'Of the comparison space' }),
  selection: Type.Object({
    criterion: Type.String({
      description: 'What was maximised by cross-validation over the identities of the training pairs'
    }),
    folds: Type.Integer({ minimum: 2 }),
    candidates: Type.Array(
      Type.Object({
        ...choice,
        score: Type.Number({ description: 'Mean of the criterion over the folds' }),
        standardError: Type.Number({
          description: 'Standard error over the folds of the difference to the best candidate'
        })
      }, closed),
      { description: 'Everything that was tried, from the simplest to the most involved' }
    ),
    reason: Type.String({ description: 'Why this one' })
  }, closed),
  evaluation: Type.Unsafe<DetailedMetrics>({
    ...DetailedMetrics,
    description: 'Of verification in this space, on the held-out pairs; `det` and `scores` are missing from older cards'
  }),
  calibration: Calibration
}, { ...closed, description: 'Where templates of the two models are compared' })
export type ComparisonCard = Static<typeof ComparisonCard>
