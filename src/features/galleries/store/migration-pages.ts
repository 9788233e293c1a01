import type { TemplateMatrix } from '../../../science/linear-algebra/matrix.js'
import type { Database, Session } from '../../../platform/database/database.js'
import { placeOfReference } from '../../../platform/encryption/places.js'
import type { Vault } from '../../../platform/encryption/vault.js'
import { ofSubject } from './contents.js'
import { openGallery, takePositions, type OpenShard } from './head.js'
import {
  changeShardOfMigration,
  endedMigration,
  findInShards,
  requireActiveMap,
  type MigrationRow
} from './migration-rows.js'
import { removeTemplates } from './removal.js'
import { openRows, sealColumns, sealsOf, unbound, type StoredReference } from './subject-seals.js'
import { placeTranslated, type PlacedTemplates } from './translated-names.js'
import { servingTemplates } from './serving.js'

/** Templates of a shard to translate and their positions in it. */
export interface UntranslatedPage {
  /** id */
  readonly shard: string
  /** everything of the source up to here is translated or skipped */
  readonly after: number
  readonly ordinals: readonly number[]
  /** (n, d) */
  readonly templates: TemplateMatrix
  readonly places: readonly { readonly subject: string, readonly reference: string }[]
  /** the last template of the source that was examined, readable or not */
  readonly last: number
  /** how many could not be read */
  readonly unusable: number
}

export interface TranslatedPage {
  /** (n, dTarget) */
  readonly templates: TemplateMatrix
  /** (n), from 0 to 1; null if unknown */
  readonly uncertainty: Float32Array | null
}

/** Maximum bytes of vectors and rows translated per transaction. Enrolments wait for it. */
const pageBytes = 8 * 2 ** 20
const pageRows = 4096

const nothingPlaced: PlacedTemplates = { names: new Map(), leaving: [], retranslated: 0 }

/** Reads the templates to translate and stores the translated ones, a page at a time. */
export function createMigrationPages (database: Database, vault: Vault) {
  return {
    /** Serving templates of the source that have not been examined yet. */
    async remaining (gallery: string, id: string): Promise<number> {
      const open = await openGallery(database, vault, gallery)
      let left = 0
      for (const row of await findInShards(database, open, id)) {
        const { rows: [counted] } = await database.query<{ count: string }>(
          `SELECT count(*) FROM ${servingTemplates} served WHERE gallery_id = $1 AND fingerprint = $2 AND ordinal > $3`,
          [row.gallery_id, row.source_fingerprint, row.read_position]
        )
        left += Number(counted!.count)
      }
      return left
    },

    /**
     * The templates to translate, shard by shard and by position, from where the migration stands to where the gallery
     * ends now: who enrols all the time would never let this end. A page may be read before the previous one is stored.
     */
    async *pages (gallery: string, id: string): AsyncGenerator<UntranslatedPage, void> {
      const open = await openGallery(database, vault, gallery)
      const rows = await findInShards(database, open, id)
      for (const [place, shard] of open.shards.entries()) yield* untranslatedPages(database, shard, rows[place]!)
    },

    /**
     * Stores a translated page beside its originals, in their shard and under their names, see `placeTranslated`.
     * Nothing is stored for an original that was removed in the meantime or a subject that already has a template made
     * by the target's model.
     * @returns false when the migration is not at this page: another process works on it too, or it is committed
     * @throws Problem `migration-ended` when it is rolled back; `map-retired`, `map-not-activated` when its map may no
     *   longer decide
     */
    async store (
      id: string,
      page: UntranslatedPage,
      { templates, uncertainty }: TranslatedPage
    ): Promise<boolean> {
      const { shard } = page
      return await changeShardOfMigration(database, vault, shard, id, async (session, open, row) => {
        if (row.state === 'rolled-back') throw endedMigration(row.state)
        // The migration may be ready or committed by now: a late worker's page is then already behind it.
        if (row.state === 'committed' || Number(row.read_position) !== page.after) return false
        await requireActiveMap(session, row.map_id)
        const places = page.ordinals.map((_, place) => place)
        const inserted = await insertTranslated(places, page.places.map(({ reference }) => reference))
        const left = places.filter(place => !inserted.has(place))
        const { names, leaving, retranslated } = left.length === 0
          ? nothingPlaced
          : await placeTranslated(session, {
            shard,
            migration: id,
            source: row.source_model,
            target: row.target_fingerprint,
            page
          }, left)
        await removeTemplates(session, open, leaving)
        const placed = await insertTranslated(
          left.filter(place => names.has(place)),
          left.flatMap(place => names.get(place) ?? [])
        )
        await session.query(
          'UPDATE gallery_migrations SET read_position = $3, translated = translated + $4, unusable = unusable + $5 WHERE gallery_id = $1 AND id = $2',
          [shard, id, page.last, inserted.size + placed.size - retranslated, page.unusable]
        )
        return true

        /** @returns those whose originals still exist and whose names were free */
        async function insertTranslated (places: readonly number[], names: readonly string[]): Promise<Set<number>> {
          if (places.length === 0) return new Set()
          const { target_fingerprint: target, target_dimension: dimension } = row
          const { cipher } = open
          const before = await takePositions(session, open, places.length)
          const seals = await sealsOf(session, open, places.map(place => page.places[place]!.subject))
          const vectors = places.map((place, i) => {
            const { subject } = page.places[place]!
            const bound = placeOfReference({
              ...seals.get(subject) ?? unbound(subject),
              fingerprint: target,
              reference: names[i]!,
              ordinal: before + i + 1,
              migration: id
            })
            return cipher.store(templates.data.subarray(place * dimension, (place + 1) * dimension), bound)
          })
          const { rows } = await session.query<{ ordinal: string }>(
            `INSERT INTO gallery_templates (gallery_id, ordinal, subject_number, reference, fingerprint, dimension, vector, quality, migration_id, uncertainty, original)
             SELECT $1, $2::bigint + place, t.subject_number, given.name, $3, $4, substring($5::bytea FROM (place::integer - 1) * $6 + 1 FOR $6), t.quality, $7, given.uncertainty, t.ordinal
             FROM unnest($8::bigint[], $9::real[], $10::text[]) WITH ORDINALITY AS given (ordinal, uncertainty, name, place)
             JOIN gallery_templates t ON t.gallery_id = $1 AND t.ordinal = given.ordinal AND t.ordinal BETWEEN $11 AND $12
             ON CONFLICT (gallery_id, fingerprint, subject_number, reference) DO NOTHING
             RETURNING ordinal`,
            [
              shard,
              before,
              target,
              dimension,
              Buffer.concat(vectors),
              4 * dimension + cipher.overhead,
              id,
              places.map(place => page.ordinals[place]),
              places.map(place => uncertainty?.[place] ?? null),
              names,
              // Both bounds: otherwise the planner reads the whole gallery for each page.
              page.ordinals[0],
              page.ordinals.at(-1)
            ]
          )
          return new Set(rows.map(({ ordinal }) => places[Number(ordinal) - before - 1]!))
        }
      })
    }
  }
}

