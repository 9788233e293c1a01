import createClient, { type Client } from 'openapi-fetch'
import { CrosswalkError, problemOf } from './problem.js'
import { retryingFetch, type RetryOptions } from './retry.js'
import type { components, paths } from './schema.js'

/** Every schema of the document by its name. */
export type Schemas = components['schemas']

/** Calls of the service by method and path, with the types of its OpenAPI document. */
export type Crosswalk = Client<paths>

export interface CrosswalkOptions extends Partial<RetryOptions> {
  /** of the service, such as `http://127.0.0.1:8080` */
  readonly url: string
  /** an API key, `cw_…`; a service on a loopback address may need none */
  readonly key?: string | undefined
  /** in place of the global `fetch` */
  readonly fetch?: (request: Request) => Promise<Response>
}

/** A client of a service. Calls repeat what the service asks to repeat, see `retryingFetch`. */
export function createCrosswalk (options: CrosswalkOptions): Crosswalk {
  const { url, key, fetch: fetchOnce = request => fetch(request), retries = 4, maxWait = 60 } = options
  return createClient<paths>({
    baseUrl: url.replace(/\/+$/, ''),
    fetch: retryingFetch(fetchOnce, { retries, maxWait }),
    headers: key === undefined ? {} : { authorization: `Bearer ${key}` }
  })
}

/** Of an operation that answers in JSON or in bytes: JSON, unless the call asks for bytes with `parseAs`. */
type Parsed<T> = [Exclude<T, Bytes>] extends [never] ? T : Exclude<T, Bytes>
/** A `Blob`, also behind a type that maps its members. */
interface Bytes {
  readonly size: number
  readonly arrayBuffer: unknown
}

/**
 * The answer of a call, which is there when the service did what it was asked.
 * @throws CrosswalkError when it did not
 */
export async function answerOf<T> (
  call: Promise<{ readonly data?: T, readonly error?: unknown, readonly response: Response }>
): Promise<Parsed<T>> {
  const { data, error, response } = await call
  if (!response.ok) throw new CrosswalkError(problemOf(error, response), response)
  return data as Parsed<T>
}
