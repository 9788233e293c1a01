import { Type } from 'typebox'
import type { Quality } from '../../engines/recognition/recognition.js'
import { Problem, StartupError } from '../../errors.js'
import { closed, Enumeration } from '../../platform/http/schemas/component.js'

/** What is required of a face: limits on its quality measures. */

/** Each measure, whether more of it is better, and the range of a sensible limit. */
const bounds = {
  interEyeDistance: { bound: 'minimum', max: 10_000, unit: 'pixels' },
  sharpness: { bound: 'minimum', max: 1e6, unit: 'squared grey levels' },
  brightness: { bound: 'minimum', max: 255, unit: 'grey levels' },
  contrast: { bound: 'minimum', max: 255, unit: 'grey levels' },
  dynamicRange: { bound: 'minimum', max: 8, unit: 'bits' },
  illuminationUniformity: { bound: 'minimum', max: 1, unit: 'from 0 to 1' },
  underExposed: { bound: 'maximum', max: 1, unit: 'share of the crop' },
  overExposed: { bound: 'maximum', max: 1, unit: 'share of the crop' },
  outside: { bound: 'maximum', max: 1, unit: 'share of the crop' },
  roll: { bound: 'maximum', max: 180, unit: 'degrees either way' },
  yaw: { bound: 'maximum', max: 10, unit: 'distances between the eyes, either way' },
  pitch: { bound: 'maximum', max: 10, unit: 'distances from eyes to mouth, either way' }
} as const satisfies Record<keyof Quality, { bound: 'minimum' | 'maximum', max: number, unit: string }>

type Measure = keyof Quality
const measures = Object.keys(bounds) as Measure[]

/** Limits by measure: the least of it that is accepted, or of deviations and defects the most. */
export type QualityLimits = Readonly<Partial<Record<Measure, number>>>

/** A measure of a face that is beyond its limit. */
export interface Shortfall {
  readonly measure: Measure
  readonly value: number
  readonly bound: 'minimum' | 'maximum'
  readonly limit: number
}

/** What the operator requires of every face. */
export interface ConfiguredQuality {
  readonly limits: QualityLimits
  /** `flag` names what is beyond the limits, `refuse` also refuses the face */
  readonly mode: 'off' | 'flag' | 'refuse'
}

export const MinQuality = Type.Object(
  Object.fromEntries(measures.map(measure => {
    const { bound, max, unit } = bounds[measure]
    return [
      measure,
      Type.Optional(
        Type.Number({
          minimum: 0,
          maximum: max,
          description: `${bound === 'minimum' ? 'At least' : 'At most'}, ${unit}.`
        })
      )
    ]
  })) as Record<Measure, ReturnType<typeof Type.Optional<ReturnType<typeof Type.Number>>>>,
  {
    ...closed,
    description:
      'Limits on the quality of the face, by measure. A face beyond one of them is refused with 422 `quality-low`. ' +
      'Yaw, pitch and roll are taken without their sign; those of aligned crops are unknown and not judged.'
  }
)

/** `MinQuality` as a text, for addresses and forms. */
export const MinQualityText = Type.String({
  pattern: '^[A-Za-z]+:[0-9.e-]+(,[A-Za-z]+:[0-9.e-]+)*$',
  maxLength: 500,
  description:
    'Limits on the quality of the face, `measure:limit` separated by commas, such as `interEyeDistance:40,yaw:0.3`: at least ' +
    'that much, or at most of `underExposed`, `overExposed`, `outside`, `roll`, `yaw` and `pitch`, the last three without ' +
    'their sign. A face beyond one of them is refused with 422 `quality-low`.'
})

export const ShortfallDocument = Type.Object({
  measure: Enumeration(measures),
  value: Type.Number(),
  bound: Enumeration(['minimum', 'maximum']),
  limit: Type.Number()
}, closed)

/** @throws Problem `request-invalid` naming the measure */
export function readMinQuality (text: string, where = 'minQuality'): QualityLimits {
  const read = parseLimits(text)
  if ('wrong' in read) throw new Problem('request-invalid', `${where}: ${read.wrong}`)
  return read.limits
}

/** @throws StartupError naming the measure */
export function configuredQuality (text: string, mode: ConfiguredQuality['mode']): ConfiguredQuality {
  const read = parseLimits(text)
  if ('wrong' in read) throw new StartupError(`configuration: MIN_QUALITY: ${read.wrong}`)
  return { limits: read.limits, mode }
}

function parseLimits (text: string): { readonly limits: QualityLimits } | { readonly wrong: string } {
  const limits: Partial<Record<Measure, number>> = {}
  for (const part of text === '' ? [] : text.split(',')) {
    const [name = '', number = '', ...rest] = part.split(':')
    const measure = measures.find(known => known === name.trim())
    const limit = number.trim() === '' || rest.length > 0 ? NaN : Number(number)
    if (measure === undefined) {
      return { wrong: `expected measure:limit, the measure one of ${measures.join(', ')}, received ${quote(part)}` }
    }
    const { max } = bounds[measure]
    if (!(limit >= 0 && limit <= max)) {
      return { wrong: `${measure}: expected a number from 0 to ${max}, received ${quote(number)}` }
    }
    if (limits[measure] !== undefined) return { wrong: `expected each measure once, received ${measure} twice` }
    limits[measure] = limit
  }
  return { limits }
}

/** The measures of a face that are beyond their limits. Unknown ones, of aligned crops, are not. */
export function shortfalls (quality: Quality, limits: QualityLimits): Shortfall[] {
  return measures.flatMap(measure => {
    const [limit, measured, { bound }] = [limits[measure], quality[measure], bounds[measure]]
    if (limit === undefined || measured === null) return []
    const value = bound === 'maximum' ? Math.abs(measured) : measured
    return (bound === 'minimum' ? value >= limit : value <= limit) ? [] : [{ measure, value, bound, limit }]
  })
}

export function lowQuality (failed: readonly Shortfall[]): Problem {
  const each = failed.map(({ measure, value, bound, limit }) =>
    `${measure} of at ${bound === 'minimum' ? 'least' : 'most'} ${limit}, received ${Number(value.toPrecision(4))}`
  )
  return new Problem('quality-low', `image: expected a face with ${each.join('; ')}`, { failed })
}

function quote (text: string): string {
  return JSON.stringify(text.slice(0, 100))
}
