import { readFileSync } from 'node:fs'
import { Ajv, type ValidateFunction } from 'ajv'

/**
 * What Qdrant's documentation of its REST interface says of the operations that are used here, reduced to the members
 * that are sent and read. Requests with other members are refused, which Qdrant itself does not do.
 */
const id = { anyOf: [{ type: 'integer', minimum: 0 }, { type: 'string', format: 'uuid' }] }
const name = { type: 'string', minLength: 1 }
const numbers = { type: 'array', items: { type: 'number' } }
const settings = { type: 'object' }
const optional = (schema: object) => ({ anyOf: [schema, { type: 'null' }] })
const object = (
  required: Record<string, object>,
  others: Record<string, object> = {},
  additionalProperties = false
) => ({
  type: 'object',
  required: Object.keys(required),
  properties: { ...required, ...others },
  additionalProperties
})
const sparse = object({ indices: { type: 'array', items: { type: 'integer' } }, values: numbers })
const oneVector = { anyOf: [numbers, { type: 'array', items: numbers }, sparse] }
const vector = {
  anyOf: [numbers, { type: 'array', items: numbers }, { type: 'object', additionalProperties: oneVector }]
}
const vectorParams = object({
  size: { type: 'integer', minimum: 1 },
  distance: { enum: ['Cosine', 'Euclid', 'Dot', 'Manhattan'] }
}, {
  hnsw_config: optional(settings),
  quantization_config: optional(settings),
  on_disk: optional({ type: 'boolean' }),
  datatype: optional({ enum: ['float32', 'uint8', 'float16'] }),
  multivector_config: optional(settings)
})
const vectors = { anyOf: [vectorParams, { type: 'object', additionalProperties: vectorParams }] }
const count = { type: 'integer', minimum: 1 }
const hasIds = object({ has_id: { type: 'array', items: id } })
const matches = object({ key: name, match: object({ value: { type: ['string', 'integer', 'boolean'] } }) })
const matchesAny = object({
  key: name,
  match: object({ any: { type: 'array', items: { type: ['string', 'integer'] } } })
})
const condition = { anyOf: [hasIds, matches, matchesAny] }
const conditions = { type: 'array', items: condition }
const filter = object({}, { must: conditions, must_not: conditions })
const withVector = { anyOf: [{ type: 'boolean' }, { type: 'array', items: { type: 'string' } }] }
const shared = { limit: count, with_payload: { type: 'boolean' }, with_vector: withVector, filter }
const query = object({ query: { anyOf: [numbers, object({ sample: { const: 'random' } })] } }, {
  ...shared,
  using: { type: 'string' },
  params: object({}, {
    hnsw_ef: count,
    exact: { type: 'boolean' },
    quantization: object({}, {
      ignore: { type: 'boolean' },
      rescore: { type: 'boolean' },
      oversampling: { type: 'number', minimum: 1 }
    })
  })
})
const record = object({ id }, { payload: optional({ type: 'object' }), vector: optional(vector) })
const scored = object({ id, score: { type: 'number' }, version: { type: 'integer' } }, {
  payload: optional({ type: 'object' }),
  vector: optional(vector)
})
const updated = object({ status: { enum: ['acknowledged', 'completed', 'wait_timeout'] } }, {
  operation_id: { type: 'integer' }
})
const alias = object({ alias_name: name, collection_name: name })
const optimizers = settings
const collectionParams = object({ vectors }, {
  shard_number: count,
  sharding_method: optional({ enum: ['auto', 'custom'] }),
  replication_factor: count,
  write_consistency_factor: count,
  read_fan_out_factor: optional({ type: 'integer', minimum: 0 }),
  on_disk_payload: { type: 'boolean' },
  sparse_vectors: optional(settings)
})
const config = object({ params: collectionParams, hnsw_config: settings, optimizer_config: settings }, {
  wal_config: optional(settings),
  quantization_config: optional(settings),
  strict_mode_config: optional(settings),
  metadata: optional(settings)
})
const info = object(
  {
    status: { enum: ['green', 'yellow', 'grey', 'red'] },
    optimizer_status: { const: 'ok' },
    segments_count: { type: 'integer' },
    config,
    payload_schema: {
      type: 'object',
      additionalProperties: object({ data_type: name, points: { type: 'integer' } }, { params: optional(settings) })
    }
  },
  { points_count: { type: 'integer' } }
)
const points = { type: 'array', minItems: 1, items: object({ id, vector }, { payload: optional({ type: 'object' }) }) }

