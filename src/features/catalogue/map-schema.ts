import { nullable } from '../../science/schemas.js'
import { Type, type Static, type TSchema } from 'typebox'
import { Calibration } from '../../science/scores/calibration.js'
import { Card } from '../../science/cards/card.js'
import { DetailedMetrics } from '../../science/scores/detailed-metrics.js'
import type { StoredMap } from './store/maps.js'
import { closed, component, Enumeration } from '../../platform/http/schemas/component.js'
import { Fingerprint } from '../../platform/http/schemas/template.js'

export const MapId = Type.String({ pattern: '^[0-9a-fA-F-]{36}$', description: 'Id of a map.' })

/** The map that was used. */
export const MapReference = component(
  'MapReference',
  Type.Object({
    id: MapId,
    version: Type.Integer({ description: 'Counts the maps of a directed pair.' }),
    source: Type.String({ description: 'Model of the source space.' }),
    target: Type.String({ description: 'Model of the target space.' })
  }, closed)
)

export function mapReference (map: StoredMap): Static<typeof MapReference> {
  return { id: map.id, version: map.version, source: map.source.model, target: map.target.model }
}

const MapSpace = Type.Object({
  model: Type.String(),
  fingerprint: Fingerprint,
  dimension: Type.Integer(),
  current: Type.Boolean({
    description:
      'False when the model has another space by now; the map then serves templates that carry the old fingerprint to nobody.'
  })
}, closed)

const nullableTime = (description: string) => nullable(Type.String({ format: 'date-time' }), description)

const Summary = {
  id: MapId,
  version: Type.Integer({ description: 'Counts the maps of a directed pair.' }),
  source: MapSpace,
  target: MapSpace,
  method: Type.String({ description: 'The estimator that was used.' }),
  parameters: Type.Record(Type.String(), Type.Unknown(), { description: 'Its hyperparameters.' }),
  seed: Type.Integer({ description: 'Of the split and of every other draw.' }),
  corpusId: Type.Union([Type.String(), Type.Null()], {
    description: 'The corpus it was fitted on, if that is stored.'
  }),
  corpusHash: Type.String({ description: 'SHA-256 of the pairs it was fitted on.' }),
  sha256: Type.String({ description: 'SHA-256 of its numbers.' }),
  state: Enumeration(['fitted', 'active', 'retired'], {
    description: 'One map of a directed pair is active and serves; a retired one never serves again.'
  }),
  createdAt: Type.String({ format: 'date-time' }),
  activatedAt: nullableTime('When it was last activated.'),
  retiredAt: nullableTime('When it was retired.')
}

/** A schema from science with its members named here, so that the OpenAPI document states each of them once. */
const withMembers = (schema: { properties: object }, member: TSchema) => ({
  ...schema,
  properties: Object.fromEntries(Object.keys(schema.properties).map(name => [name, member]))
})

const CardDocument = component(
  'Card',
  Type.Unsafe<Card>({
    ...Card,
    properties: {
      ...Card.properties,
      evaluation: withMembers(Card.properties.evaluation, component('Metrics', DetailedMetrics)),
      calibration: withMembers(Card.properties.calibration, component('Calibration', Calibration))
    }
  })
)

export const MapSummary = component('MapSummary', Type.Object(Summary, closed))
export const MapDocument = component(
  'Map',
  Type.Object({ ...Summary, card: CardDocument }, {
    ...closed,
    description: 'A map and its card. All but the state is immutable.'
  })
)
