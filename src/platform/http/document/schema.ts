import type { Condition, Form } from '../schemas/either.js'

/** What is read and written here of a JSON schema. */
export interface Schema {
  readonly $ref?: string
  readonly type?: string | readonly string[]
  readonly format?: string
  readonly description?: string
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: boolean | Schema
  readonly patternProperties?: Readonly<Record<string, Schema>>
  readonly items?: Schema
  readonly anyOf?: readonly Schema[]
  readonly allOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly dependentSchemas?: Readonly<Record<string, Schema>>
  readonly discriminator?: object
  readonly 'x-either'?: readonly Form[]
  readonly 'x-only-with'?: Readonly<Record<string, Condition>>
}

interface Media {
  readonly schema?: Schema
  readonly example?: unknown
  readonly examples?: object
}
export type Content = Readonly<Record<string, Media>>

export interface Header {
  readonly $ref?: string
  readonly description?: string
  readonly required?: boolean
  readonly schema?: Schema
}

export interface Response {
  readonly $ref?: string
  readonly description?: string
  readonly headers?: Readonly<Record<string, Header>>
  readonly content?: Content
}

export interface Operation {
  readonly operationId: string
  readonly security?: readonly object[]
  readonly requestBody?: { readonly content: Content }
  readonly responses: Readonly<Record<string, Response>>
}

export interface OpenApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> }
}

const address = '#/components/schemas/'

/** A reference to a named schema. */
export const named = (name: string): Schema => ({ $ref: address + name })

/** `subject template` or `subjectTemplate` as `SubjectTemplate`. */
export const pascal = (text: string): string =>
  text.replace(/(?:^|[^A-Za-z0-9]+)([A-Za-z0-9])/g, (_, first: string) => first.toUpperCase())

/** A list with its members replaced, member by member. */
export function mapValues<T, R> (
  record: Readonly<Record<string, T>>,
  change: (value: T, name: string) => R
): Record<string, R> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value, name)]))
}
