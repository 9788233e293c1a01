import assert from 'node:assert/strict'
import type { Json } from './call.js'

export interface DocumentedOperation {
  readonly id: string
  readonly method: string
  /** as the document has it, `/v1/maps/{id}` */
  readonly path: string
  readonly operation: Json
  /** with the examples of its parameters, those of the query too */
  readonly address: string
  /** names of the parameters of the query */
  readonly query: readonly string[]
}

/** The operations of an OpenAPI document, those that delete last. */
export function documentedOperations (document: Json): DocumentedOperation[] {
  return Object.entries<Json>(document.paths)
    .flatMap(([path, methods]) =>
      Object.entries<Json>(methods).map(([method, operation]) => describe(method.toUpperCase(), path, operation))
    )
    .sort((a, b) => Number(a.method === 'DELETE') - Number(b.method === 'DELETE'))
}

function describe (method: string, path: string, operation: Json): DocumentedOperation {
  const parameters: Json[] = operation.parameters ?? []
  const missing = parameters.filter(parameter => parameter.required && parameter.example === undefined)
  assert.deepEqual(missing.map(parameter => parameter.name), [], `${method} ${path}`)
  const example = (parameter: Json) => encodeURIComponent(parameter.example)
  const address = path.replace(
    /\{(\w+)\}/g,
    (_, name) => example(parameters.find(parameter => parameter.in === 'path' && parameter.name === name))
  )
  const query = parameters.filter(parameter => parameter.in === 'query')
  const given = query.filter(parameter => parameter.example !== undefined).map(parameter =>
    `${parameter.name}=${example(parameter)}`
  ).join('&')
  return {
    id: operation.operationId,
    method,
    path,
    operation,
    address: given === '' ? address : `${address}?${given}`,
    query: query.map(({ name }) => name)
  }
}

/**
 * The example of an operation's body, as `call` takes it.
 * @param files what was downloaded, by media type: the body of an operation that takes what another one gave
 */
export function exampleBody (
  { id, operation: { requestBody } }: DocumentedOperation,
  files: ReadonlyMap<string, Buffer>
): { json?: Json, body?: Uint8Array<ArrayBuffer>, headers?: Record<string, string> } {
  if (requestBody === undefined) return {}
  const json = requestBody.content['application/json']?.example
  if (json !== undefined) return { json }
  const type = Object.keys(requestBody.content).find(type => files.has(type))
  assert.ok(type !== undefined, `${id} has no example`)
  return { body: new Uint8Array(files.get(type)!), headers: { 'content-type': type } }
}