interface Operation {
  readonly request?: object
  /** of `result`; of the whole answer where there is none */
  readonly answer: object
}

const yes = { const: true }
const one = '/collections/{collection_name}'

/** By method and path as the documentation has them. */
const operations: Readonly<Record<string, Operation>> = {
  'GET /': { answer: object({ title: name, version: name }, { commit: optional(name) }) },
  'GET /aliases': { answer: object({ aliases: { type: 'array', items: alias } }) },
  'POST /collections/aliases': {
    request: object({
      actions: {
        type: 'array',
        items: { anyOf: [object({ create_alias: alias }), object({ delete_alias: object({ alias_name: name }) })] }
      }
    }),
    answer: yes
  },
  'GET /collections': { answer: object({ collections: { type: 'array', items: object({ name }) } }) },
  [`GET ${one}`]: { answer: info },
  [`PUT ${one}`]: {
    request: object({ vectors }, {
      shard_number: count,
      sharding_method: { enum: ['auto', 'custom'] },
      replication_factor: count,
      write_consistency_factor: count,
      on_disk_payload: { type: 'boolean' },
      sparse_vectors: settings,
      hnsw_config: settings,
      optimizers_config: optimizers,
      wal_config: settings,
      quantization_config: settings,
      strict_mode_config: settings,
      metadata: settings
    }),
    answer: yes
  },
  [`PATCH ${one}`]: {
    request: object({}, {
      params: object({}, { read_fan_out_factor: { type: 'integer' } }),
      optimizers_config: optimizers
    }),
    answer: yes
  },
  [`DELETE ${one}`]: { answer: yes },
  [`PUT ${one}/index`]: {
    request: object({ field_name: name, field_schema: { anyOf: [name, object({ type: name }, {}, true)] } }),
    answer: updated
  },
  [`PUT ${one}/points`]: { request: object({ points }), answer: updated },
  [`POST ${one}/points`]: {
    request: object({ ids: { type: 'array', items: id } }, {
      with_payload: { type: 'boolean' },
      with_vector: withVector
    }),
    answer: { type: 'array', items: record }
  },
  [`POST ${one}/points/delete`]: {
    request: { anyOf: [object({ points: { type: 'array', items: id } }), object({ filter })] },
    answer: updated
  },
  [`GET ${one}/points/{id}`]: { answer: record },
  [`POST ${one}/points/scroll`]: {
    request: object({}, { ...shared, offset: id }),
    answer: object({ points: { type: 'array', items: record } }, { next_page_offset: optional(id) })
  },
  [`POST ${one}/points/count`]: {
    request: object({ exact: { type: 'boolean' } }, { filter }),
    answer: object({ count: { type: 'integer' } })
  },
  [`POST ${one}/points/query`]: { request: query, answer: object({ points: { type: 'array', items: scored } }) },
  [`POST ${one}/points/query/batch`]: {
    request: object({ searches: { type: 'array', items: query } }),
    answer: { type: 'array', items: object({ points: { type: 'array', items: scored } }) }
  }
}

/** Query parameters: those of reads and of writes. */
const reading = { consistency: /^majority$/ }
const writing = { wait: /^true$/, ordering: /^(weak|medium|strong)$/ }
const parameters: Readonly<Record<string, Readonly<Record<string, RegExp>>>> = {
  [`PUT ${one}/index`]: writing,
  [`PUT ${one}/points`]: writing,
  [`POST ${one}/points/delete`]: writing,
  [`POST ${one}/points`]: reading,
  [`GET ${one}/points/{id}`]: reading,
  [`POST ${one}/points/scroll`]: reading,
  [`POST ${one}/points/query`]: reading,
  [`POST ${one}/points/query/batch`]: reading
}

export interface Contract {
  /** @returns what is wrong with a request; undefined when nothing is */
  request(operation: string, search: URLSearchParams, body: unknown): string | undefined
  answer(operation: string, body: unknown): string | undefined
}

/**
 * The contract above and, where `TEST_QDRANT_OPENAPI` names one, Qdrant's own document too: `openapi.json` of a
 * version, from its repository.
 */
