import { closed, nullable, nullableNumber } from '../schemas.js'
import { Method, Rank, Selection, ShrinkageParameter, SpreadParameter } from '../alignment/selection-schema.js'
import { Type, type Static } from 'typebox'
import { Baselines } from './baselines.js'
import { Calibration } from '../scores/calibration.js'
import { ComparisonCard } from './comparison-card.js'
import { CompositionCard } from './composition-card.js'
import { DetailedMetrics } from '../scores/detailed-metrics.js'
import { Groups } from './groups.js'
import { LearningCurve } from './learning-curve.js'
import { Shadow } from './shadow-card.js'
import { Verdict } from './verdict.js'

const Count = (description: string) => Type.Integer({ minimum: 0, description })

const CardMethod = Type.Union([...Method.anyOf, Type.Literal('composition')], {
  description: 'How the map was made: by one of the estimators, or of two other maps'
})

const PairCount = (description: string) =>
  Type.Object({
    pairs: Count('Pairs of templates, one pair per image'),
    identities: Count('Identities; an image without label is an identity of its own')
  }, { ...closed, description })

/**
 * The evaluation that travels with a map. Cards are stored for good, and those of version 1 are read as they were
 * written. What came with version 2 is optional here and always present in a card of version 2, except the learning
 * curve of a composition, which was not fitted on pairs.
 */
export const Card = Type.Object({
  schemaVersion: Type.Union([Type.Literal(1), Type.Literal(2)], {
    description: 'Version of this schema. Version 1 has no `verdict`, `baselines`, `learningCurve` and `groups`, and ' +
      'no `det`, `scores` and `identification` in its metrics'
  }),
  verdict: Type.Optional(Verdict),
  method: CardMethod,
  parameters: Type.Object({
    lambda: nullableNumber(
      'Ridge penalty relative to the mean variance of a source dimension, that is to trace(AtA) / dSource; null for ' +
        'methods without one'
    ),
    rank: Rank,
    spread: Type.Optional(SpreadParameter),
    shrinkage: Type.Optional(ShrinkageParameter),
    via: Type.Optional(Type.String({ description: 'Of a composition: the model between its legs' })),
    legs: Type.Optional(
      Type.Array(Type.String(), {
        description: 'Of a composition: ids of the two maps, in the order in which they are applied'
      })
    )
  }, { ...closed, description: 'Parameters of the method' }),
  selection: Selection,
  seed: Type.Integer({ description: 'Seed of the split, the folds and the bootstrap' }),
  pairs: Type.Object({
    corpusHash: Type.String({
      description: 'SHA-256 of the pairs: with the seed it determines this card, but for `groups`'
    }),
    pairs: Count('Pairs received'),
    identities: Count('Identities among them; an image without label is an identity of its own'),
    oneSided: Type.Object({
      source: Count('Images with a source template only'),
      target: Count('Images with a target template only')
    }, { ...closed, description: 'Images left out because they have no template on the other side' }),
    pairing: Type.Optional(
      Type.Unsafe<'identity'>({
        type: 'string',
        enum: ['identity'],
        description: '`identity`: a pair is one person in two images, and `oneSided` counts images of people without ' +
          'any on the other side. Absent where a pair is one image'
      })
    )
  }, { ...closed, description: 'What the map was fitted and evaluated on' }),
  split: Type.Object({
    method: Type.Optional(
      Type.Unsafe<'cross-fitting' | 'held-out'>({
        type: 'string',
        enum: ['cross-fitting', 'held-out'],
        description: '`cross-fitting`: everybody fits the map; its figures and thresholds are pooled over folds by ' +
          'identity, each scored by the same kind of map fitted on the other folds. `held-out`: a part of the ' +
          'identities fits nothing and evaluates. Absent from older cards, which are `held-out`'
      })
    ),
    folds: Type.Optional(
      Type.Integer({ minimum: 1, description: 'Parts that were evaluated, each by a map of its own; 1 when held out' })
    ),
    heldOutFraction: Type.Number({
      description: 'Share of the identities held out, as requested; with cross-fitting that of a fold'
    }),
    training: PairCount('What the map was fitted on'),
    heldOut: PairCount(
      'What evaluated and calibrated the map: with cross-fitting everybody, otherwise identities that are not among ' +
        'the training pairs'
    )
  }, { ...closed, description: 'How the pairs were divided, by identity, to fit and to evaluate' }),
  evaluation: Type.Object({
    crossModel: DetailedMetrics,
    sourceAlone: DetailedMetrics,
    targetAlone: DetailedMetrics,
    unaligned: DetailedMetrics
  }, {
    ...closed,
    description: 'On held-out pairs: translated source templates against target templates; each model against ' +
      'itself; and source against target without a map, the shorter padded with zeros'
  }),
  calibration: Type.Object({
    crossModel: Calibration,
    source: Calibration,
    target: Calibration
  }, {
    ...closed,
    description: 'Thresholds from held-out identities: of translated source against target templates in the target ' +
      'space, and of each space alone'
  }),
  baselines: Type.Optional(Baselines),
  learningCurve: Type.Optional(LearningCurve),
  groups: Type.Optional(nullable(Groups, 'Null when no held-out image carries a group label')),
  comparison: Type.Optional(ComparisonCard),
  composition: Type.Optional(CompositionCard),
  shadow: Type.Optional(Shadow),
  fidelity: Type.Number({
    description: 'Mean cosine of a translated template and the true target template of the same image, on held-out ' +
      'pairs'
  }),
  warnings: Type.Array(Type.String(), { description: 'What a reader should know before trusting the figures' })
}, { ...closed, description: 'How a map was fitted, on what, and how well it does' })

export type Card = Static<typeof Card>