/**
 * Whether every serving template of the source in a shard has been examined, with the shard locked.
 * @param except at most this many of the last
 */
export async function isTranslated (
  session: Session,
  row: MigrationRow,
  except = 0
): Promise<boolean> {
  const { rows } = await session.query(
    `SELECT ordinal FROM ${servingTemplates} served WHERE gallery_id = $1 AND fingerprint = $2 AND ordinal > $3 ORDER BY ordinal OFFSET $4 LIMIT 1`,
    [row.gallery_id, row.source_fingerprint, row.read_position, except]
  )
  return rows.length === 0
}

async function* untranslatedPages (
  session: Session,
  shard: OpenShard,
  { source_fingerprint: source, source_dimension: dimension, target_dimension: other, read_position: from }:
    MigrationRow
): AsyncGenerator<UntranslatedPage, void> {
  const limit = Math.max(1, Math.min(pageRows, Math.floor(pageBytes / 4 / Math.max(dimension, other))))
  for (let after = Number(from);;) {
    const rows = await untranslated(session, shard, source, after, limit)
    if (rows.length === 0) return
    const { opened, templates } = openRows(shard, source, dimension, rows)
    const last = Number(rows.at(-1)!.ordinal)
    yield {
      shard: shard.id,
      after,
      last,
      ordinals: opened.map(({ ordinal }) => Number(ordinal)),
      places: opened.map(({ subject, reference }) => ({ subject, reference })),
      templates,
      unusable: rows.length - opened.length
    }
    after = last
  }
}

/** @returns up to the head at which the shard was opened */
async function untranslated (session: Session, shard: OpenShard, source: string, after: number, limit: number) {
  const { rows } = await session.query<StoredReference>(
    `SELECT t.ordinal, ${sealColumns(shard)}, t.reference, t.migration_id AS migration, t.vector
     FROM (SELECT * FROM ${servingTemplates} served WHERE gallery_id = $1 AND fingerprint = $2 AND ordinal > $3 AND ordinal <= $5 ORDER BY ordinal LIMIT $4) t
     ${ofSubject} ORDER BY t.ordinal`,
    [shard.id, source, after, limit, shard.position]
  )
  return rows
}
