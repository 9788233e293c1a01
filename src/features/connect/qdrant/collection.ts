import { StartupError } from '../../../errors.js'
import type { Qdrant } from '../../../platform/qdrant/client.js'
import { pathOf } from './points.js'

type Settings = Readonly<Record<string, unknown>>

interface VectorSettings extends Settings {
  readonly size: number
  readonly distance: string
  readonly datatype?: string | null
  readonly multivector_config?: unknown
}

/** What `GET /collections/NAME` answers with, as far as it is used. */
export interface CollectionInfo {
  readonly status: 'green' | 'yellow' | 'grey' | 'red'
  readonly config: Settings & {
    readonly params: Settings & {
      readonly vectors?: VectorSettings | Readonly<Record<string, VectorSettings>>
      readonly sharding_method?: string | null
    }
    readonly strict_mode_config?: Settings | null
  }
  readonly payload_schema: Readonly<Record<string, { readonly data_type: string, readonly params?: Settings | null }>>
}

/** A collection whose settings are all known. */
export interface Collection {
  readonly name: string
  readonly info: CollectionInfo
  readonly vector: VectorSettings
  /** points that one request may read or write */
  readonly pageRows: number
  /** points that one query may answer with */
  readonly queryRows: number
}

/** Members of `config` of Qdrant 1.12 to 1.19, and what they are called when a collection is made. */
const madeFromConfig = {
  hnsw_config: 'hnsw_config',
  optimizer_config: 'optimizers_config',
  wal_config: 'wal_config',
  quantization_config: 'quantization_config',
  strict_mode_config: 'strict_mode_config',
  metadata: 'metadata'
} as const
/** Members of `config.params` that are called the same then. */
const madeFromParams = [
  'shard_number',
  'sharding_method',
  'replication_factor',
  'write_consistency_factor',
  'on_disk_payload',
  'payload',
  'sparse_vectors'
]
/** What is set once the collection is there. */
const setAfterwards = ['read_fan_out_factor', 'read_fan_out_delay_ms']

/** Points of one request, where the collection allows as many. */
const maxPageRows = 256

export async function findCollection (qdrant: Qdrant, name: string): Promise<CollectionInfo | undefined> {
  return await qdrant.find<CollectionInfo>(pathOf(name))
}

/**
 * @param vector name of the vector; '' for that of a collection that names none
 * @throws StartupError when there is no such collection or vector, or one whose settings are not all known
 */
export async function requireCollection (qdrant: Qdrant, name: string, vector: string): Promise<Collection> {
  const info = await findCollection(qdrant, name)
  if (info === undefined) throw new StartupError(`${qdrant.url}: expected a collection ${name}, found none`)
  const refuse = (what: string): never => {
    throw new StartupError(`${name}: expected ${what}`)
  }
  const { config, config: { params } } = info
  const unknown = [
    ...Object.keys(config).filter(key => key !== 'params' && !(key in madeFromConfig)),
    ...Object.keys(params).filter(key => key !== 'vectors' && ![...madeFromParams, ...setAfterwards].includes(key))
  ]
  if (unknown.length > 0) refuse(`settings of Qdrant 1.12 to 1.19, found ${unknown.join(', ')}`)
  if (params.sharding_method?.toLowerCase() === 'custom') refuse('shards that Qdrant chooses, found keys of shards')

  const vectors = vectorsOf(info)
  const found = vectors.get(vector)
  if (found === undefined) {
    const names = [...vectors.keys()]
    refuse(
      names.includes('')
        ? `no --vector, since its vector has no name, received ${JSON.stringify(vector)}`
        : `--vector, one of ${names.join(', ') || 'none'}`
    )
  }
  const { datatype, multivector_config: several } = found!
  if (several !== undefined && several !== null) refuse('one vector per point, found several (multivector_config)')
  if (datatype !== undefined && datatype !== null && !['float32', 'float16'].includes(datatype)) {
    refuse(`vectors of float32 or float16, found ${datatype}`)
  }
  const limitOf = (key: string) => {
    const limit = config.strict_mode_config?.enabled === true ? config.strict_mode_config[key] : undefined
    return typeof limit === 'number' && limit > 0 ? limit : Infinity
  }
  const queryRows = limitOf('max_query_limit')
  return {
    name,
    info,
    vector: found!,
    pageRows: Math.min(maxPageRows, queryRows, limitOf('upsert_max_batchsize')),
    queryRows
  }
}

/** The dense vectors of a collection by name. */
function vectorsOf ({ config: { params: { vectors = {} } } }: CollectionInfo): Map<string, VectorSettings> {
  return typeof vectors.size === 'number'
    ? new Map([['', vectors as VectorSettings]])
    : new Map(Object.entries(vectors as Readonly<Record<string, VectorSettings>>))
}

/** Makes a collection like another, but for the size of one vector; what is there already stays. */
export async function makeAlike (
  qdrant: Qdrant,
  name: string,
  { info: { config, payload_schema: indexes } }: Collection,
  vector: string,
  size: number
): Promise<void> {
  const { params } = config
  if (await findCollection(qdrant, name) === undefined) {
    const vectors = vector === ''
      ? { ...params.vectors, size }
      : { ...params.vectors, [vector]: { ...(params.vectors as Record<string, Settings>)[vector], size } }
    await qdrant.call(
      'PUT',
      pathOf(name),
      withoutNulls({
        vectors,
        ...Object.fromEntries(madeFromParams.map(key => [key, params[key]])),
        ...Object.fromEntries(Object.entries(madeFromConfig).map(([from, to]) => [to, config[from]]))
      })
    )
  }
  const fanOut = withoutNulls(Object.fromEntries(setAfterwards.map(key => [key, params[key]])))
  if (Object.keys(fanOut as object).length > 0) await qdrant.call('PATCH', pathOf(name), { params: fanOut })
  const made = (await findCollection(qdrant, name))?.payload_schema ?? {}
  for (const [field, { data_type: type, params: how }] of Object.entries(indexes)) {
    if (made[field] !== undefined) continue
    await qdrant.call('PUT', `${pathOf(name)}/index?wait=true`, {
      field_name: field,
      field_schema: how === undefined || how === null ? type : withoutNulls(how)
    })
  }
}

/** Settings that are null are those that nobody set. */
function withoutNulls (value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).filter(([, each]) => each !== null && each !== undefined).map(
      ([key, each]) => [key, withoutNulls(each)]
    )
  )
}

/** @returns names of the aliases by the collection that they lead to */
export async function aliasesOf (qdrant: Qdrant): Promise<ReadonlyMap<string, string>> {
  const { aliases } = JSON.parse(await qdrant.call('GET', '/aliases')) as {
    aliases: { alias_name: string, collection_name: string }[]
  }
  return new Map(aliases.map(({ alias_name: alias, collection_name: collection }) => [alias, collection]))
}

/** Lets an alias lead to another collection, at one moment. */
export async function lead (qdrant: Qdrant, alias: string, collection: string): Promise<void> {
  await qdrant.call('POST', '/collections/aliases', {
    actions: [
      { delete_alias: { alias_name: alias } },
      { create_alias: { alias_name: alias, collection_name: collection } }
    ]
  })
}

export async function dropCollection (qdrant: Qdrant, name: string): Promise<void> {
  if (await findCollection(qdrant, name) !== undefined) await qdrant.call('DELETE', pathOf(name))
}
