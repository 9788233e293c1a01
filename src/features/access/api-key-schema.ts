import { ModelId } from '../../science/template/space.js'
import { Type } from 'typebox'
import { scopes } from './api-keys-repository.js'
import { closed, component, Enumeration, input } from '../../platform/http/schemas/component.js'
import { Label } from '../../platform/http/schemas/template.js'

const Scopes = Type.Array(Enumeration(scopes), { minItems: 1, maxItems: scopes.length, uniqueItems: true, description: 'What the key may do. None contains another.' })
const Pair = Type.Object({ source: Type.Unsafe<string>(ModelId), target: Type.Unsafe<string>(ModelId) }, closed)
const Moment = Type.String({ format: 'date-time' })
const orNull = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T, description: string) => Type.Union([schema, Type.Null()], { description })

export const ApiKeyRequest = input({
  name: Label('Who or what it is for.'),
  scopes: Scopes,
  translatePairs: Type.Optional(Type.Array(Pair, { minItems: 1, maxItems: 400, uniqueItems: true, description: 'With the scope `translate`: the only translations it may ask for. All when absent.' })),
  templatesPerDay: Type.Optional(Type.Integer({ minimum: 1, maximum: 1e12, description: 'With the scope `translate`: how many templates it may have translated in a day of UTC, on all replicas together. Any number when absent.' })),
  requestsPerMinute: Type.Optional(Type.Integer({ minimum: 1, maximum: 1e6, description: 'Requests that each replica admits in a minute; what the service is configured to when absent.' })),
  expiresAt: Type.Optional(Type.String({ format: 'date-time', maxLength: 40, description: 'From this moment on the key is refused. Never when absent.' }))
}, {
  examples: [{ name: 'gate 7', scopes: ['translate', 'verify'], translatePairs: [{ source: 'dlib128', target: 'r512' }], templatesPerDay: 10000, expiresAt: '2099-12-31T00:00:00Z' }]
})

const properties = {
  id: Type.String(),
  prefix: Type.String({ description: 'The first part of the key, `cw_<prefix>_…`, to recognise it by.' }),
  name: Type.String(),
  scopes: Scopes,
  translatePairs: orNull(Type.Array(Pair), 'The only translations it may ask for; null for all.'),
  templatesPerDay: orNull(Type.Integer(), 'Templates it may have translated in a day of UTC; null for any number.'),
  templatesToday: Type.Integer({ description: 'Templates it had translated in the present day of UTC; counted where there is a budget.' }),
  requestsPerMinute: orNull(Type.Integer(), 'Requests that each replica admits in a minute; null for what the service is configured to.'),
  createdAt: Moment,
  expiresAt: orNull(Moment, 'From when on it is refused; null for never.'),
  revokedAt: orNull(Moment, 'Since when it is refused for good; null when it is not.'),
  lastUsedAt: orNull(Moment, 'When it last let somebody in, up to a minute behind; null for never.')
}

export const ApiKeyDocument = component('ApiKey', Type.Object(properties, { ...closed, description: 'An API key, without its secret.' }))
export const IssuedApiKey = component('IssuedApiKey', Type.Object({
  key: Type.String({ description: 'The key itself. It is shown here and never again: only a hash is stored.' }),
  ...properties
}, closed))
