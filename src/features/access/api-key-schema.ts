import { ModelId } from '../../science/template/space.js'
import { Type } from 'typebox'
import { scoreDetails, scopes } from './api-keys-repository.js'
import { closed, component, Enumeration, input } from '../../platform/http/schemas/component.js'
import { Label } from '../../platform/http/schemas/template.js'

const Scopes = Type.Array(Enumeration(scopes), {
  minItems: 1,
  maxItems: scopes.length,
  uniqueItems: true,
  description: 'What the key may do. None contains another.'
})
const Pair = Type.Object({ source: Type.Unsafe<string>(ModelId), target: Type.Unsafe<string>(ModelId) }, closed)
const Moment = Type.String({ format: 'date-time' })
const orNull = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T, description: string) =>
  Type.Union([schema, Type.Null()], { description })

export const ApiKeyRequest = input({
  name: Label('Who or what it is for.'),
  scopes: Scopes,
  translatePairs: Type.Optional(Type.Array(Pair, {
    minItems: 1,
    maxItems: 400,
    uniqueItems: true,
    description:
      'With `translate`, `verify` or `identify`: the only models whose templates it may translate, in this direction, and compare, in either; for comparisons of templates of one model name it as source and target. All when absent.'
  })),
  templatesPerDay: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 1e12,
      description:
        'With `translate`, `verify` or `identify`: how many templates it may have translated or compared in a day of UTC, on all replicas together. A verification counts one, a comparison in bulk one for each score, a search one for each probe. Any number when absent.'
    })
  ),
  requestsPerMinute: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 1e6,
      description: 'Requests that each replica admits in a minute; what the service is configured to when absent.'
    })
  ),
  scores: Type.Optional(Enumeration(scoreDetails, {
    description:
      `With \`verify\` or \`identify\`: what it is told of comparison scores. \`exact\`: all. \`coarse\`: a score at or above the threshold, rounded down to
a multiple of 0.05, and none below. \`none\`: the decision, or the subjects above the threshold. With the last two nothing is decided at a false match rate above 0.001. When absent: \`none\` with \`identify\`, else \`exact\`.`
  })),
  expiresAt: Type.Optional(
    Type.String({
      format: 'date-time',
      maxLength: 40,
      description: 'From this moment on the key is refused. Never when absent.'
    })
  )
}, {
  examples: [{
    name: 'gate 7',
    scopes: ['translate', 'verify'],
    translatePairs: [{ source: 'dlib128', target: 'r512' }],
    templatesPerDay: 10000,
    expiresAt: '2099-12-31T00:00:00Z'
  }]
})

const properties = {
  id: Type.String(),
  prefix: Type.String({ description: 'The first part of the key, `cw_<prefix>_…`, to recognise it by.' }),
  name: Type.String(),
  scopes: Scopes,
  translatePairs: orNull(
    Type.Array(Pair),
    'The only models whose templates it may translate, in this direction, and compare, in either; null for all.'
  ),
  templatesPerDay: orNull(
    Type.Integer(),
    'Templates it may have translated or compared in a day of UTC; null for any number.'
  ),
  templatesToday: Type.Integer({
    description: 'Templates it had translated or compared in the present day of UTC; counted where there is a budget.'
  }),
  requestsPerMinute: orNull(
    Type.Integer(),
    'Requests that each replica admits in a minute; null for what the service is configured to.'
  ),
  limitsComparisons: Type.Boolean({
    description:
      'Whether `translatePairs` and `templatesPerDay` hold for comparisons too. False for keys of versions in which they did not: replace those that may verify or identify.'
  }),
  scores: Enumeration(scoreDetails, { description: 'What it is told of comparison scores.' }),
  createdAt: Moment,
  expiresAt: orNull(Moment, 'From when on it is refused; null for never.'),
  revokedAt: orNull(Moment, 'Since when it is refused for good; null when it is not.'),
  lastUsedAt: orNull(Moment, 'When it last let somebody in, up to a minute behind; null for never.')
}

export const ApiKeyDocument = component(
  'ApiKey',
  Type.Object(properties, { ...closed, description: 'An API key, without its secret.' })
)
export const IssuedApiKey = component(
  'IssuedApiKey',
  Type.Object({
    key: Type.String({ description: 'The key itself. It is shown here and never again: only a hash is stored.' }),
    ...properties
  }, closed)
)
