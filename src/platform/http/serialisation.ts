import SerializerSelector from '@fastify/fast-json-stringify-compiler'

type Known = Map<string, SerializerSelector.Serializer>

/** Serialisers by the text of the shared schemas and the options, then by that of their own schema. */
const compiled = new Map<string, Known>()

/** Texts of the shared schemas, which an app gives to each of its plugins. */
const texts = new WeakMap<object, string>()

/**
 * Compiles the serialiser of a response when the route first sends it. Compiling all of them takes 1.7 s at start, and
 * a replica sends few of its several hundred kinds of responses. Those that many routes have, such as problems, are
 * compiled once, for every service of the process: each takes some 20 ms.
 */
export const buildSerializer: SerializerSelector.SerializerFactory = (externalSchemas, options) => {
  // Where a schema offers alternatives, Ajv tells which it is. What it does to optimise that takes a quarter of the
  // first answer, and no answer is faster for it.
  const compile = SerializerSelector()(externalSchemas, { ...options, ajv: { code: { optimize: false } } })
  let known: Known | undefined
  return route => {
    let serialise: SerializerSelector.Serializer | undefined
    return answer => {
      if (serialise === undefined) {
        known ??= knownWith(externalSchemas as Readonly<Record<string, object>>, options)
        const text = JSON.stringify(route.schema)
        serialise = known.get(text) ?? compile(route)
        known.set(text, serialise)
      }
      return serialise(answer)
    }
  }
}

function knownWith (shared: Readonly<Record<string, object>> = {}, options?: object): Known {
  const key = [options ?? {}, ...Object.values(shared)].map(textOf).join()
  const known = compiled.get(key) ?? new Map<string, SerializerSelector.Serializer>()
  compiled.set(key, known)
  return known
}

function textOf (schema: object): string {
  const text = texts.get(schema) ?? JSON.stringify(schema)
  texts.set(schema, text)
  return text
}
