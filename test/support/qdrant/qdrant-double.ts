import { createServer, type IncomingMessage } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { elementsOf, membersOf } from '../../../src/science/template/json-text.js'
import { openContract } from './contract.js'

/** Vectors by name, '' for one without: numbers of float32, or JSON text of sparse ones. */
type Vectors = Map<string, Float32Array | string>

interface StoredPoint {
  readonly id: string
  payload: string
  readonly vectors: Vectors
}

interface StoredCollection {
  readonly config: Record<string, unknown> & {
    params: Record<string, unknown> & { vectors: Record<string, unknown> }
  }
  readonly indexes: Map<string, { data_type: string, params?: object, points: number }>
  readonly points: Map<string, StoredPoint>
  /** what its status is at the next looks; green afterwards */
  readonly statuses: string[]
}

/** One answer that is not what was asked for. */
interface Fault {
  readonly status: number
  readonly headers?: Record<string, string>
  /** an error without it */
  readonly text?: string
}

export interface QdrantDouble {
  readonly url: string
  readonly collections: ReadonlyMap<string, StoredCollection>
  readonly aliases: Map<string, string>
  /** of every request: method, path, key */
  readonly requests: { readonly operation: string, readonly path: string, readonly key: string | undefined }[]
  /** what the next requests of an operation are answered with, or all when it is not named */
  readonly faults: (Fault & { readonly operation?: string })[]
  /** Runs before each request. */
  onRequest: (operation: string, path: string) => void | Promise<void>
  version: string
  close(): Promise<void>
}

/**
 * Answers as the documentation of Qdrant says, from memory: every request and every answer is checked against the
 * contract. It is no Qdrant: what it shows is that requests and answers are read as they are documented.
 */
