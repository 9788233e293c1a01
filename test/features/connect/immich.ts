import type { Session } from '../../../src/platform/database/database.js'
import type { TemplateMatrix } from '../../../src/science/linear-algebra/matrix.js'
import { rowOf, textOf } from './tables.js'

/**
 * The tables of Immich that have to do with faces, with the columns that its migrations give them (2.2), and templates
 * as real[] where the server has no pgvector. The width of the image of a face is the number of its row.
 */
export async function fillImmich (
  session: Session,
  { version, templates, people = 12, type = 'real[]' }: {
    readonly version: string
    readonly templates: TemplateMatrix
    readonly people?: number
    readonly type?: string
  }
): Promise<void> {
  for (
    const statement of [
      `CREATE TABLE version_history (
        id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
        "createdAt" timestamptz NOT NULL DEFAULT now(),
        version varchar NOT NULL
      )`,
      `CREATE TABLE person (
        id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
        "createdAt" timestamptz NOT NULL DEFAULT now(),
        "updatedAt" timestamptz NOT NULL DEFAULT now(),
        "ownerId" uuid NOT NULL,
        name varchar NOT NULL DEFAULT '',
        "thumbnailPath" varchar NOT NULL DEFAULT '',
        "isHidden" boolean NOT NULL DEFAULT false,
        "birthDate" date,
        "faceAssetId" uuid,
        "isFavorite" boolean NOT NULL DEFAULT false,
        color varchar
      )`,
      `CREATE TABLE asset_face (
        "assetId" uuid NOT NULL,
        "personId" uuid CONSTRAINT "asset_face_personId_fkey" REFERENCES person (id) ON UPDATE CASCADE ON DELETE SET NULL,
        "imageWidth" integer NOT NULL DEFAULT 0,
        "imageHeight" integer NOT NULL DEFAULT 0,
        "boundingBoxX1" integer NOT NULL DEFAULT 0,
        "boundingBoxY1" integer NOT NULL DEFAULT 0,
        "boundingBoxX2" integer NOT NULL DEFAULT 0,
        "boundingBoxY2" integer NOT NULL DEFAULT 0,
        id uuid NOT NULL DEFAULT gen_random_uuid() CONSTRAINT asset_face_pkey PRIMARY KEY,
        "deletedAt" timestamptz
      )`,
      `CREATE TABLE face_search (
        "faceId" uuid NOT NULL CONSTRAINT face_search_pkey PRIMARY KEY
          CONSTRAINT "face_search_faceId_fkey" REFERENCES asset_face (id) ON DELETE CASCADE,
        embedding ${type} NOT NULL
      )`,
      ...type.startsWith('vector')
        ? [`CREATE INDEX face_index ON face_search
          USING hnsw (embedding vector_cosine_ops) WITH (ef_construction = 300, m = 16)`]
        : []
    ]
  ) await session.query(statement)
  await session.query('INSERT INTO version_history (version) VALUES ($1)', [version])
  await session.query(
    `INSERT INTO person ("ownerId", name)
    SELECT gen_random_uuid(), CASE WHEN i % 2 = 0 THEN 'person ' || i ELSE '' END FROM generate_series(1, $1::integer) i`,
    [people]
  )
  for (let from = 0; from < templates.rows; from += 1000) {
    const rows = Array.from({ length: Math.min(1000, templates.rows - from) }, (_, i) => from + i)
    const texts = rows.map(row => textOf(rowOf(templates, row)))
    await session.query(
      `WITH given AS (
        SELECT gen_random_uuid() AS id, row, template FROM unnest($1::integer[], $2::text[]) AS given (row, template)
      ), face AS (
        INSERT INTO asset_face (id, "assetId", "imageWidth", "personId")
        SELECT given.id, gen_random_uuid(), row, p.id
        FROM given JOIN (SELECT id, row_number() OVER (ORDER BY id) - 1 AS number FROM person) p ON p.number = row % $3
      )
      INSERT INTO face_search SELECT id, template::${type} FROM given`,
      [rows, type.endsWith('[]') ? texts.map(text => `{${text.slice(1, -1)}}`) : texts, people]
    )
  }
}
