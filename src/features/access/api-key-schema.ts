import { ModelId } from '../../science/template/space.js'
import { Type } from 'typebox'
import { scoreDetails, scopes } from './api-keys-repository.js'
import { closed, component, Enumeration, input } from '../../platform/http/schemas/component.js'
import { Label } from '../../platform/http/schemas/template.js'

const Scopes = Type.Array(Enumeration(scopes), {
  minItems: 1,
  maxItems: scopes.length,
  uniqueItems: true,
  description: 'What the key may do. No scope includes another.'
})
const Pair = Type.Object({ source: Type.Unsafe<string>(ModelId), target: Type.Unsafe<string>(ModelId) }, closed)
const Moment = Type.String({ format: 'date-time' })
const orNull = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T, description: string) =>
  Type.Union([schema, Type.Null()], { description })

export const ApiKeyRequest = input({
  name: Label('Who or what the key is for.'),
  scopes: Scopes,
  translatePairs: Type.Optional(Type.Array(Pair, {
    minItems: 1,
    maxItems: 400,
    uniqueItems: true,
    description:
      'With `translate`, `verify` or `identify`: the pairs of models whose templates the key may translate (in ' +
      'this direction) and compare (in either). To allow comparisons within one model, name it as source and ' +
      'target. Default: all pairs.'
  })),
  templatesPerDay: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 1e12,
      description:
        'With `translate`, `verify` or `identify`: maximum number of templates translated or compared per UTC day, ' +
        'over all replicas. A verification counts as one, a comparison in bulk as one per score, a search as one per ' +
        'probe. Default: no limit.'
    })
  ),
  requestsPerMinute: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 1e6,
      description: 'Maximum requests per minute and replica. Default: the limit that the service is configured with.'
    })
  ),
  scores: Type.Optional(Enumeration(scoreDetails, {
    description:
      `With \`verify\` or \`identify\`: how much the key sees of comparison scores. \`exact\`: everything. ` +
      `\`coarse\`: scores at or above the threshold, rounded down to a multiple of 0.05. \`none\`: the decision, ` +
      `or the subjects above the threshold. With \`coarse\` and \`none\`, nothing is decided at a false match ` +
      `rate above 0.001. Default: \`none\` with \`identify\`, otherwise \`exact\`.`
  })),
  expiresAt: Type.Optional(
    Type.String({
      format: 'date-time',
      maxLength: 40,
      description: 'When the key expires. Default: never.'
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
    'The pairs of models whose templates the key may translate (in this direction) and compare (in either); null ' +
      'for all.'
  ),
  templatesPerDay: orNull(
    Type.Integer(),
    'Maximum number of templates translated or compared per UTC day; null for no limit.'
  ),
  templatesToday: Type.Integer({
    description: 'Templates translated or compared so far this UTC day; counted only with a budget.'
  }),
  requestsPerMinute: orNull(
    Type.Integer(),
    'Maximum requests per minute and replica; null for the limit that the service is configured with.'
  ),
  limitsComparisons: Type.Boolean({
    description:
      'Whether `translatePairs` and `templatesPerDay` apply to comparisons too. False for keys issued by versions ' +
      'in which they did not: replace those that may verify or identify.'
  }),
  scores: Enumeration(scoreDetails, { description: 'How much the key sees of comparison scores.' }),
  createdAt: Moment,
  expiresAt: orNull(Moment, 'When the key expires; null for never.'),
  revokedAt: orNull(Moment, 'When the key was revoked; null if it was not.'),
  lastUsedAt: orNull(Moment, 'When the key was last used, up to a minute behind; null for never.')
}

export const ApiKeyDocument = component(
  'ApiKey',
  Type.Object(properties, { ...closed, description: 'An API key, without its secret.' })
)
export const IssuedApiKey = component(
  'IssuedApiKey',
  Type.Object({
    key: Type.String({ description: 'The key itself, shown only here: the service stores a hash.' }),
    ...properties
  }, closed)
)
