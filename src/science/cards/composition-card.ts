import { Type, type Static } from 'typebox'
import { Metrics } from '../scores/metrics.js'
import { SpreadParameter } from './spread-parameter.js'

const closed = { additionalProperties: false } as const

const Route = Type.Object({
  via: Type.String({ description: 'The model between the legs' }),
  legs: Type.Array(Type.String(), { description: 'Ids of the two maps, in the order in which they are applied' }),
  score: Type.Number({ description: 'The criterion on the training identities, which fitted nothing here' })
}, closed)

/** Which way a composed map goes, why, and what it loses against a map that is fitted directly. */
export const CompositionCard = Type.Object({
  via: Type.String({ description: 'The model between the legs' }),
  legs: Type.Array(Type.String(), { description: 'Ids of the two maps, in the order in which they are applied. Their later fate does not change this map' }),
  criterion: Type.String({ description: 'What was maximised over the routes, on the training identities' }),
  routes: Type.Array(Route, { description: 'Every route that was tried, the best first' }),
  direct: Type.Object({
    method: Type.String({ description: 'Its estimator, chosen as `auto` does' }),
    lambda: Type.Union([Type.Number(), Type.Null()], { description: 'Ridge penalty, see the parameters of the card' }),
    rank: Type.Union([Type.Integer(), Type.Null()], { description: 'Rank of the weights' }),
    spread: Type.Optional(SpreadParameter),
    metrics: Type.Unsafe<Static<typeof Metrics>>({ ...Metrics, description: 'Translated source against target templates, on the held-out pairs of `evaluation`' })
  }, { ...closed, description: 'A map that is fitted on the training pairs of this card: what the composition is to be compared with' })
}, { ...closed, description: 'Of a composition of two maps' })
export type CompositionCard = Static<typeof CompositionCard>
