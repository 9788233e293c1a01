import { Problem } from '../../errors.js'

export interface PageRequest {
  /** Maximum number of items. */
  limit: number
  /** The `next` of the previous page. */
  after?: string | undefined
}

/** One page of a list in its stable order, by age and then by id. */
export interface Page<Item> {
  items: Item[]
  /** Cursor of the next page; null when this is the last. */
  next: string | null
}

interface Row {
  id: string
  createdAt: string
}

const form = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) ([0-9a-f-]{36})$/

/** Positions before the first row of a list, in either order. */
const ends = {
  oldestFirst: { createdAt: '-infinity', id: '00000000-0000-0000-0000-000000000000' },
  newestFirst: { createdAt: 'infinity', id: 'ffffffff-ffff-ffff-ffff-ffffffffffff' }
}

/**
 * Where the page begins, as values for `(created_at, id) > ($1::timestamptz, $2::uuid)`, or `<` when the newest come
 * first. The first page has a position too: Postgres cannot use an optional condition as an index condition, and would
 * read every row before the page.
 *
 * @throws Problem `request-invalid` when the cursor is not one that the service issued
 */
export function positionAfter (after: string | undefined, order: keyof typeof ends = 'oldestFirst'): Row {
  if (after === undefined) return ends[order]
  const bytes = Buffer.from(after, 'base64url')
  const [, createdAt, id] = form.exec(bytes.toString()) ?? []
  if (
    bytes.toString('base64url') !== after || createdAt === undefined || id === undefined || !isUuid(id) ||
    !isMoment(createdAt)
  ) {
    throw new Problem('request-invalid', 'after: expected the "next" value of a page of this list')
  }
  return { createdAt, id }
}

/** @param rows queried with `limit` + 1, so that an extra row tells that another page follows */
export function pageOf<Item extends Row> (rows: Item[], limit: number): Page<Item> {
  const items = rows.slice(0, limit)
  const last = items.at(-1)
  const more = rows.length > limit && last !== undefined
  return { items, next: more ? Buffer.from(`${last.createdAt} ${last.id}`).toString('base64url') : null }
}

/** Date.parse accepts 31 February; Postgres does not, nor does it have a year 0. */
function isMoment (text: string): boolean {
  const moment = new Date(text)
  return !Number.isNaN(moment.getTime()) && moment.toISOString() === text && !text.startsWith('0000')
}

/** Ids come from URLs unchecked; Postgres would fail on one that is not a UUID, where the answer is "unknown". */
export function isUuid (text: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text)
}
