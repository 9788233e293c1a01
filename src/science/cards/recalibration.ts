import { Type, type Static } from 'typebox'
import { closed, nullable, nullableNumber } from '../schemas.js'
import { Calibration } from '../scores/calibration.js'
import { DetailedMetrics } from '../scores/detailed-metrics.js'

const Count = (description: string) => Type.Integer({ minimum: 0, description })

const People = (description: string) =>
  Type.Object({
    templates: Count('Templates that were compared; a sample of 8,000, by identity, when there are more'),
    identities: Count('Identities among them; a template without identity is one of its own'),
    leftOut: Count('Templates left out, because there are too many')
  }, { ...closed, description })

/** What a calibration of a map for another domain found, and what it replaces of the map's card. */
export const Recalibration = Type.Object({
  seed: Type.Integer({ description: 'Seed of every random draw' }),
  dataHash: Type.String({ description: 'SHA-256 of the templates and their labels' }),
  means: Type.Unsafe<'own' | 'kept'>({
    type: 'string',
    enum: ['own', 'kept'],
    description: '`own`: both sides of the comparison space are centred on these templates; `kept`: as the map has it'
  }),
  source: People('Templates of the source of the map'),
  target: People('Templates of the target of the map'),
  doubtful: Count(
    'Images that look to both models like another person than their label says; nothing is calibrated on ' +
      'them'
  ),
  matedIdentities: Count('Identities with templates of different images under the two models'),
  likelihoodRatios: Type.Unsafe<'own' | 'carried' | 'none'>({
    type: 'string',
    enum: ['own', 'carried', 'none'],
    description:
      '`own`: from the mated comparisons of these templates. `carried`: these have too few; the likelihood ' +
      'ratios are those of the card, moved so that scores of equal false match rates have equal ones. `none`: the ' +
      'card has none either'
  }),
  calibration: Type.Object({
    comparison: nullable(Calibration, 'In the comparison space of the map; null where it has none'),
    crossModel: Calibration,
    source: Calibration,
    target: Calibration
  }, { ...closed, description: 'Takes the place of the calibrations of the card' }),
  evaluation: Type.Object({
    comparison: nullable(DetailedMetrics, 'In the comparison space of the map; null where it has none'),
    crossModel: DetailedMetrics,
    sourceAlone: DetailedMetrics,
    targetAlone: DetailedMetrics
  }, { ...closed, description: 'How well these templates are verified' }),
  before: Type.Array(
    Type.Object({
      fmr: Type.Number({ description: 'False match rate that was asked for' }),
      threshold: Type.Number({ description: 'Threshold of the card for it' }),
      measured: nullableNumber(
        'Share of the non-mated comparisons of these templates that reach it; null where they ' +
          'are too few for the rate'
      )
    }, closed),
    { description: 'What the thresholds of the card would have given, where the two models are compared' }
  ),
  warnings: Type.Array(Type.String(), { description: 'What a reader should know before trusting the figures' })
}, { ...closed, description: 'A calibration of a map from the templates of another domain' })
export type Recalibration = Static<typeof Recalibration>
