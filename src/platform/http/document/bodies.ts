import type { Names } from './named-schemas.js'
import { named, pascal, mapValues, type Content, type Operation, type Response, type Schema } from './schema.js'

const bytes = (mediaType: string | undefined, description: string): Schema => ({
  type: 'string',
  format: 'binary',
  ...mediaType === undefined ? {} : { contentMediaType: mediaType },
  description
})

/** Bodies that are no JSON, by media type. */
const files: Readonly<Record<string, { readonly name: string, readonly schema: Schema }>> = {
  'application/x-npy': {
    name: 'NpyFile',
    schema: bytes('application/x-npy', 'A NumPy file (.npy) of shape (n, d), float32.')
  },
  'application/octet-stream': {
    name: 'Float32Rows',
    schema: bytes('application/octet-stream', 'Rows of little-endian float32, one after the other, without any header.')
  },
  'application/vnd.crosswalk.map': {
    name: 'MapBundle',
    schema: bytes('application/vnd.crosswalk.map', 'A map with its card, signed.')
  },
  'text/html': { name: 'HtmlPage', schema: { type: 'string', description: 'A page for people.' } },
  'text/plain': { name: 'MetricsText', schema: { type: 'string', description: 'Metrics as Prometheus reads them.' } }
}
const image = { name: 'ImageBytes', schema: bytes(undefined, 'The file of an image.') }

/** Names the bodies of requests and answers after their operations, those that are no JSON after what they are. */
export function createBodies (names: Names) {
  function fileOf (type: string, content: Content): { name: string, schema: Schema } | undefined {
    return type.startsWith('image/') || (type === 'application/octet-stream' && 'image/png' in content)
      ? image
      : files[type]
  }

  function namedContent (content: Content, name: string): Content {
    return mapValues(content, (media, type) => {
      const { schema } = media
      const file = fileOf(type, content)
      if (schema === undefined || schema.$ref !== undefined) return media
      if (file !== undefined) {
        return { ...media, schema: names.has(file.name) ? named(file.name) : names.add(file.name, file.schema) }
      }
      const own = type === 'multipart/form-data' ? formName(name) : /[/+]json$/.test(type) ? name : `${name}Lines`
      return { ...media, schema: names.has(own) ? named(own) : names.define(own, schema) }
    })
  }

  return {
    request: ({ operationId }: Operation, content: Content): Content =>
      namedContent(content, `${pascal(operationId)}Request`),
    /** @param status when the operation has several answers, of which this is not the first */
    answer: ({ operationId }: Operation, response: Response): Response =>
      response.content === undefined
        ? response
        : { ...response, content: namedContent(response.content, `${pascal(operationId)}Answer`) }
  }
}

const formName = (name: string): string => name.replace(/Request$/, 'Form')
