import { Type, type TSchema } from 'typebox'
import { closed, component } from '../../platform/http/schemas/component.js'

const Rate = (description: string) => Type.Number({ minimum: 0, maximum: 1, description })

const report = <T extends TSchema>(flagged: T) =>
  Type.Union([
    Type.Object({
      checked: Type.Integer({
        minimum: 0,
        description:
          'Number of judged templates: all, or, unless the guard refuses, 50 drawn at random when a model has more. Templates of a space without a profile are not judged; a space gets its profile with the first map fitted from or to it on at least 50 templates.'
      }),
      flagged,
      foreign: Type.Boolean({
        description:
          'Whether the templates of a model, taken together, do not look like its own: a batch is stronger evidence than each of its templates.'
      }),
      likelier: Type.Union([Type.String(), Type.Null()], {
        description: 'The registered model of the same dimension that explains the flagged templates better.'
      }),
      falseAlarmRate: Type.Union([
        Type.Object({
          template: Rate('False alarm rate of flagging a single template.'),
          batch: Rate('False alarm rate of calling a batch foreign.')
        }, closed),
        Type.Null()
      ], {
        description:
          'Measured on held-out identities of the data that the profile was calibrated on, before a margin for other data. Null when nothing was judged.'
      })
    }, closed),
    Type.Null()
  ], { description: 'Whether the templates look like those of the models they name; null when the guard is off.' })

/** The guard's findings on the templates of a batch. */
export const BatchGuard = component(
  'BatchGuard',
  report(
    Type.Array(Type.Integer({ minimum: 0 }), {
      description: 'Positions in the request of templates that do not look like those of their model.'
    })
  )
)

/** The guard's findings on the templates of a comparison. */
export const ComparisonGuard = component(
  'ComparisonGuard',
  report(
    Type.Array(Type.Enum(['probe', 'reference']), {
      description: 'Templates that do not look like those of their model.'
    })
  )
)
