import { buildApp } from '../src/app.js'
import { type Config, readConfig } from '../src/config.js'
import { createLogger } from '../src/logger.js'
import { createService, type Service } from '../src/service.js'

/** The service on a free port with a database in memory, for tools that use it as its callers do. */
export async function startService (
  changes: Partial<Config> = {}
): Promise<{ url: string, service: Service, stop(): Promise<void> }> {
  const config = {
    ...readConfig({}),
    database: { memory: true } as const,
    signingKeyFile: undefined,
    maxWait: 60_000,
    ...changes
  }
  const log = createLogger('warn')
  const service = await createService(config, log)
  const app = await buildApp(service, config, log)
  app.addHook('onClose', () => service.close())
  return { url: await app.listen({ host: '127.0.0.1', port: 0 }), service, stop: () => app.close() }
}

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