export async function startQdrantDouble (): Promise<QdrantDouble> {
  const contract = openContract()
  const store = createStore()
  const double = {
    collections: store.collections,
    aliases: store.aliases,
    requests: [],
    faults: [],
    onRequest: () => {},
    version: '1.19.0'
  } as unknown as { -readonly [Key in keyof QdrantDouble]: QdrantDouble[Key] }

  async function answer (request: IncomingMessage): Promise<Answer> {
    const url = new URL(request.url!, 'http://double')
    const [operation, names] = operationOf(request.method!, url.pathname)
    double.requests.push({ operation, path: url.pathname, key: request.headers['api-key'] as string | undefined })
    const pieces = []
    for await (const piece of request) pieces.push(piece as Buffer)
    const text = Buffer.concat(pieces).toString()
    await double.onRequest(operation, url.pathname)
    const at = double.faults.findIndex(fault => fault.operation === undefined || fault.operation === operation)
    if (at >= 0) {
      const [fault] = double.faults.splice(at, 1)
      return { text: failure('injected'), ...fault! }
    }
    const body: unknown = text === '' ? undefined : JSON.parse(text)
    const wrong = contract.request(operation, url.searchParams, body)
    if (wrong !== undefined) throw new Refusal(422, wrong)
    if (operation === 'GET /') {
      return { status: 200, text: JSON.stringify({ title: 'qdrant - vector search engine', version: double.version }) }
    }
    const result = store.handle(operation, names, text)
    const whole = `{"result":${result},"status":"ok","time":0.001}`
    const bad = contract.answer(operation, JSON.parse(whole))
    if (bad !== undefined) throw new Error(bad)
    return { status: 200, text: whole }
  }

  const server = createServer((request, response) => {
    answer(request).catch((error: unknown): Answer => ({
      status: error instanceof Refusal ? error.status : 500,
      text: failure(String((error as Error).message))
    })).then(({ status, headers = {}, text }) => {
      response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(text)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return Object.assign(double, {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    }
  })
}

interface Answer extends Fault {
  readonly text: string
}

const failure = (error: string) => JSON.stringify({ status: { error }, time: 0 })

class Refusal extends Error {
  constructor (readonly status: number, message: string) {
    super(message)
  }
}

/** The operation that a path is, as the documentation names it, and what stands in its places. */
function operationOf (method: string, path: string): [string, string[]] {
  const parts = path.split('/').slice(1).map(decodeURIComponent)
  if (parts[0] !== 'collections' || parts.length < 2 || (parts[1] === 'aliases' && method === 'POST')) {
    return [`${method} ${path}`, []]
  }
  const names = [parts[1]!]
  parts[1] = '{collection_name}'
  if (parts[2] === 'points' && parts.length === 4 && method === 'GET') {
    names.push(parts[3]!)
    parts[3] = '{id}'
  }
  return [`${method} /${parts.join('/')}`, names]
}

/** What requests have, of all operations. */
interface Body {
  readonly actions?: readonly Record<string, { alias_name: string, collection_name: string }>[]
  readonly filter?: { readonly must?: readonly Condition[], readonly must_not?: readonly Condition[] }
  readonly field_name?: string
  readonly field_schema?: string | { readonly type: string }
  readonly with_vector?: boolean | readonly string[]
  readonly with_payload?: boolean
  readonly limit?: number
  readonly query?: readonly number[] | { readonly sample: 'random' }
  readonly using?: string
  readonly searches?: readonly Body[]
  readonly params?: object
  readonly hnsw_config?: object
  readonly optimizers_config?: object
  readonly wal_config?: object
  readonly quantization_config?: object
  readonly strict_mode_config?: object
  readonly metadata?: object
}

const defaults = {
  hnsw_config: { m: 16, ef_construct: 100, full_scan_threshold: 10_000, max_indexing_threads: 0, on_disk: false },
  optimizer_config: {
    deleted_threshold: 0.2,
    vacuum_min_vector_number: 1000,
    default_segment_number: 0,
    max_segment_size: null,
    indexing_threshold: 20_000,
    flush_interval_sec: 5,
    max_optimization_threads: null
  },
  wal_config: { wal_capacity_mb: 32, wal_segments_ahead: 0 },
  quantization_config: null
}

function createStore () {
  const collections = new Map<string, StoredCollection>()
  const aliases = new Map<string, string>()
  const find = (name: string): StoredCollection => {
    const found = collections.get(aliases.get(name) ?? name)
    if (found === undefined) throw new Refusal(404, `Not found: Collection \`${name}\` doesn't exist!`)
    return found
  }

  function changeAliases (actions: readonly Record<string, { alias_name: string, collection_name: string }>[]): void {
    const next = new Map(aliases)
    for (const { create_alias: create, delete_alias: remove } of actions) {
      if (remove !== undefined) next.delete(remove.alias_name)
      if (create === undefined) continue
      if (collections.has(create.alias_name)) throw new Refusal(409, 'a collection has the name of the alias')
      if (!collections.has(create.collection_name)) throw new Refusal(404, 'Not found: Collection')
      next.set(create.alias_name, create.collection_name)
    }
    aliases.clear()
    for (const [alias, collection] of next) aliases.set(alias, collection)
  }

  function create (name: string, body: Body): void {
    if (collections.has(name) || aliases.has(name)) throw new Refusal(409, `Collection \`${name}\` already exists!`)
    const {
      hnsw_config: hnsw,
      optimizers_config: optimizers,
      wal_config: wal,
      quantization_config: quantization,
      strict_mode_config: strict,
      metadata,
      ...params
    } = body
    collections.set(name, {
      config: {
        params: {
          shard_number: 1,
          replication_factor: 1,
          write_consistency_factor: 1,
          on_disk_payload: true,
          ...params as { vectors: Record<string, unknown> }
        },
        hnsw_config: { ...defaults.hnsw_config, ...hnsw },
        optimizer_config: { ...defaults.optimizer_config, ...optimizers },
        wal_config: { ...defaults.wal_config, ...wal },
        quantization_config: quantization ?? null,
        ...strict === undefined ? {} : { strict_mode_config: strict },
        ...metadata === undefined ? {} : { metadata }
      },
      indexes: new Map(),
      points: new Map(),
      statuses: []
    })
  }

  function drop (name: string): void {
    collections.delete(name)
    for (const [alias, to] of aliases) if (to === name) aliases.delete(alias)
  }

  function patch (name: string, body: Body): void {
    const { config } = find(name)
    Object.assign(config.params, body.params ?? {})
    Object.assign(config.optimizer_config as object, body.optimizers_config ?? {})
  }

  const completed = JSON.stringify({ operation_id: 1, status: 'completed' })
  const handlers: Record<string, (names: string[], body: Body, text: string) => string> = {
    'GET /aliases': () =>
      JSON.stringify({ aliases: [...aliases].map(([from, to]) => ({ alias_name: from, collection_name: to })) }),
    'POST /collections/aliases': (_, body) => yes(changeAliases(body.actions!)),
    'GET /collections': () => JSON.stringify({ collections: [...collections.keys()].map(name => ({ name })) }),
    'GET /collections/{collection_name}': ([name]) => describe(find(name!)),
    'PUT /collections/{collection_name}': ([name], body) => yes(create(name!, body)),
    'PATCH /collections/{collection_name}': ([name], body) => yes(patch(name!, body)),
    'DELETE /collections/{collection_name}': ([name]) => yes(drop(name!)),
    'PUT /collections/{collection_name}/index': ([name], body) => {
      const schema = body.field_schema!
      find(name!).indexes.set(body.field_name!, {
        data_type: typeof schema === 'string' ? schema : schema.type,
        ...typeof schema === 'string' ? {} : { params: schema },
        points: 0
      })
      return completed
    },
    'PUT /collections/{collection_name}/points': ([name], _, text) => {
      upsert(find(name!), text)
      return completed
    },
    'POST /collections/{collection_name}/points': ([name], body, text) => {
      const { points } = find(name!)
      const found = idsOf(text, 'ids').flatMap(id => points.get(id) ?? [])
      return `[${found.map(point => recordOf(point, body)).join(',')}]`
    },
    'POST /collections/{collection_name}/points/delete': ([name], body, text) => {
      const { points } = find(name!)
      const ids = body.filter === undefined
        ? idsOf(text, 'points')
        : [...points.values()].filter(point => passes(point, body)).map(({ id }) => id)
      for (const id of ids) points.delete(id)
      return completed
    },
    'GET /collections/{collection_name}/points/{id}': ([name, id]) => {
      const point = find(name!).points.get(id!)
      if (point === undefined) throw new Refusal(404, 'Not found: Point')
      return recordOf(point, { with_payload: true, with_vector: true })
    },
    'POST /collections/{collection_name}/points/scroll': ([name], body, text) => scroll(find(name!), body, text),
    'POST /collections/{collection_name}/points/count': ([name], body) =>
      JSON.stringify({ count: [...find(name!).points.values()].filter(point => passes(point, body)).length }),
    'POST /collections/{collection_name}/points/query': ([name], body) => query(find(name!), body),
    'POST /collections/{collection_name}/points/query/batch': ([name], body) =>
      `[${body.searches!.map(search => query(find(name!), search)).join(',')}]`
  }

  return {
    collections,
    aliases,
    handle: (operation: string, names: string[], text: string) =>
      handlers[operation]!(names, (text === '' ? {} : JSON.parse(text)) as Body, text)
  }
}

const yes = (_: void) => 'true'

function describe ({ config, indexes, points, statuses }: StoredCollection): string {
  return JSON.stringify({
    status: statuses.shift() ?? 'green',
    optimizer_status: 'ok',
    points_count: points.size,
    segments_count: 1,
    config,
    payload_schema: Object.fromEntries(indexes)
  })
}

/** Ids in Qdrant's order: numbers, then UUIDs. */
function inOrder ({ points }: StoredCollection): StoredPoint[] {
  const isNumber = ({ id }: StoredPoint) => /^\d+$/.test(id)
  return [...points.values()].toSorted((a, b) =>
    isNumber(a) !== isNumber(b)
      ? Number(isNumber(b)) - Number(isNumber(a))
      : isNumber(a)
      ? BigInt(a.id) < BigInt(b.id) ? -1 : 1
      : a.id < b.id
      ? -1
      : 1
  )
}

const textsOf = (text: string) => new Map(membersOf(text).map(({ name, value }) => [name, text.slice(...value)]))
const nameOf = (id: string) => id.startsWith('"') ? JSON.parse(id) as string : id
/** Numbers may be beyond those of JavaScript. */
const idsOf = (text: string, member: string) => elementsOf(textsOf(text).get(member)!).map(nameOf)
const idText = (id: string) => /^\d+$/.test(id) ? id : JSON.stringify(id)

function upsert ({ config: { params: { vectors: settings } }, points }: StoredCollection, text: string): void {
  const made = elementsOf(textsOf(text).get('points')!).map(each => {
    const members = textsOf(each)
    const vector = members.get('vector')!
    const texts = vector.startsWith('[') ? new Map([['', vector]]) : textsOf(vector)
    const vectors: Vectors = new Map()
    for (const [name, value] of texts) {
      const of = (name === '' ? settings : settings[name]) as { size: number, distance: string } | undefined
      if (of === undefined || !value.startsWith('[')) {
        vectors.set(name, value)
        continue
      }
      const numbers = Float32Array.from(JSON.parse(value) as number[])
      if (numbers.length !== of.size) {
        throw new Refusal(400, `Wrong input: Vector dimension error: expected dim: ${of.size}, got ${numbers.length}`)
      }
      vectors.set(name, of.distance === 'Cosine' ? normalised(numbers) : numbers)
    }
    return { id: nameOf(members.get('id')!), payload: members.get('payload') ?? '{}', vectors }
  })
  for (const point of made) points.set(point.id, point)
}

function normalised (numbers: Float32Array): Float32Array {
  const norm = Math.sqrt(numbers.reduce((sum, value) => sum + value * value, 0))
  return norm === 0 || Math.abs(norm - 1) < 1e-6 ? numbers : numbers.map(value => value / norm)
}

/** The shortest text of each number that is read as the same float32. */
function decimals (numbers: Float32Array): string {
  return `[${
    Array.from(numbers, value => {
      for (let digits = 6; digits < 9; digits++) {
        const text = Number(value.toPrecision(digits))
        if (Math.fround(text) === value) return text
      }
      return Number(value.toPrecision(9))
    }).join(',')
  }]`
}

function recordOf ({ id, payload, vectors }: StoredPoint, body: Body, more = ''): string {
  const wanted = body.with_vector
  const chosen = [...vectors].filter(([name]) =>
    wanted === true || (typeof wanted === 'object' && wanted.includes(name))
  )
  const textOf = (value: Float32Array | string) => typeof value === 'string' ? value : decimals(value)
  const vector = chosen.length === 1 && chosen[0]![0] === ''
    ? textOf(chosen[0]![1])
    : `{${chosen.map(([name, value]) => `${JSON.stringify(name)}:${textOf(value)}`).join(',')}}`
  return `{"id":${idText(id)}${more}${(body.with_payload ?? true) === true ? `,"payload":${payload}` : ''}${
    wanted === undefined || wanted === false ? '' : `,"vector":${vector}`
  }}`
}

interface Condition {
  readonly has_id?: readonly (string | number)[]
  readonly key?: string
  readonly match?: { readonly value: unknown } | { readonly any: readonly unknown[] }
}

function passes ({ id, payload }: StoredPoint, { filter }: Body): boolean {
  const { must = [], must_not: mustNot = [] } = (filter ?? {}) as unknown as {
    must?: Condition[]
    must_not?: Condition[]
  }
  const fits = (value: unknown, match: Condition['match']) =>
    match !== undefined && ('any' in match ? match.any.includes(value) : match.value === value)
  const holds = ({ has_id: ids, key, match }: Condition) =>
    ids !== undefined
      ? ids.some(each => String(each) === id)
      : fits((JSON.parse(payload) as Record<string, unknown>)[key!], match)
  return must.every(holds) && !mustNot.some(holds)
}

function scroll (collection: StoredCollection, body: Body, text: string): string {
  const offset = textsOf(text).get('offset')
  const points = inOrder(collection).filter(point => passes(point, body))
  const from = offset === undefined ? 0 : points.findIndex(({ id }) => id === nameOf(offset))
  // A point that is gone is one before the next one.
  const start = from < 0 ? points.findIndex(({ id }) => id > nameOf(offset!)) : from
  const limit = body.limit ?? 10
  const page = points.slice(start, start + limit)
  const next = points[start + limit]
  return `{"points":[${page.map(point => recordOf(point, body)).join(',')}],"next_page_offset":${
    next === undefined ? 'null' : idText(next.id)
  }}`
}

const isNumbers = (query: object): query is readonly number[] => Array.isArray(query)

/** Nearest by inner product, or any. */
function query (collection: StoredCollection, body: Body): string {
  const wanted = body.query!
  const name = body.using ?? ''
  const points = inOrder(collection).filter(point => passes(point, body))
  const scores = new Map(points.map(point => {
    const numbers = point.vectors.get(name)
    const score = isNumbers(wanted) && numbers instanceof Float32Array
      ? wanted.reduce((sum, value, i) => sum + value * numbers[i]!, 0)
      : Math.random()
    return [point, score]
  }))
  const found = points.filter(point => !isNumbers(wanted) || point.vectors.has(name))
    .toSorted((a, b) => scores.get(b)! - scores.get(a)!).slice(0, body.limit ?? 10)
  const options = { with_payload: false, ...body }
  return `{"points":[${
    found.map(point => recordOf(point, options, `,"version":1,"score":${scores.get(point)}`)).join(',')
  }]}`
}
