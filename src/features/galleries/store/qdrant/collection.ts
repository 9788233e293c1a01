import { setTimeout as delay } from 'node:timers/promises'
import type { TemplateMatrix } from '../../../../science/linear-algebra/matrix.js'
import { decimalsText, maxDecimalsBytes } from '../../../../science/template/decimals.js'
import { defaults, type IndexedRows, type IndexQuery } from '../vector-index.js'
import { EngineAway, type EngineCandidate } from '../vector-engine.js'
import type { Channel } from './channel.js'

/** How collections are made. */
export interface CollectionSettings {
  /** copies of each shard */
  readonly replicas: number
  /** as many as Qdrant chooses when undefined */
  readonly shards: number | undefined
  /** `int8`: a quarter of the memory, with the vectors themselves on the disk */
  readonly quantisation: 'int8' | 'none'
}

/** Numbers of vectors in a body: about 1 MB, which does not hold the event loop for long. */
const numbersPerBody = 2 ** 16
/** Ids of points in a body. */
const idsPerBody = 10_000
/** Milliseconds between two looks at a graph that is built, and how many. */
const [buildWait, maxLooks] = [1000, 3600] as const
/** Candidates by quantised vectors per wanted one, which Qdrant scores again by the vectors themselves. */
const oversampling = 2

const pathOf = (name: string) => `/collections/${encodeURIComponent(name)}`
/** Changes are answered once they can be read, and no replica applies two of them in another order. */
const lasting = '?wait=true&ordering=strong'

/**
 * Makes an empty collection, unless it exists, and its index of subjects.
 *
 * @throws EngineAway
 */
export async function makeCollection (
  channel: Channel,
  name: string,
  dimension: number,
  { replicas, shards, quantisation }: CollectionSettings
): Promise<void> {
  const quantised = quantisation === 'int8'
  await channel.call('PUT', pathOf(name), {
    // Inner products, as pgvector has them: not every comparison space has unit vectors.
    vectors: { size: dimension, distance: 'Dot', on_disk: quantised },
    hnsw_config: { m: defaults.m, ef_construct: defaults.efConstruction },
    replication_factor: replicas,
    // Most copies have a change before it is answered, and most are asked by a search: one of them has both.
    write_consistency_factor: Math.floor(replicas / 2) + 1,
    ...shards === undefined ? {} : { shard_number: shards },
    ...quantised ? { quantization_config: { scalar: { type: 'int8', quantile: 0.99, always_ram: true } } } : {}
  }).catch((error: unknown) => {
    // Another replica made it meanwhile.
    if (!(error instanceof EngineAway && error.status === 409)) throw error
  })
  await completed(channel, 'PUT', `${pathOf(name)}/index`, { field_name: 'subject', field_schema: 'integer' })
}

/** Whether it exists. */
export const hasCollection = async (channel: Channel, name: string): Promise<boolean> =>
  await channel.find(pathOf(name)) !== undefined

export async function dropCollection (channel: Channel, name: string): Promise<void> {
  if (await hasCollection(channel, name)) await channel.call('DELETE', pathOf(name))
}

/** Names of all collections. */
export async function listCollections (channel: Channel): Promise<string[]> {
  const { collections } = JSON.parse(await channel.call('GET', '/collections')) as { collections: { name: string }[] }
  return collections.map(({ name }) => name)
}

/** Waits until the graph is built. A search of a collection whose graph is not built compares all of it. */
export async function awaitGraph (channel: Channel, name: string): Promise<void> {
  for (let looks = 0; looks < maxLooks; looks++) {
    const info = await channel.find<{ status: string }>(pathOf(name))
    if (info === undefined || info.status === 'red') throw new EngineAway()
    if (info.status === 'green') return
    // Grey is a graph that waits for a change.
    if (info.status === 'grey') await channel.call('PATCH', pathOf(name), { optimizers_config: {} })
    await delay(buildWait)
  }
}

/** Writes points by ordinal, those of them that are kept. */
export async function writePoints (
  channel: Channel,
  name: string,
  { vectors: { cols, data }, ordinals, subjects }: IndexedRows,
  kept: ReadonlySet<number>
): Promise<void> {
  const perBody = Math.max(1, Math.floor(numbersPerBody / cols))
  const bytes = Buffer.alloc(maxDecimalsBytes(cols))
  const rows = Array.from(ordinals.keys()).filter(row => kept.has(ordinals[row]!))
  for (let start = 0; start < rows.length; start += perBody) {
    const points = rows.slice(start, start + perBody).map(row =>
      `{"id":${ordinals[row]!},"payload":{"subject":${subjects[row]!}},"vector":${
        decimalsText(data.subarray(row * cols, (row + 1) * cols), bytes)
      }}`
    )
    await completed(channel, 'PUT', `${pathOf(name)}/points`, `{"points":[${points.join(',')}]}`)
  }
}

export async function deletePoints (channel: Channel, name: string, ordinals: readonly number[]): Promise<void> {
  for (let start = 0; start < ordinals.length; start += idsPerBody) {
    await completed(channel, 'POST', `${pathOf(name)}/points/delete`, {
      points: ordinals.slice(start, start + idsPerBody)
    })
  }
}

/** The nearest points to each probe, nearest first. */
export async function nearestPoints (
  channel: Channel,
  name: string,
  { probes, limit, efSearch = defaults.efSearch, subjects }: IndexQuery,
  { quantisation }: CollectionSettings
): Promise<EngineCandidate[][]> {
  const more = JSON.stringify({
    limit,
    with_payload: false,
    params: {
      hnsw_ef: Math.max(efSearch, limit),
      ...quantisation === 'int8' ? { quantization: { rescore: true, oversampling } } : {}
    },
    ...subjects === undefined ? {} : { filter: { must: [{ key: 'subject', match: { any: subjects } }] } }
  }).slice(1)
  const bytes = Buffer.alloc(maxDecimalsBytes(probes.cols))
  const searches = rowsOf(probes).map(probe => `{"query":${decimalsText(probe, bytes)},${more}`)
  const found = JSON.parse(
    await channel.call(
      'POST',
      `${pathOf(name)}/points/query/batch?consistency=majority`,
      `{"searches":[${searches.join(',')}]}`
    )
  ) as { points: { id: number, score: number }[] }[]
  return found.map(({ points }) => points.map(({ id: ordinal, score }) => ({ ordinal, score })))
}

const rowsOf = ({ rows, cols, data }: TemplateMatrix): Float32Array[] =>
  Array.from({ length: rows }, (_, row) => data.subarray(row * cols, (row + 1) * cols))

/** @throws EngineAway when Qdrant does not say that the change is carried out, which it may still be */
async function completed (
  channel: Channel,
  method: 'PUT' | 'POST',
  path: string,
  body: string | object
): Promise<void> {
  const { status } = JSON.parse(await channel.call(method, `${path}${lasting}`, body)) as { status: string }
  if (status !== 'completed') throw new EngineAway()
}
