import { setTimeout as delay } from 'node:timers/promises'
import { StartupError } from '../../../errors.js'
import type { TemplateMatrix } from '../../../science/linear-algebra/matrix.js'
import { elementsOf, membersOf } from '../../../science/template/json-text.js'
import { decimalsText } from '../../../science/template/decimals.js'
import type { Qdrant } from '../../../platform/qdrant/client.js'
import type { Page } from '../end.js'
import { checked, pageOf, type StoredTemplate } from '../pages.js'

/** A point; whatever is not translated is the text that Qdrant wrote, so that no number changes. */
export interface Point {
  /** a number, or a UUID */
  readonly id: string
  readonly payload: string
  /** JSON text by name; '' is the vector of a collection that names none */
  readonly vectors: ReadonlyMap<string, string>
}

/** Reads that count are answered by most of the replicas. */
const consistently = '?consistency=majority'
/** How often a change is sent that is not completed, and milliseconds between two times. */
const [maxSent, unfinishedWait] = [20, 500] as const
/** Bytes of a body, well below the 32 MiB that Qdrant takes by default. */
const maxBodyBytes = 8 * 2 ** 20

export const pathOf = (collection: string) => `/collections/${encodeURIComponent(collection)}`

/** Ids of Qdrant: integers and UUIDs. */
const isId = /^(\d{1,20}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$/i
const idText = (id: string) => /^\d+$/.test(id) ? id : JSON.stringify(id)

interface Scrolled {
  readonly points: readonly Point[]
  /** JSON text of the id with which the next page begins; undefined at the end */
  readonly next: string | undefined
}

/** @param what `all`, or ids alone */
export async function scroll (
  qdrant: Qdrant,
  collection: string,
  { from, limit, what }: { readonly from: string | undefined, readonly limit: number, readonly what: 'all' | 'ids' }
): Promise<Scrolled> {
  const all = what === 'all'
  const result = await qdrant.call(
    'POST',
    `${pathOf(collection)}/points/scroll${consistently}`,
    `{"limit":${limit},"with_payload":${all},"with_vector":${all}${from === undefined ? '' : `,"offset":${from}`}}`
  )
  const members = textsOf(result)
  const next = members.get('next_page_offset')
  return {
    points: elementsOf(members.get('points')!).map(pointOf),
    next: next === undefined || next === 'null' ? undefined : next
  }
}

/** All points, a page at a time. @param what `all`, or ids alone */
export async function* scrollAll (
  qdrant: Qdrant,
  collection: string,
  { limit, what }: { readonly limit: number, readonly what: 'all' | 'ids' }
): AsyncGenerator<readonly Point[], void> {
  let from: string | undefined
  do {
    const { points, next } = await scroll(qdrant, collection, { from, limit, what })
    yield points
    from = next
  } while (from !== undefined)
}

/** @param what `all`, ids alone, or the vector of this name */
export async function retrieve (
  qdrant: Qdrant,
  collection: string,
  ids: readonly string[],
  what: 'all' | 'ids' | { readonly vector: string }
): Promise<Map<string, Point>> {
  const known = ids.filter(id => isId.test(id))
  if (known.length === 0) return new Map()
  const vectors = what === 'all' || (what !== 'ids' && wanted(what.vector))
  const result = await qdrant.call(
    'POST',
    `${pathOf(collection)}/points${consistently}`,
    `{"ids":[${known.map(idText).join(',')}],"with_payload":${what === 'all'},"with_vector":${vectors}}`
  )
  return new Map(elementsOf(result).map(pointOf).map(point => [point.id, point]))
}

/** Some points from all over a collection. */
export async function drawPoints (
  qdrant: Qdrant,
  collection: string,
  count: number,
  vector: string
): Promise<Point[]> {
  const result = await qdrant.call(
    'POST',
    `${pathOf(collection)}/points/query`,
    `{"query":{"sample":"random"},"limit":${count},"with_payload":false,"with_vector":${wanted(vector)}}`
  )
  return elementsOf(textsOf(result).get('points')!).map(pointOf)
}

const wanted = (vector: string): string => vector === '' ? 'true' : JSON.stringify([vector])

export async function countPoints (qdrant: Qdrant, collection: string): Promise<number> {
  const result = await qdrant.call('POST', `${pathOf(collection)}/points/count`, { exact: true })
  return (JSON.parse(result) as { count: number }).count
}

/** Writes points, whatever was there under their ids, and waits until they can be read. */
export async function writePoints (qdrant: Qdrant, collection: string, points: readonly Point[]): Promise<void> {
  const path = `${pathOf(collection)}/points?wait=true&ordering=strong`
  let [texts, bytes]: [string[], number] = [[], 0]
  const flush = async () => {
    if (texts.length > 0) await done(qdrant, 'PUT', path, `{"points":[${texts.join(',')}]}`)
    ;[texts, bytes] = [[], 0]
  }
  for (const { id, payload, vectors } of points) {
    const [first] = vectors
    const vector = first !== undefined && first[0] === '' && vectors.size === 1
      ? first[1]
      : `{${[...vectors].map(([name, text]) => `${JSON.stringify(name)}:${text}`).join(',')}}`
    const text = `{"id":${idText(id)},"payload":${payload},"vector":${vector}}`
    if (bytes + text.length > maxBodyBytes) await flush()
    texts.push(text)
    bytes += text.length
  }
  await flush()
}

export async function deletePoints (qdrant: Qdrant, collection: string, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return
  const path = `${pathOf(collection)}/points/delete?wait=true&ordering=strong`
  await done(qdrant, 'POST', path, `{"points":[${ids.map(idText).join(',')}]}`)
}

/**
 * Sends a change until it is carried out: with `wait` Qdrant may still answer that it goes on by itself.
 * @throws StartupError when it does not come to that
 */
async function done (qdrant: Qdrant, method: 'PUT' | 'POST', path: string, body: string): Promise<void> {
  let status = ''
  for (let attempt = 0; attempt < maxSent; attempt++) {
    ;({ status } = JSON.parse(await qdrant.call(method, path, body)) as { status: string })
    if (status === 'completed') return
    await delay(unfinishedWait)
  }
  throw new StartupError(`${qdrant.url}: expected Qdrant to complete a change, it is ${status}`)
}

const textsOf = (text: string): Map<string, string> =>
  new Map(membersOf(text).map(({ name, value }) => [name, text.slice(...value)]))

function pointOf (text: string): Point {
  const members = textsOf(text)
  const [id, vector, payload] = [members.get('id')!, members.get('vector'), members.get('payload')]
  return {
    id: id.startsWith('"') ? JSON.parse(id) as string : id,
    payload: payload === undefined || payload === 'null' ? '{}' : payload,
    vectors: vector === undefined || vector === 'null'
      ? new Map()
      : vector.startsWith('[')
      ? new Map([['', vector]])
      : textsOf(vector)
  }
}

/** The template of a point: numbers, nothing, or text that says why it is none. */
export function templateOf ({ vectors }: Point, vector: string, dimension: number): StoredTemplate {
  const text = vectors.get(vector)
  return text === undefined ? null : checked(Float32Array.from(JSON.parse(text) as number[]), dimension)
}

/** A page of the templates of points. @param cursor where the next one begins */
export const pageOfPoints = (points: readonly Point[], vector: string, dimension: number, cursor: string): Page =>
  pageOf(points.map(({ id }) => id), points.map(point => templateOf(point, vector, dimension)), dimension, cursor)

/** The points of a page with translated templates; those that have none keep their other vectors. */
export function translatedPoints (
  points: readonly Point[],
  vector: string,
  ids: readonly string[],
  { cols, data }: TemplateMatrix
): Point[] {
  const rows = new Map(ids.map((id, row) => [id, row]))
  return points.map(point => {
    const row = rows.get(point.id)
    const vectors = new Map(point.vectors)
    if (row === undefined) vectors.delete(vector)
    else vectors.set(vector, decimalsText(data.subarray(row * cols, (row + 1) * cols)))
    return { ...point, vectors }
  })
}

/** What a point is in the sum of a collection. */
export const contentOf = ({ id, payload, vectors }: Point): string =>
  `${id}\0${payload}\0${[...vectors].toSorted(([a], [b]) => a < b ? -1 : 1).map(pair => pair.join('\0')).join('\0')}`
