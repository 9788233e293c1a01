import type { Database } from '../../../platform/database/database.js'

/** A gallery that was searched by probes of a space. */
export interface GallerySearch {
  readonly gallery: string
  /** of the space of the probes */
  readonly fingerprint: string
}

/** Maximum number of rows that are read: more galleries than fit into memory are of no use. */
const maxRead = 1000

/** Which galleries were searched lately. */
export function createSearchesRepository (database: Database) {
  return {
    /** Notes a search of a gallery that exists. */
    async note ({ gallery, fingerprint }: GallerySearch): Promise<void> {
      await database.query(
        `INSERT INTO gallery_searches (gallery_id, fingerprint) SELECT id, $2 FROM galleries WHERE id = $1 AND deleted_at IS NULL
         ON CONFLICT (gallery_id, fingerprint) DO UPDATE SET searched_at = excluded.searched_at`,
        [gallery, fingerprint]
      )
    },

    /** Searches of galleries that exist, the latest first. @param days how old they may be */
    async since (days: number): Promise<GallerySearch[]> {
      const { rows } = await database.query<{ gallery_id: string, fingerprint: string }>(
        `SELECT gallery_id, fingerprint FROM gallery_searches JOIN galleries ON galleries.id = gallery_id
         WHERE deleted_at IS NULL AND searched_at > now() - $1 * interval '1 day'
         ORDER BY searched_at DESC, gallery_id, fingerprint LIMIT ${maxRead}`,
        [days]
      )
      return rows.map(({ gallery_id: gallery, fingerprint }) => ({ gallery, fingerprint }))
    }
  }
}

export type SearchesRepository = ReturnType<typeof createSearchesRepository>
