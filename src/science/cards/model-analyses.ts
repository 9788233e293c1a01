import { closed, nullable, nullableNumber } from '../schemas.js'
import { Type, type Static } from 'typebox'
import { Estimate } from './estimate.js'
import { NullableFamilies } from './families.js'
import { Similarity } from './representational-similarity.js'

/** What an evaluation can measure beside its matrix. */
export const analysisNames = ['similarity', 'families', 'dataEfficiency', 'ridgeSensitivity', 'quadratic'] as const
export type AnalysisName = typeof analysisNames[number]

/** Those that take little beside the matrix. */
export const defaultAnalyses: readonly AnalysisName[] = ['similarity', 'families']

const Direction = { source: Type.String(), target: Type.String() }
const TrueMatchRate = nullable(
  Estimate,
  'TMR at the FMR of the evaluation; null when the comparisons do not support it'
)

export const DataEfficiency = Type.Object({
  samples: Type.Integer({ minimum: 0, description: 'Held-out images that every map was measured on' }),
  pairs: Type.Array(
    Type.Object({
      ...Direction,
      points: Type.Array(
        Type.Object({
          identities: Type.Integer({ minimum: 1, description: 'Identities that fitted the map' }),
          samples: Type.Integer({ minimum: 1, description: 'Their images' }),
          tmr: TrueMatchRate
        }, closed),
        { description: 'Nested subsets of the training identities, the last of all of them' }
      ),
      identitiesFor95: nullableNumber(
        'Identities of the smallest subset from which on the TMR is at least 95 % of the last; null when half of them ' +
          'do not reach it: then more people are likely to help'
      )
    }, closed),
    { description: 'Every ordered pair' }
  )
}, { ...closed, description: 'True match rate by number of fitting identities, with the estimator of the evaluation' })
export type DataEfficiency = Static<typeof DataEfficiency>

export const RidgeSensitivity = Type.Object({
  samples: Type.Integer({ minimum: 0, description: 'Held-out images that every map was measured on' }),
  pairs: Type.Array(
    Type.Object({
      ...Direction,
      points: Type.Array(Type.Object({ lambda: Type.Number(), tmr: TrueMatchRate }, closed), {
        description: 'Ridge regressions, from the strongest penalty to the weakest'
      }),
      bestLambda: nullableNumber('The penalty with the highest TMR, in hindsight'),
      loss: nullable(
        Estimate,
        'What lambda 0.1 loses against it. The best is chosen on the same people, so that its interval is optimistic'
      )
    }, closed),
    { description: 'Every ordered pair' }
  )
}, { ...closed, description: 'How far the penalty of ridge regression matters' })
export type RidgeSensitivity = Static<typeof RidgeSensitivity>

const ChosenMap = {
  lambda: Type.Number({ description: 'Penalty relative to the mean eigenvalue' }),
  tmr: TrueMatchRate
}
export const QuadraticControl = Type.Object({
  training: Type.Object({ samples: Type.Integer(), identities: Type.Integer() }, {
    ...closed,
    description: 'What both maps were fitted on: at most 3,000 images'
  }),
  samples: Type.Integer({ minimum: 0, description: 'Held-out images that both were measured on' }),
  pairs: Type.Array(
    Type.Object({
      ...Direction,
      linear: Type.Object(ChosenMap, { ...closed, description: 'Ridge regression' }),
      quadratic: Type.Object({
        ...ChosenMap,
        share: Type.Number({ description: 'Share of the variance of the features that products of two of them have' })
      }, { ...closed, description: 'Ridge regression on all features and all products of two of them' }),
      gain: nullable(Estimate, 'TMR of the quadratic map minus that of the linear one, on the same people')
    }, closed),
    { description: 'Every ordered pair' }
  ),
  meanGain: nullable(Estimate, 'Mean over the pairs')
}, {
  ...closed,
  description:
    'Whether a map of more capacity does better. Penalties and share are chosen for both on a fifth of the ' +
    'training identities'
})
export type QuadraticControl = Static<typeof QuadraticControl>

/** What was asked for; a member that was not is absent. */
export const ModelAnalyses = Type.Object({
  similarity: Type.Optional(
    Type.Object({
      corpus: { ...Similarity, description: 'All persons of the corpus: nothing is fitted' },
      testCorpus: nullable(Similarity, 'Those of the test corpus; null without one')
    }, closed)
  ),
  families: Type.Optional(
    Type.Object({
      within: NullableFamilies,
      across: nullable(NullableFamilies, 'On the test corpus; null without one')
    }, closed)
  ),
  dataEfficiency: Type.Optional(DataEfficiency),
  ridgeSensitivity: Type.Optional(RidgeSensitivity),
  quadratic: Type.Optional(QuadraticControl)
}, { ...closed, description: 'Whether the models encode identity alike, as far as it was asked for' })
export type ModelAnalyses = Static<typeof ModelAnalyses>
