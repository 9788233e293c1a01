export { startTemporaryService as startService } from '../src/temporary-service.js'

/** A call of the API whose answer is JSON. @throws Error with the problem when the service refuses */
export async function call<T> (url: string, init?: Parameters<typeof fetch>[1]): Promise<T> {
  const response = await fetch(url, init)
  const body: unknown = await response.json()
  if (!response.ok) throw new ApiError(response.status, body as { code: string, detail: string })
  return body as T
}

export const postJson = (body: unknown) => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body)
})

export class ApiError extends Error {
  constructor (readonly status: number, readonly problem: { readonly code: string, readonly detail: string }) {
    super(`${status} ${problem.code}: ${problem.detail}`)
  }
}
