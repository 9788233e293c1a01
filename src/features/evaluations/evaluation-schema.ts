import { nullable } from '../../science/schemas.js'
import { Type } from 'typebox'
import { analysisNames, ModelAnalyses } from '../../science/cards/model-analyses.js'
import { evaluationMethods, ModelEvaluation } from '../../science/cards/model-evaluation.js'
import { CellFigures, CrossModelMatrix } from '../../science/cards/matrix.js'
import { closed, component, Enumeration } from '../../platform/http/schemas/component.js'

export const EvaluationId = Type.String({ pattern: '^[0-9a-fA-F-]{36}$', description: 'Id of an evaluation.' })

const Summary = {
  id: EvaluationId,
  corpusId: nullable(Type.String(), 'The corpus that the maps were fitted and tested on; null once it is deleted.'),
  corpusHash: Type.String({ description: 'SHA-256 of its samples with templates under all models.' }),
  testCorpusId: nullable(
    Type.String(),
    'The other corpus that they were tested on; null without one, and once it is deleted.'
  ),
  testCorpusHash: nullable(Type.String(), 'The same for the test corpus; null without one.'),
  request: Type.Object({
    corpus: Type.String(),
    testCorpus: Type.Union([Type.String(), Type.Null()]),
    models: Type.Array(Type.String()),
    method: Enumeration(evaluationMethods),
    fmr: Type.Number(),
    seed: Type.Integer(),
    heldOutFraction: Type.Number(),
    analyses: Type.Optional(Type.Array(Enumeration(analysisNames)))
  }, { ...closed, description: 'The request, with every default filled in.' }),
  createdAt: Type.String({ format: 'date-time' })
}

// Named, so that the OpenAPI document states each of them once.
const Cell = component('EvaluationCell', CellFigures)
const Pair = CrossModelMatrix.properties.pairs.items
const Matrix = component(
  'CrossModelMatrix',
  Type.Unsafe<CrossModelMatrix>({
    ...CrossModelMatrix,
    properties: {
      ...CrossModelMatrix.properties,
      alone: {
        ...CrossModelMatrix.properties.alone,
        items: {
          ...CrossModelMatrix.properties.alone.items,
          properties: { ...CrossModelMatrix.properties.alone.items.properties, figures: Cell }
        }
      },
      pairs: {
        ...CrossModelMatrix.properties.pairs,
        items: { ...Pair, properties: { ...Pair.properties, aligned: Cell, unaligned: Cell } }
      }
    }
  })
)
const { within } = ModelEvaluation.properties
const Report = component(
  'EvaluationReport',
  Type.Unsafe<ModelEvaluation['within']>({
    ...within,
    description: 'Figures on one set of images.',
    properties: { ...within.properties, matrix: Matrix }
  })
)
const Analyses = component('EvaluationAnalyses', ModelAnalyses)
const Result = Type.Unsafe<ModelEvaluation>({
  ...ModelEvaluation,
  properties: {
    ...ModelEvaluation.properties,
    within: Report,
    analyses: Analyses,
    across: { anyOf: [Report, { type: 'null' }], description: 'The same maps on the test corpus; null without one.' }
  }
})

export const EvaluationSummary = component('EvaluationSummary', Type.Object(Summary, closed))
export const EvaluationDocument = component(
  'Evaluation',
  Type.Object({ ...Summary, result: Result }, { ...closed, description: 'An evaluation. It never changes.' })
)
