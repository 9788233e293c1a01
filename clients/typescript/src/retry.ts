/** What is known to have changed nothing, whatever the method. */
const neverStarted = new Set(['overloaded', 'gallery-loading', 'rate-limited'])
/** Calls with POST that store nothing. */
const storesNothing = /\/v1\/(?:embeddings|translations|verifications|comparisons|galleries\/[^/]+\/identifications)$/

export interface RetryOptions {
  /** how often a call is repeated */
  readonly retries: number
  /** seconds; a call that would have to wait longer is not repeated */
  readonly maxWait: number
}

/**
 * A `fetch` that repeats what the service asked to repeat: answers with 503 and 429 and a `Retry-After`. A call that
 * may have changed something is repeated only if a repetition changes nothing further, as with an `Idempotency-Key`.
 */
export function retryingFetch (
  fetchOnce: (request: Request) => Promise<Response>,
  { retries, maxWait }: RetryOptions
): (request: Request) => Promise<Response> {
  return async request => {
    for (let left = retries;; left--) {
      // A request is used up by being sent; the last attempt needs no copy.
      const response = await fetchOnce(left > 0 ? request.clone() : request)
      const wait = Number(response.headers.get('retry-after') ?? NaN)
      if (left <= 0 || ![429, 503].includes(response.status) || !(wait <= maxWait)) return response
      if (!isRepeatable(request) && !neverStarted.has(await codeOf(response))) return response
      await response.body?.cancel()
      await delay(wait * 1000, request.signal)
    }
  }
}

const isRepeatable = ({ method, headers, url }: Request): boolean =>
  method !== 'POST' || headers.has('idempotency-key') || storesNothing.test(new URL(url).pathname)

async function codeOf (response: Response): Promise<string> {
  const problem: unknown = await response.clone().json().catch(() => undefined)
  return String((problem as { code?: unknown } | undefined)?.code)
}

/** @throws the reason of the signal when it is aborted */
export async function delay (milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  await new Promise<void>(resolve => {
    const end = () => {
      clearTimeout(timer)
      resolve()
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', end)
      resolve()
    }, milliseconds)
    if (signal?.aborted === true) end()
    else signal?.addEventListener('abort', end, { once: true })
  })
  signal?.throwIfAborted()
}
