import type { components } from './schema.js'

type Schemas = components['schemas']
type ProblemName = Extract<keyof Schemas, `${string}Problem`>

/** Any problem of the service; its `code` says which, and which further members it may have. */
export type KnownProblem = Schemas[ProblemName]

/** A call that the service refused or failed to do (RFC 9457). */
export class CrosswalkError extends Error {
  override readonly name = 'CrosswalkError'

  /**
   * @param problem what the service answered: branch on its `code`
   * @param response with the headers of the answer, such as `Retry-After`
   */
  constructor (readonly problem: KnownProblem, readonly response: Response) {
    super(`${problem.code}: ${problem.detail}`)
  }
}

/** The problem that an answer carries; one made of its status where something else than the service answered. */
export function problemOf (error: unknown, response: Response): KnownProblem {
  if (typeof error === 'object' && error !== null && 'code' in error && 'detail' in error) return error as KnownProblem
  return {
    type: 'about:blank',
    title: response.statusText,
    status: response.status,
    code: 'internal',
    detail: `expected a problem of the service, received ${response.status} ${response.statusText}`,
    requestId: response.headers.get('x-request-id') ?? ''
  } as KnownProblem
}
