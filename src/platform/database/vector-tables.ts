import type { Session } from './database.js'
import { StatementError } from './failures.js'

/**
 * The tables of the gallery index, which exist where pgvector does. They are not among the numbered migrations, which
 * every server must run. Keys begin with the gallery, so that a cluster can distribute by it.
 */
const tables = `
  CREATE TABLE gallery_views (
    gallery_id uuid NOT NULL,
    view integer NOT NULL CHECK (view > 0),
    key text NOT NULL,
    dimension integer NOT NULL CHECK (dimension > 0),
    epoch integer NOT NULL,
    position bigint NOT NULL,
    state text NOT NULL DEFAULT 'building' CHECK (state IN ('building', 'ready')),
    PRIMARY KEY (gallery_id, view),
    FOREIGN KEY (gallery_id) REFERENCES galleries ON DELETE CASCADE,
    UNIQUE (gallery_id, key, epoch)
  );
  COMMENT ON TABLE gallery_views IS 'Indexed projections of galleries';
  COMMENT ON COLUMN gallery_views.position IS 'position in the log of the gallery up to which the index is complete';
  CREATE TABLE gallery_projections (
    gallery_id uuid NOT NULL,
    view integer NOT NULL,
    ordinal bigint NOT NULL,
    subject_number bigint NOT NULL,
    embedding halfvec NOT NULL,
    PRIMARY KEY (gallery_id, view, ordinal),
    FOREIGN KEY (gallery_id, view) REFERENCES gallery_views ON DELETE CASCADE,
    FOREIGN KEY (gallery_id, ordinal) REFERENCES gallery_templates ON DELETE CASCADE
  );
  CREATE INDEX gallery_projections_by_template ON gallery_projections (gallery_id, ordinal);
  COMMENT ON TABLE gallery_projections IS 'Deleted together with their templates, so that an erasure covers them';`

/** Extension missing or not permitted: the service works without it. */
const toleratedStates = new Set(['58P01', '0A000', '42501', '42704'])

/**
 * Creates pgvector and the tables of the index in a database that supports them. Call it after the migrations, under
 * their lock.
 *
 * @param note receives why there is no index where the database has pgvector
 */
export async function ensureVectorTables (
  session: Session,
  note: (message: string) => void = () => {}
): Promise<void> {
  const { rows: [found] } = await session.query<{ available: boolean, created: boolean, complete: boolean }>(
    `SELECT EXISTS (SELECT FROM pg_available_extensions WHERE name = 'vector') AS available,
       EXISTS (SELECT FROM pg_extension WHERE extname = 'vector') AS created,
       to_regclass('gallery_projections') IS NOT NULL AS complete`
  )
  if (found?.available !== true || found.complete) return
  try {
    // In a cluster the statement is refused to everybody but the owner, even where there is nothing to create.
    if (!found.created) await session.query('CREATE EXTENSION IF NOT EXISTS vector')
    // halfvec was added in pgvector 0.7.
    const { rows: [type] } = await session.query<{ known: boolean }>(
      "SELECT to_regtype('halfvec') IS NOT NULL AS known"
    )
    if (type?.known === true) await session.query(`BEGIN; ${tables} COMMIT`)
    else {note(
        'no gallery index: halfvec is not found. Update pgvector to 0.7 or later, or put its schema on the search_path'
      )}
  } catch (error) {
    await session.query('ROLLBACK').catch(() => {})
    if (!(error instanceof StatementError && toleratedStates.has(error.sqlState))) throw error
    note(
      `no gallery index: the server has pgvector, and refuses CREATE EXTENSION vector (${error.message}). Create it as a ` +
        'user who may, then start the service again. Until then galleries are searched exactly'
    )
  }
}
