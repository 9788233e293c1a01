import { StartupError } from '../../../errors.js'
import type { Session } from '../../../platform/database/database.js'
import { quoteName } from './names.js'
import type { TableChoice } from './table.js'

/**
 * The schemas of Immich that are known: the tables of its migrations (server/src/schema/migrations in
 * immich-app/immich), the first from 1744910873969-InitialMigration on, the second from
 * 1752267649968-StandardizeNames on. What comes after them may mean something else by the same names.
 */
const layouts = [
  { from: [1, 133], before: [1, 137], faces: 'asset_faces' },
  { from: [1, 137], before: [3, 0], faces: 'asset_face' }
] as const

/** Columns that are relied on, in any of these types; `face_search` must have no others. */
const known: Readonly<Record<'face_search' | 'faces' | 'person', readonly RegExp[]>> = {
  // On a server without pgvector the same numbers are real[].
  face_search: [/^faceId uuid$/, /^embedding (vector\(\d+\)|real\[\])$/],
  faces: [/^id uuid$/, /^personId uuid$/],
  person: [/^id uuid$/, /^name character varying$/]
}

/** Where all known versions have the templates of faces. */
export const immichFaces: TableChoice = { table: 'public.face_search', id: 'faceId', column: 'embedding' }

export interface Immich {
  readonly version: string
  /** Named people and their faces, now. */
  people(session: Session): Promise<People>
}

interface People {
  readonly people: number
  readonly named: number
  /** faces with a template that belong to somebody */
  readonly faces: number
  /** of which face belongs to whom, whatever the order */
  readonly digest: string
}

/**
 * Finds the faces of Immich.
 * @throws StartupError when the database is not that of a known version of Immich
 */
export async function findImmich (session: Session): Promise<Immich> {
  const { rows: [there] } = await session.query<{ found: boolean }>(
    "SELECT to_regclass('public.version_history') IS NOT NULL AND to_regclass('public.face_search') IS NOT NULL AS found"
  )
  if (there?.found !== true) {
    throw new StartupError(
      '--preset immich: expected the tables version_history and face_search in the schema public, found none'
    )
  }
  const { rows: [latest] } = await session.query<{ version: string }>(
    'SELECT version FROM public.version_history ORDER BY "createdAt" DESC LIMIT 1'
  )
  const version = latest?.version ?? 'of no version'
  const [, major, minor] = /^v?(\d+)\.(\d+)\./.exec(version) ?? []
  const number = [Number(major), Number(minor)] as const
  const layout = layouts.find(({ from, before }) => !isBefore(number, from) && isBefore(number, before))
  if (layout === undefined) {
    throw new StartupError(
      `--preset immich: expected Immich 1.133 to 2, whose tables are known, found ${version}. --table face_search ` +
        '--id faceId --column embedding migrates the table as any other'
    )
  }
  for (const [table, columns] of Object.entries(known)) {
    await requireColumns(session, version, table === 'faces' ? layout.faces : table, columns, table === 'face_search')
  }
  const faces = `public.${quoteName(layout.faces)}`
  return {
    version,
    async people (at) {
      const { rows: [found] } = await at.query<Record<keyof People, string>>(
        `SELECT count(*)::text AS faces, count(DISTINCT p.id)::text AS people,
          count(DISTINCT p.id) FILTER (WHERE p.name <> '')::text AS named,
          coalesce(sum(hashtextextended(f.id::text || p.id::text, 0)), 0)::text AS digest
        FROM ${faces} f JOIN public.face_search s ON s."faceId" = f.id JOIN public.person p ON p.id = f."personId"`
      )
      const [people, named, count] = (['people', 'named', 'faces'] as const).map(name => Number(found![name])) as [
        number,
        number,
        number
      ]
      return { people, named, faces: count, digest: found!.digest }
    }
  }
}

const isBefore = ([major, minor]: readonly [number, number], [otherMajor, otherMinor]: readonly [number, number]) =>
  major < otherMajor || (major === otherMajor && minor < otherMinor)

async function requireColumns (
  session: Session,
  version: string,
  table: string,
  columns: readonly RegExp[],
  exactly: boolean
): Promise<void> {
  const { rows } = await session.query<{ column: string }>(
    `SELECT attname || ' ' || format_type(atttypid, atttypmod) AS column
    FROM pg_attribute WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped
      AND attname NOT IN ('embedding_translated', 'embedding_replaced') ORDER BY attnum`,
    [`public.${quoteName(table)}`]
  )
  const found = rows.map(row => row.column)
  const fits = columns.every(column => found.some(each => column.test(each)))
  if (fits && (!exactly || found.length === columns.length)) return
  const expected = columns.map(({ source }) => source.replace(/[\\^$]/g, '')).join(', ')
  throw new StartupError(
    `--preset immich: expected ${table} of Immich ${version} to have ${exactly ? 'exactly ' : ''}${expected}, found ${
      found.length === 0 ? 'no such table' : found.join(', ')
    }`
  )
}
