import type { TemplateMatrix } from '../../../science/linear-algebra/matrix.js'
import type { Database, Session } from '../../../platform/database/database.js'
import { halfvecArray } from './halfvec.js'

/** An indexed projection of a gallery. */
export interface IndexedView {
  readonly galleryId: string
  /** its number within the gallery */
  readonly view: number
  /** identifies what is projected, and into which space */
  readonly key: string
  readonly dimension: number
  readonly epoch: number
  /** of the gallery's log; the view is complete up to here */
  readonly position: number
  readonly state: 'building' | 'ready'
}

export interface IndexedRows {
  /** (n, d) */
  readonly vectors: TemplateMatrix
  /** (n) */
  readonly subjects: Float64Array
  /** (n) */
  readonly ordinals: Float64Array
}

export interface IndexChange {
  /** the position at which the change begins */
  readonly since: number
  readonly position: number
  readonly added?: IndexedRows
  /** ordinals */
  readonly removed?: readonly number[]
}

export interface IndexQuery {
  /** (q, d) */
  readonly probes: TemplateMatrix
  /** maximum number of references per probe */
  readonly limit: number
  /** breadth of the search, see `defaults` */
  readonly efSearch?: number
  /** subject numbers to search; all when absent */
  readonly subjects?: readonly number[]
}

export interface IndexCandidate {
  readonly subject: number
  readonly ordinal: number
  /** computed in half precision */
  readonly score: number
}

/**
 * Links per row of the graph, breadth when building it, and breadth when searching it. Of the ten best among 6,204
 * templates of r512, a breadth of 40 found 0.964, 100 found 0.995, 200 all.
 */
export const defaults = { m: 16, efConstruction: 128, efSearch: 200 } as const
/** pgvector refuses searches beyond this breadth, and half-precision indexes beyond this many dimensions. */
const maxEfSearch = 1000
const maxDimensions = 4000

export type VectorIndex = NonNullable<Awaited<ReturnType<typeof openVectorIndex>>>

/**
 * The index of galleries in Postgres: one pgvector graph per view (HNSW: Malkov and Yashunin, 2018) over projections in
 * half precision. It returns candidates; the caller computes their exact scores.
 *
 * @returns undefined when the database has no pgvector 0.7 or later, or when another role owns its tables: only the
 *   owner may create indexes
 */
