import SerializerSelector from '@fastify/fast-json-stringify-compiler'

/**
 * Compiles the serialiser of a response when the route first sends it. Compiling all of them takes 1.7 s at start, and
 * a replica sends few of its several hundred kinds of responses.
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
