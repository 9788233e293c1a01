import SerializerSelector from '@fastify/fast-json-stringify-compiler'

/**
 * Compiles the serialiser of an answer when the route first gives it. All of them together take 1.7 s at the start, and
 * a replica gives few of its several hundred kinds of answers.
 */
export const buildSerializer: SerializerSelector.SerializerFactory = (externalSchemas, options) => {
  const compile = SerializerSelector()(externalSchemas, options)
  return route => {
    let serialise: SerializerSelector.Serializer | undefined
    return answer => {
      serialise ??= compile(route)
      return serialise(answer)
    }
  }
}
