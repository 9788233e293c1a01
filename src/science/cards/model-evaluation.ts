import { closed, nullable, nullableNumber } from '../schemas.js'
import { SpreadParameter } from '../alignment/selection-schema.js'
import { Type, type Static } from 'typebox'
import { Dendrogram } from './clustering.js'
import { CrossModelMatrix } from './matrix.js'
import { ModelAnalyses } from './model-analyses.js'
import { Asymmetry, Generalisation } from './model-relations.js'

export const evaluationMethods = ['procrustes', 'linear', 'ridge', 'auto'] as const
export type EvaluationMethod = typeof evaluationMethods[number]

const TestReport = Type.Object({
  matrix: CrossModelMatrix,
  clustering: nullable(
    Dendrogram,
    'Of the models, by how well they are translated into one another: the distance is 1 - the mean TMR of both ' +
      'directions after alignment. Null when a TMR is unknown'
  ),
  asymmetry: Type.Array(Asymmetry, { description: 'After alignment' })
}, closed)
export type TestReport = Static<typeof TestReport>

/** How well the templates of several models translate into one another. */
export const ModelEvaluation = Type.Object({
  schemaVersion: Type.Literal(1),
  models: Type.Array(Type.Object({ model: Type.String(), dimension: Type.Integer() }, closed), { minItems: 2 }),
  fmr: Type.Number({ description: 'False match rate of every TMR' }),
  seed: Type.Integer(),
  heldOutFraction: Type.Number({ description: 'Share of the identities that fitted nothing' }),
  training: Type.Object({ samples: Type.Integer(), identities: Type.Integer() }, {
    ...closed,
    description: 'What every map was fitted on'
  }),
  maps: Type.Array(
    Type.Object({
      source: Type.String(),
      target: Type.String(),
      method: Type.String(),
      lambda: nullableNumber(
        "Ridge penalty relative to the mean eigenvalue of the source's Gram matrix; null for methods without"
      ),
      rank: nullableNumber('Rank of the weights; null for methods without'),
      spread: Type.Optional(SpreadParameter),
      reason: Type.String({ description: 'Why this estimator' })
    }, closed),
    { description: 'Every ordered pair' }
  ),
  within: { ...TestReport, description: 'On the held-out identities of the corpus' },
  across: nullable(TestReport, 'The same maps on the test corpus; null without one'),
  generalisation: nullable(Generalisation, 'Both side by side; null without a test corpus'),
  analyses: Type.Optional(ModelAnalyses),
  warnings: Type.Array(Type.String())
}, closed)
export type ModelEvaluation = Static<typeof ModelEvaluation>
