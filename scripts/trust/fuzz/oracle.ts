import { Compile } from 'typebox/compile'
import type { TSchema } from 'typebox'
import { catalogue, type ErrorCode } from '../../../src/errors.js'
import type { Operation, Schema } from './document.js'

export interface FuzzAnswer {
  readonly status: number
  readonly headers: NodeJS.Dict<string | string[]>
  readonly body: Buffer
}

/** Problems possible for any request: its address may be unknown, or its form invalid. */
const always: readonly ErrorCode[] = [
  'request-invalid',
  'body-invalid',
  'route-unknown',
  'method-not-allowed',
  'headers-too-large',
  'media-type-unsupported'
]

/**
 * What is wrong with an answer, whatever was sent; undefined when nothing is. `body-invalid` and the like are correct
 * for most requests here; a fault is a failure, or an answer that the document does not announce.
 *
 * @param problemSchema of every refusal
 */
export function createOracle (problemSchema: Schema) {
  const problem = Compile(problemSchema as TSchema)
  const validators = new Map<Schema, { Check(value: unknown): boolean }>()

  return function faultOf (operation: Operation, { status, headers, body }: FuzzAnswer): string | undefined {
    const type = String(headers['content-type'] ?? '').split(';')[0]!
    if (status >= 500) return `${status}: ${body.toString().slice(0, 500)}`
    if (status >= 400) {
      // Browsers get a page that says the same.
      if (type === 'text/html' && operation.responses[200]?.content?.['text/html'] !== undefined) {
        return operation.responses[status] === undefined ? `${status}: not announced` : undefined
      }
      if (type !== 'application/problem+json') {
        return `${status} as ${type || 'nothing'}: expected application/problem+json`
      }
      const document: unknown = JSON.parse(body.toString())
      if (!problem.Check(document)) return `${status}: not a problem document: ${body.toString().slice(0, 500)}`
      const { code } = document as { code: ErrorCode }
      if (catalogue[code].status !== status) return `${status}: ${code} is ${catalogue[code].status}`
      const announced = operation.responses[status]?.description.includes(`\`${code}\``) === true
      return announced || always.includes(code) ? undefined : `${status} ${code}: the document does not announce it`
    }
    const response = operation.responses[status]
    if (response === undefined) return `${status}: the document does not announce it`
    if (body.length === 0) return undefined
    const media = response.content?.[type]
    if (response.content !== undefined && media === undefined) {
      return `${status} as ${type}: the document does not announce it`
    }
    if (media?.schema === undefined || !/[/+]json$/.test(type)) return undefined
    return validator(media.schema).Check(JSON.parse(body.toString()))
      ? undefined
      : `${status}: the body does not match its schema: ${body.toString().slice(0, 500)}`
  }

  function validator (schema: Schema) {
    const known = validators.get(schema)
    if (known !== undefined) return known
    const made = Compile(schema as TSchema)
    validators.set(schema, made)
    return made
  }
}