export async function openVectorIndex (database: Database) {
  const { rows: [found] } = await database.query<{ version: string, oid: number, distributed: boolean }>(
    `SELECT extversion AS version, to_regtype('halfvec')::oid AS oid,
       EXISTS (SELECT FROM pg_extension WHERE extname = 'citus') AS distributed
     FROM pg_extension, pg_class WHERE extname = 'vector' AND pg_class.oid = to_regclass('gallery_projections')
       AND to_regtype('halfvec') IS NOT NULL AND pg_has_role(relowner, 'USAGE')`
  )
  if (found === undefined) return undefined
  const { version, oid, distributed } = found
  const concurrently = database.kind === 'postgres' ? 'CONCURRENTLY' : ''
  // From 0.8 on a search continues until it has enough rows, however many a filter drops.
  const scansIteratively = !/^0\.[0-7]\./.test(version)
  const limits = { scansIteratively, distributed }

  return {
    name: 'pgvector' as const,
    maxDimension: maxDimensions,
    /** of pgvector */
    version,

    async views (galleryId: string): Promise<IndexedView[]> {
      const { rows } = await database.query<ViewRow>(
        `SELECT ${columns} FROM gallery_views WHERE gallery_id = $1 ORDER BY view`,
        [galleryId]
      )
      return rows.map(viewOf)
    },

    /**
     * Creates an empty view of a gallery at position 0, or returns the existing one of that key and epoch.
     * @throws RangeError when pgvector cannot index so many dimensions
     */
    async create (
      galleryId: string,
      { key, dimension, epoch }: Pick<IndexedView, 'key' | 'dimension' | 'epoch'>
    ): Promise<IndexedView> {
      if (dimension > maxDimensions) {
        throw new RangeError(`expected at most ${maxDimensions} dimensions for an index, received ${dimension}`)
      }
      for (;;) {
        await database.query(
          `INSERT INTO gallery_views (gallery_id, view, key, dimension, epoch, position)
           SELECT $1, coalesce(max(view), 0) + 1, $2, $3, $4, 0 FROM gallery_views WHERE gallery_id = $1 ON CONFLICT DO NOTHING`,
          [galleryId, key, dimension, epoch]
        )
        const { rows: [row] } = await database.query<ViewRow>(
          `SELECT ${columns} FROM gallery_views WHERE gallery_id = $1 AND key = $2 AND epoch = $3`,
          [galleryId, key, epoch]
        )
        // No row when a concurrently created view took the number.
        if (row !== undefined) return viewOf(row)
      }
    },

    /**
     * Advances a view along the log, applying all of the change or none. Templates that were removed since are skipped.
     * @returns false when the view is not at the change's start: another replica was faster, or it was deleted
     */
    async advance (
      { galleryId, view, dimension }: IndexedView,
      { since, position, added, removed = [] }: IndexChange
    ): Promise<boolean> {
      if (added !== undefined && added.vectors.cols !== dimension) {
        throw new RangeError(`expected rows of ${dimension} numbers, received ${added.vectors.cols}`)
      }
      return await database.transaction(async session => {
        const { rowCount } = await session.query(
          'UPDATE gallery_views SET position = $4 WHERE gallery_id = $1 AND view = $2 AND position = $3',
          [galleryId, view, since, position]
        )
        if (rowCount === 0) return false
        if (removed.length > 0) {
          await session.query(
            'DELETE FROM gallery_projections WHERE gallery_id = $1 AND view = $2 AND ordinal = ANY ($3::bigint[])',
            [galleryId, view, removed]
          )
        }
        if (added !== undefined && added.vectors.rows > 0) {
          await session.query(
            `INSERT INTO gallery_projections (gallery_id, view, ordinal, subject_number, embedding)
             SELECT $1, $2, ordinal, subject, embedding FROM unnest($3::bigint[], $4::bigint[], $5::halfvec[]) AS added (ordinal, subject, embedding)
             WHERE EXISTS (SELECT FROM gallery_templates t WHERE t.gallery_id = $1 AND t.ordinal = added.ordinal FOR KEY SHARE)
             ON CONFLICT DO NOTHING`,
            [galleryId, view, Array.from(added.ordinals), Array.from(added.subjects), halfvecArray(added.vectors, oid)]
          )
        }
        return true
      })
    },

    /**
     * Builds the graph of a view and marks the view as ready. This takes long: a server builds it on a connection
     * without time limits and without locking out writers; PGlite answers nothing else meanwhile.
     */
    async build (
      indexed: IndexedView,
      { m = defaults.m, efConstruction = defaults.efConstruction }: {
        readonly m?: number
        readonly efConstruction?: number
      } = {}
    ): Promise<void> {
      await database.dedicated(async client => {
        // An interrupted build leaves an unusable index.
        await client.query(`DROP INDEX ${concurrently} IF EXISTS ${indexName(indexed)}`)
        await client.query(
          `CREATE INDEX ${concurrently} ${indexName(indexed)} ON gallery_projections
           USING hnsw ((embedding::halfvec(${indexed.dimension})) halfvec_ip_ops) WITH (m = ${
            integer(m)
          }, ef_construction = ${integer(efConstruction)})
           WHERE ${condition(indexed)}`
        )
        await client.query("UPDATE gallery_views SET state = 'ready' WHERE gallery_id = $1 AND view = $2", [
          indexed.galleryId,
          indexed.view
        ])
      })
    },

    /**
     * References near each probe, nearest first, from the graph. It may miss some of the best, see `efSearch`.
     * @throws RangeError when the dimensions differ
     */
    async candidates (
      indexed: IndexedView,
      { probes, limit, efSearch = defaults.efSearch, subjects }: IndexQuery
    ): Promise<IndexCandidate[][]> {
      if (probes.cols !== indexed.dimension) {
        throw new RangeError(`expected probes of ${indexed.dimension} numbers, received ${probes.cols}`)
      }
      const found: IndexCandidate[][] = Array.from({ length: probes.rows }, () => [])
      if (probes.rows === 0) return found
      const { rows } = await database.transaction(async session => {
        await limitSearch(session, Math.min(maxEfSearch, Math.max(efSearch, limit)), limits)
        return await session.query<CandidateRow>(searchStatement(indexed, subjects !== undefined), [
          halfvecArray(probes, oid),
          limit,
          ...(subjects === undefined ? [] : [subjects])
        ])
      })
      for (const { probe, ordinal, subject_number: subject, score } of rows) {
        found[Number(probe) - 1]!.push({ ordinal: Number(ordinal), subject: Number(subject), score })
      }
      return found
    },

    /**
     * A view that is no longer used because its gallery was deleted or began a new epoch, or that waits for a migration
     * that was rolled back; undefined when there is none.
     */
    async outdated (): Promise<IndexedView | undefined> {
      const { rows: [row] } = await database.query<ViewRow>(
        `SELECT ${columns} FROM gallery_views v
         WHERE NOT EXISTS (SELECT FROM gallery_heads h JOIN galleries g ON g.id = h.gallery_id
                           WHERE h.gallery_id = v.gallery_id AND g.deleted_at IS NULL AND (h.epoch = v.epoch OR (h.epoch = v.epoch - 1
                             AND EXISTS (SELECT FROM gallery_migrations m WHERE m.gallery_id = v.gallery_id AND m.state IN ('running', 'ready')
                                         AND v.key LIKE '% ' || m.id || ' %')))) LIMIT 1`
      )
      return row === undefined ? undefined : viewOf(row)
    },

    /** Deletes a view and its graph. */
    async drop (indexed: IndexedView): Promise<void> {
      await database.dedicated(async client => {
        await client.query(`DROP INDEX ${concurrently} IF EXISTS ${indexName(indexed)}`)
        await client.query('DELETE FROM gallery_views WHERE gallery_id = $1 AND view = $2', [
          indexed.galleryId,
          indexed.view
        ])
      })
    }
  }
}

