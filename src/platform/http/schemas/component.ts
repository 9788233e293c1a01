import { closed } from '../../../science/schemas.js'
import {
  Type,
  type Static,
  type TObject,
  type TObjectOptions,
  type TProperties,
  type TSchema,
  type TSchemaOptions,
  type TUnsafe
} from 'typebox'

/** Schemas that have a name of their own in the OpenAPI document; the root plugin adds them before any route. */
export const components: (TSchema & { $id: string })[] = []

/**
 * Names a schema, and returns a reference to it that carries its type.
 *
 * @param name the name under `components.schemas`
 */
export function component<T extends TSchema> (name: string, schema: T): TUnsafe<Static<T>> {
  components.push({ ...schema, $id: name })
  return Type.Unsafe<Static<T>>({ $ref: `${name}#` })
}

export { closed }

/**
 * An object that a caller sends: members with a default may be left out, and are there when the handler runs. Members
 * that are not known are refused.
 */
export function input<T extends TProperties> (properties: T, options: TObjectOptions = {}): TObject<T> {
  const schema = Type.Object(properties, { ...closed, ...options })
  const required = ((schema.required ?? []) as string[]).filter(name => !('default' in properties[name]!))
  return { ...schema, required } as unknown as TObject<T>
}

/** One of some words. With its type beside them, which generators of clients look for. */
export function Enumeration<const T extends string> (values: readonly T[], options: TSchemaOptions = {}): TUnsafe<T> {
  return Type.Unsafe<T>({ type: 'string', enum: values, ...options })
}
