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

/** Schemas with a name of their own in the OpenAPI document; the root plugin adds them before any route. */
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
 * An input object: members with a default may be left out, and are present when the handler runs. Unknown members are
 * rejected.
 */
export function input<T extends TProperties> (properties: T, options: TObjectOptions = {}): TObject<T> {
  const schema = Type.Object(properties, { ...closed, ...options })
  const required = ((schema.required ?? []) as string[]).filter(name => !('default' in properties[name]!))
  return { ...schema, required } as unknown as TObject<T>
}

/** An enumeration of words that also states its type, which client generators look for. */
export function Enumeration<const T extends string> (values: readonly T[], options: TSchemaOptions = {}): TUnsafe<T> {
  return Type.Unsafe<T>({ type: 'string', enum: values, ...options })
}
