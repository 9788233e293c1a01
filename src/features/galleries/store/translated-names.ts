import type { Session } from '../../../platform/database/database.js'
import { serves } from './serving.js'

/** Translated templates to be stored. */
export interface TranslatedPlaces {
  /** id */
  readonly shard: string
  /** id */
  readonly migration: string
  /** the model to migrate from */
  readonly source: string
  /** fingerprint of their new space */
  readonly target: string
  readonly page: {
    readonly ordinals: readonly number[]
    readonly places: readonly { readonly subject: string, readonly reference: string }[]
  }
}

export interface PlacedTemplates {
  /**
   * Names in the target's space, by place in the page; absent for a template that gives way to a native one of the
   * target.
   */
  readonly names: ReadonlyMap<number, string>
  /** ordinals of templates to remove */
  readonly leaving: readonly number[]
  /** how many of these this migration had made */
  readonly retranslated: number
}

interface Holder {
  place: number
  ordinal: string
  migration: string | null
  serves: boolean
}

/** Maximum length of a template's name. */
const maxLength = 256

/**
 * Resolves names of translated templates that are taken in the target's space, with the shard locked:
 *
 * - by a template that the target's model made, which is the better one: nothing is translated;
 * - by a template that no longer serves and awaits deletion, or by this migration's translation of an original that has
 *   been re-enrolled since: that template is removed;
 * - by another migration's translation of another model's template, perhaps of another image: `1` becomes `1 (model)`.
 *
 * @param taken places in the page
 */
export async function placeTranslated (
  session: Session,
  { shard, migration, source, target, page: { ordinals, places } }: TranslatedPlaces,
  taken: readonly number[]
): Promise<PlacedTemplates> {
  const names = new Map(taken.map(place => [place, places[place]!.reference]))
  const given = new Set(places.map(({ subject, reference }) => keyOf(subject, reference)))
  const leaving = new Set<number>()
  let retranslated = 0
  let asked = [...taken]
  for (let attempt = 0; asked.length > 0; attempt++) {
    const held = await holdersOf(asked)
    asked = []
    for (const { place, ordinal, migration: made, serves } of held) {
      if (!serves && made !== migration) {
        leaving.add(Number(ordinal))
      } else if (attempt === 0 && made === migration) {
        leaving.add(Number(ordinal))
        retranslated++
      } else if (attempt === 0 && made === null) {
        names.delete(place)
      } else {
        names.set(place, freeName(places[place]!, attempt))
        asked.push(place)
      }
    }
  }
  return { names, leaving: [...leaving], retranslated }

  /** A name that no other template of the page has. */
  function freeName (
    { subject, reference }: { readonly subject: string, readonly reference: string },
    attempt: number
  ): string {
    for (let number = attempt + 1;; number++) {
      const suffix = ` (${source}${number === 1 ? '' : ` ${number}`})`
      const name = reference.slice(0, maxLength - suffix.length) + suffix
      if (given.has(keyOf(subject, name))) continue
      given.add(keyOf(subject, name))
      return name
    }
  }

  async function holdersOf (asked: readonly number[]): Promise<Holder[]> {
    // One look-up per row by subject. A space that is new to the gallery is not in the planner's statistics: the
    // planner expects one template of it and would read all of them for every row.
    const { rows } = await session.query<Holder>(
      `SELECT given.place, held.ordinal, held.migration_id AS migration,
         ${serves('held')} AS serves
       FROM unnest($3::integer[], $4::bigint[], $5::text[]) AS given (place, ordinal, name)
       JOIN gallery_templates t ON t.gallery_id = $1 AND t.ordinal = given.ordinal AND t.ordinal BETWEEN $6 AND $7
       CROSS JOIN LATERAL (SELECT ordinal, fingerprint, migration_id FROM gallery_templates k
         WHERE k.gallery_id = $1 AND k.subject_number = t.subject_number AND k.fingerprint || '' = $2 AND k.reference = given.name LIMIT 1) held`,
      [
        shard,
        target,
        asked,
        asked.map(place => ordinals[place]),
        asked.map(place => names.get(place)),
        ordinals[0],
        ordinals.at(-1)
      ]
    )
    return rows
  }
}

const keyOf = (subject: string, reference: string): string => JSON.stringify([subject, reference])