interface ViewRow {
  gallery_id: string
  view: number
  key: string
  dimension: number
  epoch: number
  position: string
  state: 'building' | 'ready'
}

interface CandidateRow {
  probe: string
  ordinal: string
  subject_number: string
  score: number
}

const columns = 'gallery_id, view, key, dimension, epoch, position, state'

function viewOf ({ gallery_id: galleryId, view, key, dimension, epoch, position, state }: ViewRow): IndexedView {
  return { galleryId, view, key, dimension, epoch, position: Number(position), state }
}

/**
 * Builds the statement of a search. pgvector negates inner products, so that a smaller distance is nearer. The view is
 * inlined as literals: the planner must recognise its partial index.
 *
 * @param filtered whether $3 are subjects
 */
export function searchStatement (indexed: IndexedView, filtered: boolean): string {
  const type = `halfvec(${indexed.dimension})`
  return `SELECT probe, ordinal, subject_number, -distance AS score
    FROM unnest($1::halfvec[]) WITH ORDINALITY AS probes (vector, probe), LATERAL (
      SELECT ordinal, subject_number, embedding::${type} <#> probes.vector::${type} AS distance FROM gallery_projections
      WHERE ${condition(indexed)}${filtered ? ' AND subject_number = ANY ($3::bigint[])' : ''}
      ORDER BY embedding::${type} <#> probes.vector::${type} LIMIT $2
    ) AS nearest ORDER BY probe, distance, ordinal`
}

/** @param limits `distributed`: whether the nodes that search have to be told too, which takes SET commands */
async function limitSearch (
  session: Session,
  efSearch: number,
  { scansIteratively, distributed }: { readonly scansIteratively: boolean, readonly distributed: boolean }
): Promise<void> {
  if (distributed) {
    await session.query("SET LOCAL citus.propagate_set_commands = 'local'")
    await session.query(`SET LOCAL hnsw.ef_search = ${integer(efSearch)}`)
    if (scansIteratively) await session.query("SET LOCAL hnsw.iterative_scan = 'relaxed_order'")
    return
  }
  await session.query(
    `SELECT set_config('hnsw.ef_search', $1, true)${
      scansIteratively ? ", set_config('hnsw.iterative_scan', 'relaxed_order', true)" : ''
    }`,
    [String(integer(efSearch))]
  )
}

function condition ({ galleryId, view }: IndexedView): string {
  return `gallery_id = '${uuid(galleryId)}' AND view = ${integer(view)}`
}

const indexName = ({ galleryId, view }: IndexedView): string =>
  `gallery_projections_${uuid(galleryId).replaceAll('-', '')}_${integer(view)}`

/** Validates a value that is inlined into a statement. */
function uuid (value: string): string {
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(value)) {
    throw new TypeError(`expected a UUID, received ${JSON.stringify(value)}`)
  }
  return value
}

function integer (value: number): number {
  if (!Number.isSafeInteger(value)) throw new TypeError(`expected an integer, received ${value}`)
  return value
}
