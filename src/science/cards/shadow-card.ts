import { Type, type Static } from 'typebox'
import { closed, nullable, nullableNumber } from '../schemas.js'

/** The map that served when this one was fitted, measured beside it. */
export const Shadow = Type.Object({
  map: Type.String({ description: 'Id of the map that was active' }),
  version: Type.Integer({ minimum: 1 }),
  fmr: nullableNumber('The false match rate of the figures; null when both support none'),
  tmr: nullable(
    Type.Object({ own: Type.Number(), serving: Type.Number() }, closed),
    'TMR of this map and of the one that served, where each compares'
  ),
  difference: nullable(
    Type.Object({ tmr: Type.Number(), lower: Type.Number(), upper: Type.Number() }, closed),
    'TMR of this map less that of the one that served, with its 95 % interval by a paired bootstrap over identities'
  ),
  finding: Type.Unsafe<'better' | 'alike' | 'worse' | 'unknown'>({
    type: 'string',
    enum: ['better', 'alike', 'worse', 'unknown'],
    description: '`better` or `worse` when the interval of the difference excludes zero'
  }),
  sharesPeople: Type.Boolean({
    description:
      'Whether the map that served was fitted on the same corpus: it has seen some of these people, and its ' +
      'figures are too good'
  })
}, {
  ...closed,
  description:
    'Absent when no map of the pair was active. What served is measured on the people that evaluated this map, ' +
    'whose own figures come from folds that have not seen them'
})
export type Shadow = Static<typeof Shadow>
