import { Type, type TSchema } from 'typebox'
import { catalogue, type ErrorCode } from '../../../errors.js'
import { component, Enumeration } from './component.js'

export const ProblemDocument = component(
  'Problem',
  Type.Object({
    type: Type.String({ description: 'A URI reference that identifies the kind of problem.' }),
    title: Type.String({ description: 'The kind of problem, the same for every occurrence.' }),
    status: Type.Integer({ description: 'The HTTP status.' }),
    code: Enumeration(Object.keys(catalogue) as ErrorCode[], { description: 'A stable code to branch on.' }),
    detail: Type.String({ description: 'Where it happened, what was expected and what was received.' }),
    requestId: Type.String({ description: 'Id of the request in the logs.' })
  }, {
    additionalProperties: true,
    description:
      'An error (RFC 9457). Some codes add members, such as `maps` (maps that could help), `waiting` (fitted maps ' +
      'that would help once activated) and `routes` (pairs of maps that can be composed into one).'
  })
)

/** The problems of every route that requires a key. */
export const keyProblems = [
  'key-missing',
  'key-invalid',
  'scope-missing',
  'origin-refused',
  'rate-limited'
] as const satisfies ErrorCode[]

/**
 * The error responses of a route, from its particular codes. Every such route can also answer that the database is
 * unavailable or the service overloaded.
 */
export const problems = (...particular: ErrorCode[]): Record<number, TSchema> =>
  onlyProblems(...particular, 'unavailable', 'overloaded', 'database-timeout')

/** The error responses of a route that answers with these codes and no other. */
export function onlyProblems (...given: ErrorCode[]): Record<number, TSchema> {
  const codes = [...new Set(given)]
  const statuses = [...new Set(codes.map(code => catalogue[code].status))].sort()
  return Object.fromEntries(statuses.map(status => [status, {
    description: refusals(codes.filter(code => catalogue[code].status === status)),
    content: { 'application/problem+json': { schema: ProblemDocument } }
  }]))
}

/** Describes the problems of one status, each with the address that explains it. */
export const refusals = (codes: readonly ErrorCode[]): string =>
  codes.map(code => `[\`${code}\`](/problems/${code}): ${catalogue[code].title}.`).join(' ')
