import type { Session } from '../../../platform/database/database.js'

/** Templates that were translated, and are to be stored. */
export interface TranslatedPlaces {
  readonly gallery: string
  /** id */
  readonly migration: string
  /** the model that is left */
  readonly source: string
  /** fingerprint of the space that they are of now */
  readonly target: string
  readonly page: {
    readonly ordinals: readonly number[]
    readonly places: readonly { readonly subject: string, readonly reference: string }[]
  }
}

export interface PlacedTemplates {
  /** Names in the target's space, by place in the page; none for whom it has a template of its own of. */
  readonly names: ReadonlyMap<number, string>
  /** ordinals of templates that give way */
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

/** Longest name of a template. */
const longest = 256

/**
 * Where translated templates go whose names are taken in the target's space, inside of `changeGallery`:
 *
 * - by a template that the target's model made, which is the better one: nothing is translated;
 * - by what serves no more and waits for its deletion, or by what this migration made of an original that has been
 *   enrolled anew since: that leaves;
 * - by what another migration made of another model's template, which is of another image perhaps: `1` becomes `1
 *   (model)`.
 *
 * @param taken places in the page
 */
export async function placeTranslated (
  session: Session,
  { gallery, migration, source, target, page: { ordinals, places } }: TranslatedPlaces,
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
        names.set(place, otherName(places[place]!, attempt))
        asked.push(place)
      }
    }
  }
  return { names, leaving: [...leaving], retranslated }

  /** One that no other of the page has. */
  function otherName (
    { subject, reference }: { readonly subject: string, readonly reference: string },
    attempt: number
  ): string {
    for (let number = attempt + 1;; number++) {
      const suffix = ` (${source}${number === 1 ? '' : ` ${number}`})`
      const name = reference.slice(0, longest - suffix.length) + suffix
      if (given.has(keyOf(subject, name))) continue
      given.add(keyOf(subject, name))
      return name
    }
  }

  async function holdersOf (asked: readonly number[]): Promise<Holder[]> {
    // By subject, row by row. A space that is new to the gallery is not in the planner's statistics: it takes its
    // templates for one, and would read all of them for every row.
    const { rows } = await session.query<Holder>(
      `SELECT given.place, held.ordinal, held.migration_id AS migration,
         (SELECT count(*) FROM serving_templates v WHERE v.gallery_id = $1 AND v.ordinal = held.ordinal) > 0 AS serves
       FROM unnest($3::integer[], $4::bigint[], $5::text[]) AS given (place, ordinal, name)
       JOIN gallery_templates t ON t.gallery_id = $1 AND t.ordinal = given.ordinal AND t.ordinal BETWEEN $6 AND $7
       CROSS JOIN LATERAL (SELECT ordinal, migration_id FROM gallery_templates k
         WHERE k.gallery_id = $1 AND k.subject_number = t.subject_number AND k.fingerprint || '' = $2 AND k.reference = given.name LIMIT 1) held`,
      [
        gallery,
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
