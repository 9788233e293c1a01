import { randomUUID } from 'node:crypto'
import type { Database, Session } from '../../src/platform/database/database.js'
import { createMapRepository } from '../../src/features/catalogue/store/maps.js'
import { createCorpusRepository } from '../../src/features/corpora/store/corpora.js'
import { createGalleryRepository } from '../../src/features/galleries/store/galleries.js'
import { createRandom } from '../../src/science/linear-algebra/random.js'
import { createVault } from '../../src/platform/encryption/vault.js'
import { newMap, registerSpace, sha256 } from './stored-fixtures.js'
import { gaussian } from './synthetic-pairs.js'

/** A database as a year of work leaves it. */
export interface FilledDatabase {
  /** templates of the gallery; there are a tenth as many records of the audit, keys and jobs */
  readonly templates: number
  /** templates of the corpus, under two models */
  readonly samples: number
  readonly dimension: number
  readonly source: string
  readonly target: string
  readonly map: string
  /** with an open migration that has come half way through a tenth of it */
  readonly gallery: string
  readonly migration: string
  /** with a migration that was committed, whose originals are not deleted yet, of a tenth as many templates */
  readonly migrated: string
  readonly committed: string
  readonly corpus: string
}

const perSubject = 2

/**
 * Fills a migrated database on a real server. Keys are not checked while it is filled, so that a million rows take
 * seconds.
 */
export async function fillDatabase (
  database: Database,
  { templates, samples, dimension }: Pick<FilledDatabase, 'templates' | 'samples' | 'dimension'>
): Promise<FilledDatabase> {
  const source = await registerSpace(database, 'filled-a', dimension)
  const target = await registerSpace(database, 'filled-b', dimension)
  const { map: { id: map } } = await createMapRepository(database).insert({
    ...newMap(source, target, { source: dimension, target: dimension }),
    requestSha256: sha256('filled'),
    idempotencyKey: 'filled'
  })
  await createMapRepository(database).activate(map)
  const vault = createVault([])
  const galleries = createGalleryRepository(database, vault)
  // Of known ids, so that they are in the same partitions every time.
  const [gallery, migrated] = ['00000000-0000-4000-8000-00000000f111', '00000000-0000-4000-8000-00000000f222'] as const
  await galleries.createWithId(gallery, 'filled')
  await galleries.createWithId(migrated, 'migrated')
  const { corpus: { id: corpus } } = await createCorpusRepository(database).create({
    name: 'filled',
    requestSha256: sha256('filled'),
    idempotencyKey: 'filled'
  })
  const [migration, committed] = [randomUUID(), randomUUID()]
  const filled = { templates, samples, dimension, source, target, map, gallery, migration, migrated, committed, corpus }
  const tenth = Math.floor(templates / 10)
  await database.transaction(async session => {
    await session.query("SET LOCAL session_replication_role = 'replica'")
    await session.query('SET LOCAL statement_timeout = 0')
    const enrolled = await fillGallery(session, gallery, source, templates, dimension)
    await fillTranslated(session, {
      gallery,
      migration,
      map,
      source,
      target,
      dimension,
      enrolled,
      translated: tenth,
      state: 'running'
    })
    await fillTranslated(session, {
      gallery: migrated,
      migration: committed,
      map,
      source,
      target,
      dimension,
      translated: tenth,
      state: 'committed',
      enrolled: await fillGallery(session, migrated, source, tenth, dimension)
    })
    await session.query(
      'INSERT INTO gallery_removals (gallery_id, position, ordinal, fingerprint) SELECT $1, $2::bigint + i, i, $3 FROM generate_series(1, $4::integer) i',
      [gallery, enrolled, source, tenth]
    )
    await fillCorpus(session, filled)
    await fillRecords(session, tenth)
  })
  return filled
}

/** @returns the position of the gallery's log after it */
async function fillGallery (
  session: Session,
  gallery: string,
  fingerprint: string,
  templates: number,
  dimension: number
): Promise<number> {
  const subjects = Math.ceil(templates / perSubject)
  await session.query(
    `INSERT INTO gallery_subjects (gallery_id, subject, number, attributes)
     SELECT $1, 'subject ' || i, i, jsonb_build_object('site', i % 100) FROM generate_series(1, $2::integer) i`,
    [gallery, subjects]
  )
  await session.query(
    `INSERT INTO gallery_templates (gallery_id, ordinal, subject_number, reference, fingerprint, dimension, vector, quality)
     SELECT $1, $2::integer + i, 1 + (i - 1) % $2::integer, (i / $2::integer)::text, $3, $4, ${
      vectorOf('$5', '$6')
    }, 0.5 FROM generate_series(1, $7::integer) i`,
    [gallery, subjects, fingerprint, dimension, halves(dimension), poolSize, templates]
  )
  const position = subjects + templates
  await session.query('UPDATE gallery_heads SET position = $2 WHERE gallery_id = $1', [gallery, position])
  return position
}

