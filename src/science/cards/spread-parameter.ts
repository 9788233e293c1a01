import { Type } from 'typebox'

/** `Spread` as cards have it. */
export const SpreadParameter = Type.Union([Type.Literal('fitted'), Type.Literal('restored')], {
  description: 'How widely translated templates spread about the mean of the target: as the estimator has it, or scaled to the total variance of the target\'s own'
})
