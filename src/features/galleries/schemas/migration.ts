import { nullable } from '../../../science/schemas.js'
import { Type, type Static } from 'typebox'
import { Metrics } from '../../../science/scores/metrics.js'
import { Verdict } from '../../../science/cards/verdict.js'
import type { MigrationEstimate as Estimate } from '../migration-estimate.js'
import type { StoredMigration } from '../store/migration-rows.js'
import { closed, component, Enumeration } from '../../../platform/http/schemas/component.js'
import { MapReference, mapReference } from '../../catalogue/index.js'

export const MigrationDocument = component(
  'Migration',
  Type.Object({
    id: Type.String({ description: 'The id of the job that began it.' }),
    source: Type.String({ description: 'The model that templates are translated from.' }),
    target: Type.String({ description: 'The model that templates are translated to.' }),
    map: Type.String({ description: 'Id of the map that translates them.' }),
    state: Enumeration(['running', 'ready', 'committed', 'rolled-back'], {
      description:
        '`running`: templates are being translated, and the originals are searched; `ready`: all are translated; `committed`: the translated templates are searched, the originals are not; `rolled-back`: nothing has changed.'
    }),
    translated: Type.Integer({ description: 'Number of templates translated so far.' }),
    unusable: Type.Integer({
      description:
        'Number of templates left out because they could not be read; a commit deletes them with the other originals.'
    }),
    purged: Type.Boolean({
      description:
        'Whether the templates it made superfluous are deleted: the originals after a commit, the translated ones after a rollback.'
    }),
    createdAt: Type.String({ format: 'date-time' }),
    endedAt: nullable(Type.String({ format: 'date-time' }), 'When it was committed or rolled back.')
  }, { ...closed, description: "A migration of a gallery's templates from one model to another." })
)

export function migrationDocument (
  { id, source, target, map, state, translated, unusable, purged, createdAt, endedAt }: StoredMigration
): Static<typeof MigrationDocument> {
  return {
    id,
    source: source.model,
    target: target.model,
    map,
    state,
    translated,
    unusable,
    purged,
    createdAt,
    endedAt
  }
}

const Shadow = Type.Object({
  subjects: Type.Integer({ description: 'Number of subjects with several templates of the source, at most 500.' }),
  templates: Type.Integer(),
  before: Type.Unsafe<Static<typeof Metrics>>({
    ...Metrics,
    description: 'Accuracy of their templates compared with one another, as they are now.'
  }),
  after: Type.Unsafe<Static<typeof Metrics>>({ ...Metrics, description: 'Accuracy of the same templates, translated.' })
}, closed)

export const MigrationEstimate = component(
  'MigrationEstimate',
  Type.Object({
    source: Type.String(),
    target: Type.String(),
    map: MapReference,
    templates: Type.Integer({ description: 'Templates that would be translated.' }),
    card: Type.Object({
      fmr: Type.Number(),
      sourceAlone: nullable(Type.Number(), "TMR of the source's own templates."),
      targetAlone: nullable(
        Type.Number(),
        "TMR of the target's own templates: what re-enrolling everybody would reach."
      ),
      translated: nullable(
        Type.Number(),
        "TMR of translated templates against the target's own templates: what searches reach after the migration."
      ),
      now: nullable(
        Type.Number(),
        "TMR of the originals against the target's own templates in the map's comparison space: what cross-model searches reach without the migration."
      ),
      verdict: nullable(
        Type.Unsafe<Static<typeof Verdict>>(Verdict),
        "The card's verdict on the map; null in older cards."
      )
    }, {
      ...closed,
      description: 'Figures of the card of the map, on its held-out identities. Null where these are too few.'
    }),
    shadow: nullable(
      Shadow,
      'Figures of the gallery itself: templates of subjects with several, compared with one another before and after. Null when fewer than ten subjects have several.'
    )
  }, closed)
)

const cardRate = 1e-3

export function estimateDocument (
  { source, target, map, templates, shadow }: Estimate
): Static<typeof MigrationEstimate> {
  const { evaluation, comparison, verdict } = map.card
  const tmr = (metrics: Pick<Static<typeof Metrics>, 'operatingPoints'> | undefined) =>
    metrics?.operatingPoints.find(({ fmr }) => fmr === cardRate)?.tmr ?? null
  return {
    source: source.model,
    target: target.model,
    map: mapReference(map),
    templates,
    card: {
      fmr: cardRate,
      sourceAlone: tmr(evaluation.sourceAlone),
      targetAlone: tmr(evaluation.targetAlone),
      translated: tmr(evaluation.crossModel),
      now: tmr(comparison?.evaluation ?? evaluation.crossModel),
      verdict: verdict ?? null
    },
    shadow
  }
}
