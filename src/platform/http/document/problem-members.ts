import type { ErrorCode } from '../../../errors.js'
import type { Schema } from './schema.js'

const text: Schema = { type: 'string' }
const count: Schema = { type: 'integer' }
const list = (items: Schema, description: string): Schema => ({ type: 'array', items, description })
const orNull = (schema: Schema): Schema => ({ anyOf: [schema, { type: 'null' }] })
const members = (properties: Record<string, Schema>): Schema => ({
  type: 'object',
  properties,
  required: Object.keys(properties)
})

const map = members({ id: text, source: text, target: text })
const waiting = members({
  id: text,
  version: count,
  source: text,
  target: text,
  verdict: orNull(text),
  activate: text
})
const route = members({ source: text, via: text, target: text, maps: { type: 'array', items: text } })
const missingMap = {
  maps: list(map, 'Active maps that touch one of the spaces.'),
  waiting: list(waiting, 'Fitted maps that would help once activated.'),
  routes: list(route, 'Pairs of active maps that can be composed into one.')
}
const shortage = { expected: count, received: count }

/** What a problem of each code has beyond the members of all problems (RFC 9457, section 3.2); each may be absent. */
export const problemMembers: Partial<Record<ErrorCode, Readonly<Record<string, Schema>>>> = {
  'map-missing': missingMap,
  'fingerprint-mismatch': { maps: missingMap.maps },
  unavailable: {
    checks: {
      type: 'object',
      additionalProperties: { type: 'string' },
      description: 'Of `GET /health/ready`: what is `ok` and what is `failing`.'
    }
  },
  'jobs-exhausted': {
    jobs: { ...members({ limit: count, open: count, retryAfter: count }), description: 'Open jobs of the API key.' }
  },
  'budget-exhausted': {
    budget: {
      ...members({ templatesPerDay: count, left: count, resetsIn: count }),
      description: 'The budget of the API key; `resetsIn` is in seconds.'
    }
  },
  'gallery-loading': {
    loading: {
      ...members({ loaded: count, references: count, retryAfter: count }),
      description: 'How much of the gallery has been read; `retryAfter` is in seconds.'
    }
  },
  'ensemble-missing': {
    ensembles: list(
      members({ id: text, version: count, models: { type: 'array', items: text } }),
      'Active ensembles whose maps are all active.'
    )
  },
  'template-exists': { subject: text, reference: text, sample: text },
  'migration-open': { migration: { ...text, description: 'Id of the open migration.' } },
  'model-exists': { model: { ...text, description: 'Id of the model.' } },
  'threshold-unsupported': { lowestFpir: orNull({ type: 'number' }) },
  'answer-too-large': { limit: count },
  'map-not-activated': {
    map: members({ id: text, version: count, source: text, target: text }),
    verdict: orNull(text)
  },
  'template-foreign': {
    model: text,
    likelier: { ...orNull(text), description: 'The registered model that explains the templates better.' },
    flagged: count,
    checked: count,
    falseAlarmRate: { type: 'number' }
  },
  'template-missing': { models: list(text, 'The models that made no template.') },
  'quality-low': {
    failed: list(
      members({
        measure: text,
        value: { type: 'number' },
        bound: { type: 'string', enum: ['minimum', 'maximum'] } as Schema,
        limit: { type: 'number' }
      }),
      'Each measure beyond its limit.'
    )
  },
  'pairs-insufficient': { ...shortage, side: text },
  'pairs-rank-deficient': { side: text, rank: count, expected: count }
}
