import { Type } from 'typebox'
import { closed, component, Enumeration } from '../../platform/http/schemas/component.js'

/** The space in which templates were compared. */
export const ComparedInDocument = component(
  'ComparisonSpace',
  Type.Object({
    kind: Enumeration(['own', 'target', 'source', 'shared', 'fused'], {
      description:
        "`own` space of both templates, the native space of the map's `target` or `source`, a space `shared` by both, or several of these `fused` by an ensemble."
    }),
    model: Type.Union([Type.String(), Type.Null()], {
      description: 'The model whose native space it is; null for a shared one.'
    }),
    whitening: Type.Union([Type.Number(), Type.Null()], {
      description: 'Shrinkage of the covariances that whiten the space; null when it is not whitened.'
    }),
    normalisation: Enumeration(['none', 'cohort'], {
      description: 'Whether scores are normalised by the mean and covariance of the templates the map was fitted on.'
    }),
    dimension: Type.Integer()
  }, {
    ...closed,
    description:
      'The space in which the score was computed. For two models it was chosen by cross-validation when the map was fitted; the card says why.'
  })
)
