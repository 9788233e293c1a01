import { closed, nullable, nullableNumber } from '../schemas.js'
import { ShrinkageParameter, SpreadParameter } from '../alignment/selection-schema.js'
import { Type, type Static } from 'typebox'
import { Metrics } from '../scores/metrics.js'

const Route = Type.Object({
  via: Type.String({ description: 'The model between the legs' }),
  legs: Type.Array(Type.String(), { description: 'Ids of the two maps, in the order in which they are applied' }),
  score: Type.Number({ description: 'The criterion on the training identities, which fitted nothing here' })
}, closed)

/** The route of a composed map, why it was chosen, and the loss against a map that is fitted directly. */
export const CompositionCard = Type.Object({
  via: Type.String({ description: 'The model between the legs' }),
  legs: Type.Array(Type.String(), {
    description: 'Ids of the two maps, in the order in which they are applied. Their later fate does not change this ' +
      'map'
  }),
  criterion: Type.String({ description: 'What was maximised over the routes, on the training identities' }),
  routes: Type.Array(Route, { description: 'Every route that was tried, the best first' }),
  direct: Type.Object({
    method: Type.String({ description: 'Its estimator, chosen as `auto` does' }),
    lambda: nullableNumber('Ridge penalty, see the parameters of the card'),
    rank: nullable(Type.Integer(), 'Rank of the weights'),
    spread: Type.Optional(SpreadParameter),
    shrinkage: Type.Optional(ShrinkageParameter),
    metrics: Type.Unsafe<Static<typeof Metrics>>({
      ...Metrics,
      description: 'Translated source against target templates, on the held-out pairs of `evaluation`'
    })
  }, {
    ...closed,
    description: 'A map that is fitted on the training pairs of this card: what the composition is to be compared ' +
      'with'
  })
}, { ...closed, description: 'Of a composition of two maps' })
export type CompositionCard = Static<typeof CompositionCard>