export function openContract (document = process.env.TEST_QDRANT_OPENAPI): Contract {
  const checks = [
    ownChecks(),
    ...document === undefined || document === '' ? [] : document.split(',').map(documentChecks)
  ]
  const first = (results: readonly (string | undefined)[]) => results.find(result => result !== undefined)
  return {
    request: (operation, search, body) => first(checks.map(check => check.request(operation, search, body))),
    answer: (operation, body) => first(checks.map(check => check.answer(operation, body)))
  }
}

/** Those that Qdrant's document has of numbers say how many bits they have. */
const formats = {
  uuid: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
  ...Object.fromEntries(
    ['float', 'double', 'uint', 'uint8', 'uint16', 'uint32', 'uint64', 'int32', 'int64', 'date-time'].map(
      name => [name, true as const]
    )
  )
}
const newAjv = () => new Ajv({ strict: false, allErrors: false, formats })

function told (validate: ValidateFunction | undefined, value: unknown, what: string): string | undefined {
  if (validate === undefined) return value === undefined ? undefined : `${what}: expected none`
  if (validate(value)) return undefined
  const [error] = validate.errors!
  return `${what}: ${error!.instancePath} ${error!.message} ${JSON.stringify(error!.params)}`
}

function ownChecks (): Contract {
  const ajv = newAjv()
  const compiled = new Map(
    Object.entries(operations).map(([operation, { request, answer }]) => [operation, {
      request: request === undefined ? undefined : ajv.compile(request),
      answer: ajv.compile(
        operation === 'GET /' ? answer : object({ result: answer, status: { const: 'ok' }, time: { type: 'number' } })
      )
    }])
  )
  return {
    request (operation, search, body) {
      const found = compiled.get(operation)
      if (found === undefined) return `${operation}: expected an operation of the contract`
      for (const [key, value] of search) {
        if (parameters[operation]?.[key]?.test(value) !== true) {
          return `${operation}: unexpected parameter ${key}=${value}`
        }
      }
      return told(found.request, body, operation)
    },
    answer: (operation, body) => told(compiled.get(operation)!.answer, body, `answer of ${operation}`)
  }
}

interface OpenApi {
  readonly paths: Record<
    string,
    Record<string, {
      readonly parameters?: readonly { readonly name: string, readonly in: string }[]
      readonly requestBody?: { readonly content: Record<string, { readonly schema: object }> }
      readonly responses: Record<string, { readonly content: Record<string, { readonly schema: object }> }>
    }>
  >
}

function documentChecks (path: string): Contract {
  const document = JSON.parse(readFileSync(path, 'utf8')) as OpenApi
  const ajv = newAjv()
  ajv.addSchema(nullableAsNull(document) as object, 'openapi')
  const compiled = new Map<string, ValidateFunction>()
  const validator = (pointer: readonly string[]) => {
    const place = pointer.map(part => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/')
    const known = compiled.get(place) ?? ajv.compile({ $ref: `openapi#/${place}` })
    compiled.set(place, known)
    return known
  }
  const operationOf = (operation: string) => {
    const [method, at] = operation.split(' ') as [string, string]
    return { at, method: method.toLowerCase(), found: document.paths[at]?.[method.toLowerCase()] }
  }
  const json = 'application/json'
  return {
    request (operation, search, body) {
      const { at, method, found } = operationOf(operation)
      if (found === undefined) return `${operation}: expected an operation of ${path}`
      const names = (found.parameters ?? []).filter(each => each.in === 'query').map(each => each.name)
      const other = [...search.keys()].find(key => !names.includes(key))
      if (other !== undefined) return `${operation}: ${path} has no parameter ${other}`
      return told(
        found.requestBody === undefined
          ? undefined
          : validator(['paths', at, method, 'requestBody', 'content', json, 'schema']),
        body,
        `${operation} by ${path}`
      )
    },
    answer (operation, body) {
      const { at, method } = operationOf(operation)
      return told(
        validator(['paths', at, method, 'responses', '200', 'content', json, 'schema']),
        body,
        `answer of ${operation} by ${path}`
      )
    }
  }
}

/** OpenAPI 3.0 has `nullable`, JSON Schema has not. */
function nullableAsNull (schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(nullableAsNull)
  if (typeof schema !== 'object' || schema === null) return schema
  const { nullable, discriminator: _, ...rest } = schema as Record<string, unknown>
  const mapped = Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, nullableAsNull(value)]))
  if (nullable !== true) return mapped
  return Object.keys(mapped).filter(key => key !== 'description').length === 0
    ? { type: 'null' }
    : { anyOf: [mapped, { type: 'null' }] }
}
