import type { Static } from 'typebox'
import type { Gallery } from '../schemas/gallery.js'
import type { MigrationDocument, MigrationEstimate } from '../schemas/migration.js'

/** Formats galleries and migrations for people. */

const count = (value: number): string => value.toLocaleString('en-US')
const rate = (value: number | null | undefined): string =>
  value === null || value === undefined ? 'not measured' : value.toFixed(3)

export function describeGallery ({ id, name, shards, subjects, templates }: Static<typeof Gallery>): string {
  return [
    id,
    JSON.stringify(name),
    `${count(subjects)} subjects`,
    ...shards === 1 ? [] : [`${shards} shards`],
    ...templates.map(group => `${count(group.count)} ${group.provenance} of ${group.model}`)
  ].join('  ')
}

export function describeMigration (
  { id, source, target, state, translated }: Static<typeof MigrationDocument>
): string {
  const next = state === 'ready' ? ': commit it or roll it back' : ''
  return `migration ${id}, ${source} to ${target}: ${count(translated)} templates translated, ${state}${next}`
}

/** Describes what a migration would do in a few lines. */
export function describeEstimate (
  { source, target, map, templates, card, shadow }: Static<typeof MigrationEstimate>
): string {
  const operating = (metrics: NonNullable<typeof shadow>['before']) =>
    metrics.operatingPoints.find(({ fmr }) => fmr === shadowRate)?.tmr
  return [
    `templates  ${count(templates)} of ${source}, to translate to ${target}`,
    `map        ${map.id}, version ${map.version}, ${card.verdict?.verdict ?? 'no verdict'}`,
    `card       TMR at FMR ${card.fmr} on its held-out identities: ${source} alone ${
      rate(card.sourceAlone)
    }, ${target} alone ${rate(card.targetAlone)},`,
    `           ${target} probes now ${rate(card.now)}, after the migration ${rate(card.translated)}`,
    shadow === null
      ? 'gallery    too few subjects with several templates to compare'
      : `gallery    ${
        count(shadow.subjects)
      } subjects with several templates, compared with one another: TMR at FMR ${shadowRate} ${
        rate(operating(shadow.before))
      } before, ${rate(operating(shadow.after))} after; ` +
        `rank 1 ${rate(shadow.before.rank1)} before, ${rate(shadow.after.rank1)} after`
  ].join('\n')
}

/** The rate of a shadow comparison that most galleries are large enough for. */
const shadowRate = 1e-2
