/** A JSON Schema as it stands in an OpenAPI 3.1 document, references replaced by what they name. */
export interface Schema {
  readonly type?: string | readonly string[]
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly anyOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: boolean | Schema
  readonly items?: Schema
  readonly minItems?: number
  readonly maxItems?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly minimum?: number
  readonly maximum?: number
  readonly pattern?: string
}

export interface Parameter {
  readonly name: string
  readonly in: 'path' | 'query' | 'header'
  readonly required?: boolean
  readonly schema: Schema
  readonly example?: unknown
}

export interface Media {
  readonly schema?: Schema
  readonly example?: unknown
}

export interface Operation {
  readonly operationId: string
  readonly method: string
  /** with `{name}` for each path parameter */
  readonly path: string
  readonly parameters: readonly Parameter[]
  /** what it asks for, by scheme; none when it is public */
  readonly security?: readonly Readonly<Record<string, readonly string[]>>[]
  /** by media type; none when the operation takes no body */
  readonly bodies: Readonly<Record<string, Media>>
  /** by status */
  readonly responses: Readonly<
    Record<string, { readonly description: string, readonly content?: Readonly<Record<string, Media>> }>
  >
}

interface Described extends Omit<Operation, 'method' | 'path' | 'bodies' | 'parameters'> {
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: { readonly content: Operation['bodies'] }
}

/** The operations of an OpenAPI document, and the schema of its refusals. */
export function readDocument (document: unknown): { operations: Operation[], problem: Schema } {
  const { paths, components: { schemas: { Problem: problem } } } = inlined(document, document) as {
    paths: Record<string, Record<string, Described>>
    components: { schemas: { Problem: Schema } }
  }
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { parameters = [], requestBody, ...operation }]) => ({
      ...operation,
      method: method.toUpperCase(),
      path,
      parameters,
      bodies: requestBody?.content ?? {}
    }))
  )
  return { operations, problem }
}

/** The schemas of the service do not contain themselves. */
function inlined (value: unknown, document: unknown): unknown {
  if (Array.isArray(value)) return value.map(item => inlined(item, document))
  if (typeof value !== 'object' || value === null) return value
  if ('$ref' in value && typeof value.$ref === 'string') {
    const names = value.$ref.split('/').slice(1)
    return inlined(names.reduce((part, name) => (part as Record<string, unknown>)[name], document), document)
  }
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, inlined(member, document)]))
}
