import fc from 'fast-check'
import type { Schema } from './document.js'

/** Maximum items above the minimum of an array: many requests matter more than long ones. */
const extraItems = 4

/** Values that a schema allows. */
export function valuesOf (schema: Schema): fc.Arbitrary<unknown> {
  if ('const' in schema) return fc.constant(schema.const)
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum)
  const alternatives = schema.anyOf ?? schema.oneOf
  if (alternatives !== undefined) return fc.oneof(...alternatives.map(valuesOf))
  if (Array.isArray(schema.type)) return fc.oneof(...schema.type.map(type => valuesOf({ ...schema, type })))
  switch (schema.type) {
    case 'null':
      return fc.constant(null)
    case 'boolean':
      return fc.boolean()
    case 'integer':
      return fc.integer({ min: bounded(schema.minimum ?? -(2 ** 31)), max: bounded(schema.maximum ?? 2 ** 31 - 1) })
    case 'number':
      return fc.double({ min: schema.minimum ?? -1e6, max: schema.maximum ?? 1e6, noNaN: true })
    case 'string':
      return texts(schema)
    case 'array': {
      const fewest = schema.minItems ?? 0
      return fc.array(valuesOf(schema.items ?? {}), {
        minLength: fewest,
        maxLength: Math.min(schema.maxItems ?? Infinity, fewest + extraItems)
      })
    }
    case 'object':
      return fc.record(
        Object.fromEntries(Object.entries(schema.properties ?? {}).map(([name, member]) => [name, valuesOf(member)])),
        { requiredKeys: [...schema.required ?? []] }
      )
    default:
      return fc.jsonValue()
  }
}

function texts ({ pattern, minLength = 0, maxLength = 60 }: Schema): fc.Arbitrary<string> {
  const longest = Math.max(minLength, Math.min(maxLength, 60))
  if (pattern === undefined) return fc.string({ minLength, maxLength: longest, unit: 'grapheme' })
  const whole = new RegExp(pattern)
  // The generator of matching text does not support assertions.
  return pattern.includes('(?')
    ? fc.string({ minLength, maxLength: longest }).filter(text => whole.test(text))
    : fc.stringMatching(whole).map(text => text.slice(0, maxLength))
}

/** Within what a generator of integers takes. */
const bounded = (value: number) => Math.max(-(2 ** 31), Math.min(2 ** 31 - 1, value))
