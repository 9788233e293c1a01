import { setTimeout } from 'node:timers/promises'
import type { Request } from './requests.js'

export interface Answered {
  /** answers by status; `none` for requests without one */
  readonly statuses: Record<string, number>
  /** a few of the requests that were neither served nor told to retry, with their outcome */
  readonly odd: string[]
}

/**
 * Callers that send one request after the other until stopped, and retry when they are rejected.
 */
export function startCallers (url: string, callers: readonly { readonly request: Request, readonly count: number }[]) {
  const answered: Answered = { statuses: {}, odd: [] }
  const state = { stopped: false }

  async function callAgain ({ path, headers, body }: Request): Promise<void> {
    while (!state.stopped) {
      const status = await fetch(url + path, { method: 'POST', headers, body: new Uint8Array(body) }).then(
        async response => {
          const text = await response.text()
          if (response.status !== 200 && response.status !== 503 && answered.odd.length < 5) {
            answered.odd.push(`${response.status} ${text.slice(0, 300)}`)
          }
          return String(response.status)
        },
        (error: Error) => {
          if (answered.odd.length < 5) answered.odd.push(`${error.message}: ${String(error.cause)}`)
          return 'none'
        }
      )
      answered.statuses[status] = (answered.statuses[status] ?? 0) + 1
      // Retry-After is in seconds, too long for a measurement that keeps the service busy.
      if (status === '503') await setTimeout(20)
    }
  }

  const running = Promise.all(
    callers.flatMap(({ request, count }) => Array.from({ length: count }, () => callAgain(request)))
  )
  return {
    answered,
    async stop () {
      state.stopped = true
      await running
      return answered
    }
  }
}

/** Requests that were neither served nor told to retry. */
export const lost = ({ statuses }: Answered): number =>
  Object.entries(statuses).reduce((sum, [status, count]) => status === '200' || status === '503' ? sum : sum + count, 0)
