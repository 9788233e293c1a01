import { nullable } from '../../science/schemas.js'
import { Type, type Static, type TSchema } from 'typebox'
import { Calibration } from '../../science/scores/calibration.js'
import { Card } from '../../science/cards/card.js'
import { DetailedMetrics } from '../../science/scores/detailed-metrics.js'
import type { StoredCalibration } from './store/calibrations.js'
import type { StoredMap } from './store/maps.js'
import { closed, component, Enumeration } from '../../platform/http/schemas/component.js'
import { Fingerprint } from '../../platform/http/schemas/template.js'

export const MapId = Type.String({ pattern: '^[0-9a-fA-F-]{36}$', description: 'Id of a map.' })

/** The map that was used. */
export const MapReference = component(
  'MapReference',
  Type.Object({
    id: MapId,
    version: Type.Integer({ description: 'Number of the map within its directed pair, from 1.' }),
    source: Type.String({ description: 'Model of the source space.' }),
    target: Type.String({ description: 'Model of the target space.' })
  }, closed)
)

export function mapReference (map: StoredMap): Static<typeof MapReference> {
  return { id: map.id, version: map.version, source: map.source.model, target: map.target.model }
}

export const CalibrationId = Type.String({
  pattern: '^[0-9a-fA-F-]{36}$',
  description: 'Id of a calibration of a map.'
})

/** The calibration that was used instead of that of the map's card. */
export const CalibrationReference = component(
  'CalibrationReference',
  Type.Object({
    id: CalibrationId,
    version: Type.Integer({ description: 'Number of the calibration within its map, from 1.' })
  }, closed)
)

export function calibrationReference (
  calibration: StoredCalibration | undefined
): Static<typeof CalibrationReference> | null {
  return calibration === undefined ? null : { id: calibration.id, version: calibration.version }
}

const MapSpace = Type.Object({
  model: Type.String(),
  fingerprint: Fingerprint,
  dimension: Type.Integer(),
  current: Type.Boolean({
    description: 'False if the model has another space by now: the map then no longer serves requests.'
  })
}, closed)

const nullableTime = (description: string) => nullable(Type.String({ format: 'date-time' }), description)

const Summary = {
  id: MapId,
  version: Type.Integer({ description: 'Number of the map within its directed pair, from 1.' }),
  source: MapSpace,
  target: MapSpace,
  method: Type.String({ description: 'The estimator used.' }),
  parameters: Type.Record(Type.String(), Type.Unknown(), { description: 'Hyperparameters of the estimator.' }),
  seed: Type.Integer({ description: 'Seed of the split and of every other random draw.' }),
  corpusId: Type.Union([Type.String(), Type.Null()], {
    description: 'The corpus that the map was fitted on, if it is still stored.'
  }),
  corpusHash: Type.String({ description: 'SHA-256 of the pairs that the map was fitted on.' }),
  sha256: Type.String({ description: 'SHA-256 of the numbers of the map.' }),
  state: Enumeration(['fitted', 'active', 'retired'], {
    description: 'At most one map of a directed pair is active and serves; a retired map never serves again.'
  }),
  createdAt: Type.String({ format: 'date-time' }),
  activatedAt: nullableTime('When the map was last activated.'),
  retiredAt: nullableTime('When the map was retired.')
}

/** A schema from science with its members named here, so that the OpenAPI document states each of them once. */
const withMembers = (schema: { properties: object }, member: TSchema) => ({
  ...schema,
  properties: Object.fromEntries(Object.keys(schema.properties).map(name => [name, member]))
})

export const MetricsDocument = component('Metrics', DetailedMetrics)
export const CalibrationDocument = component('Calibration', Calibration)

const CardDocument = component(
  'Card',
  Type.Unsafe<Card>({
    ...Card,
    properties: {
      ...Card.properties,
      evaluation: withMembers(Card.properties.evaluation, MetricsDocument),
      calibration: withMembers(Card.properties.calibration, CalibrationDocument)
    }
  })
)

export const MapSummary = component('MapSummary', Type.Object(Summary, closed))
export const MapDocument = component(
  'AffineMap',
  Type.Object({ ...Summary, card: CardDocument }, {
    ...closed,
    description: 'A map and its card. Only the state can change.'
  })
)
