import { Type, type TSchema } from 'typebox'

/** What the schemas of every wing are made of. */

/** Unknown members are refused. */
export const closed = { additionalProperties: false } as const

/** The value, or null where there is none. */
export const nullable = <T extends TSchema>(schema: T, description: string) =>
  Type.Union([schema, Type.Null()], { description })

export const nullableNumber = (description: string) => nullable(Type.Number(), description)

/** A share of comparisons, probes or people. */
export const Rate = Type.Number({ minimum: 0, maximum: 1 })

export const nullableRate = (description: string) => nullable(Rate, description)

/** In hexadecimal digits. */
export const Sha256 = Type.String({ pattern: '^[0-9a-f]{64}$' })