async function fillTranslated (
  session: Session,
  { gallery, migration, map, source, target, dimension, enrolled, translated, state }: {
    gallery: string
    migration: string
    map: string
    source: string
    target: string
    dimension: number
    enrolled: number
    translated: number
    state: 'running' | 'committed'
  }
): Promise<void> {
  const ended = state === 'committed'
  await session.query(
    `INSERT INTO gallery_migrations (gallery_id, id, source_fingerprint, target_fingerprint, map_id, state, read_position, translated, committed_position, ended_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
    [
      gallery,
      migration,
      source,
      target,
      map,
      state,
      enrolled / 2,
      translated,
      ended ? enrolled + translated : null,
      ended ? new Date().toISOString() : null
    ]
  )
  await session.query(
    `INSERT INTO gallery_templates (gallery_id, ordinal, subject_number, reference, fingerprint, dimension, vector, migration_id, uncertainty)
     SELECT $1, $2::bigint + i, 1 + (i - 1) % $8::integer, (i / $8::integer)::text, $3, $4, ${
      vectorOf('$5', '$6')
    }, $7, 0.5 FROM generate_series(1, $9::integer) i`,
    [
      gallery,
      enrolled,
      target,
      dimension,
      halves(dimension),
      poolSize,
      migration,
      Math.ceil(translated / perSubject),
      translated
    ]
  )
  await session.query('UPDATE gallery_heads SET position = $2 WHERE gallery_id = $1', [gallery, enrolled + translated])
}

async function fillCorpus (
  session: Session,
  { corpus, samples, source, target, dimension }: FilledDatabase
): Promise<void> {
  await session.query(
    "INSERT INTO samples (corpus_id, sample, identity) SELECT $1, 'sample ' || i, 'person ' || i / 4 FROM generate_series(1, $2::integer) i",
    [corpus, samples / 2]
  )
  for (const fingerprint of [source, target]) {
    await session.query(
      `INSERT INTO sample_templates (corpus_id, sample, fingerprint, dimension, vector)
       SELECT $1, 'sample ' || i, $2, $3, ${vectorOf('$4', '$5')} FROM generate_series(1, $6::integer) i`,
      [corpus, fingerprint, dimension, halves(dimension), poolSize, samples / 2]
    )
  }
}

async function fillRecords (session: Session, count: number): Promise<void> {
  await session.query(
    "INSERT INTO audit_records (seq, hash, record) SELECT i, sha256(i::text::bytea), '{\"seq\":' || i || '}' FROM generate_series(1, $1::integer) i",
    [count]
  )
  await session.query('UPDATE audit_head SET seq = $1', [count])
  await session.query(
    `INSERT INTO api_keys (id, prefix, secret_sha256, name, scopes, created_at)
     SELECT gen_random_uuid(), lpad(to_hex(i), 12, '0'), sha256(i::text::bytea), 'filled', '{embed}', now() - i * interval '1 minute' FROM generate_series(1, $1::integer) i`,
    [count]
  )
  await session.query('INSERT INTO api_key_days (key_id, day, templates) SELECT id, current_date, 1 FROM api_keys')
  await session.query(
    `INSERT INTO jobs (id, kind, queue, request, origin, idempotency_key, request_sha256, progress, outcome, result, created_at, started_at, ended_at)
     SELECT gen_random_uuid(), 'fit', 'fitting', '{}', '{"request":"r","operation":"o","key":null}', 'job ' || i, encode(sha256(i::text::bytea), 'hex'), '{"stage":"done","fraction":1}', 'succeeded', '/v1/maps/x',
       at, at, at FROM (SELECT i, now() - i * interval '10 seconds' AS at FROM generate_series(1, $1::integer) i) made`,
    [count]
  )
}

/** Halves of vectors: two of them are one, and a million are different. */
const poolSize = 1024

/** SQL of a vector of a row `i`. @param pool parameter of the halves @param size parameter of how many there are */
const vectorOf = (pool: string, size: string): string =>
  `(${pool}::bytea[])[1 + i % ${size}::integer] || (${pool}::bytea[])[1 + i / ${size}::integer % ${size}::integer]`

function halves (dimension: number): Buffer[] {
  const random = createRandom(1)
  return Array.from(
    { length: poolSize },
    () => Buffer.from(Float32Array.from({ length: dimension / 2 }, () => gaussian(random)).buffer)
  )
}
