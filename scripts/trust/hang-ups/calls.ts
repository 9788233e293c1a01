import { examples } from '../../../src/platform/http/documented-examples.js'
import type { Operation } from '../fuzz/document.js'
import { fallbackFile, formBoundary, type Files } from '../fuzz/files.js'

/** A request as its bytes. */
export interface Call {
  /** of its operation, with the media type of its body */
  readonly name: string
  readonly head: Buffer
  readonly body: Buffer
}

/** Operations that answer with a stream: the query, and how many rows of r512 make several chunks of an answer. */
const streaming: Readonly<Record<string, { readonly query: string, readonly rows: number }>> = {
  translateTemplates: { query: 'source=r512&target=dlib128', rows: 6000 },
  compareTemplates: { query: 'probe=r512', rows: 2000 }
}

/**
 * Every operation as its document shows it, with a body of each kind that it takes, or of the first and of any that
 * streams.
 */
export function callsOf (operations: readonly Operation[], files: Files, everyBody: boolean): Call[] {
  return operations.flatMap(operation => {
    // Images of other types are read in the same way.
    const types = Object.keys(operation.bodies).filter((type, i) =>
      everyBody ? !type.startsWith('image/') || type === 'image/jpeg' : i === 0 || isStreamed(operation, type)
    )
    return types.length === 0
      ? [callOf(operation)]
      : types.map(type => callOf(operation, { type, body: bodyOf(operation, type, files) }))
  })
}

function callOf (operation: Operation, content?: { readonly type: string, readonly body: Buffer }): Call {
  const { operationId, method, parameters } = operation
  const given = (place: string) =>
    parameters.filter(parameter => parameter.in === place && parameter.example !== undefined)
  const text = (value: unknown) => encodeURIComponent(String(value))
  const path = given('path').reduce(
    (address, { name, example }) => address.replace(`{${name}}`, text(example)),
    operation.path
  )
  const streamed = content !== undefined && isStreamed(operation, content.type) ? streaming[operationId] : undefined
  const query = streamed !== undefined
    ? streamed.query
    : given('query').map(({ name, example }) => `${name}=${text(example)}`).join('&')
  const type = content?.type === 'multipart/form-data' ? `${content.type}; boundary=${formBoundary}` : content?.type
  const body = streamed !== undefined
    ? Buffer.from(new Float32Array(streamed.rows * 512).fill(0.5).buffer)
    : content?.body ?? Buffer.alloc(0)
  return {
    name: type === undefined ? operationId : `${operationId} with ${content!.type}`,
    head: headOf(method, query === '' ? path : `${path}?${query}`, type, body, streamed && content!.type),
    body
  }
}

const isStreamed = ({ operationId }: Operation, type: string): boolean =>
  operationId in streaming && type === 'application/octet-stream'

function headOf (method: string, path: string, type: string | undefined, body: Buffer, accept = '*/*'): Buffer {
  const content = type === undefined ? '' : `Content-Type: ${type}\r\nContent-Length: ${body.length}\r\n`
  return Buffer.from(`${method} ${path} HTTP/1.1\r\nHost: localhost\r\nAccept: ${accept}\r\n${content}\r\n`)
}

function bodyOf ({ bodies }: Operation, type: string, files: Files): Buffer {
  const media = bodies[type]!
  if (media.example !== undefined && /[/+]json$/.test(type)) return Buffer.from(JSON.stringify(media.example))
  return files[type]?.[0] ?? fallbackFile(media)
}

const embedding = Buffer.from(JSON.stringify({ image: examples.face }))

/** A request slow enough for others to wait behind it. */
export const embeddingCall = Buffer.concat([headOf('POST', '/v1/embeddings', 'application/json', embedding), embedding])
