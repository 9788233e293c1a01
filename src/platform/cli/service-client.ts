import { readFile } from 'node:fs/promises'
import { StartupError } from '../../errors.js'
import { UsageError } from './exit-codes.js'

/** A client of a running service, for commands. */
export interface ServiceClient {
  /** Returns the JSON of the response. @throws ServiceRefusal for a problem; ServiceAway without a response */
  call<T>(
    method: 'GET' | 'POST' | 'DELETE',
    path: string,
    body?: unknown,
    headers?: Readonly<Record<string, string>>
  ): Promise<T>
  /** Sends bytes or a form, see `call`. */
  send<T>(path: string, body: Sent, headers?: Readonly<Record<string, string>>): Promise<T>
  /** The bytes of an answer. @throws as `call` */
  download(path: string, headers?: Readonly<Record<string, string>>): Promise<Buffer>
  /** Returns a response to read as a stream, see `call`. */
  open(path: string, headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<Response>
}

type Response = Awaited<ReturnType<typeof fetch>>
type Sent = NonNullable<NonNullable<Parameters<typeof fetch>[1]>['body']>

/** The service answered a call with a problem. */
export class ServiceRefusal extends StartupError {
  constructor (readonly status: number, readonly code: string, detail: string) {
    super(`${code}: ${detail}`)
  }
}

/** The service does not respond. */
export class ServiceAway extends StartupError {}

/**
 * @param service its address
 * @param keyFile file of an API key, for a service that requires one
 * @param key an API key, where there is no file
 * @throws StartupError when either cannot be used
 */
export async function createServiceClient (
  service: string,
  keyFile: string | undefined,
  key?: string
): Promise<ServiceClient> {
  const base = readAddress(service)
  const secret = keyFile === undefined ? key : await readKey(keyFile)
  const authorization: Record<string, string> = secret === undefined ? {} : { authorization: `Bearer ${secret}` }

  async function send (
    path: string,
    init: { method: string, headers: Readonly<Record<string, string>>, body?: Sent, signal?: AbortSignal }
  ): Promise<Response> {
    const response = await fetch(base + path, { ...init, headers: { ...authorization, ...init.headers } }).catch(
      (error: unknown) => {
        if (init.signal?.aborted === true) throw error
        throw new ServiceAway(`--service: expected a service that answers at ${base}, received ${reasonOf(error)}`, {
          cause: error
        })
      }
    )
    if (response.ok) return response
    const text = await response.text().catch(() => '')
    const { code, detail } = problemOf(text)
    throw new ServiceRefusal(response.status, code ?? `HTTP ${response.status}`, detail ?? text.slice(0, 200))
  }

  /** An empty answer is undefined. */
  async function jsonOf<T> (response: Response): Promise<T> {
    if (response.status === 204) return undefined as T
    return await response.json().catch((error: unknown) => {
      throw new ServiceAway(`--service: expected an answer in JSON from ${base}, received ${reasonOf(error)}`, {
        cause: error
      })
    }) as T
  }

  return {
    async call (method, path, body, headers = {}) {
      const response = await send(
        path,
        body === undefined
          ? { method, headers }
          : { method, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) }
      )
      return await jsonOf(response)
    },
    send: async (path, body, headers = {}) =>
      await jsonOf(
        await send(path, {
          method: 'POST',
          headers: body instanceof FormData ? headers : { 'content-type': 'application/octet-stream', ...headers },
          body
        })
      ),
    download: async (path, headers = {}) => {
      const response = await send(path, { method: 'GET', headers })
      return Buffer.from(
        await response.arrayBuffer().catch((error: unknown) => {
          throw new ServiceAway(`--service: expected a whole answer from ${base}, received ${reasonOf(error)}`, {
            cause: error
          })
        })
      )
    },
    open: async (path, headers, signal) => await send(path, { method: 'GET', headers, signal })
  }
}

function readAddress (service: string): string {
  const url = URL.canParse(service) ? new URL(service) : undefined
  if (url === undefined || !['http:', 'https:'].includes(url.protocol)) {
    throw new UsageError(
      `--service: expected an address such as http://127.0.0.1:8080, received ${JSON.stringify(service)}`
    )
  }
  return url.href.replace(/\/+$/, '')
}

async function readKey (path: string): Promise<string> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new StartupError(
      `--key-file: expected a readable file at ${path}, received ${(error as NodeJS.ErrnoException).code}`,
      { cause: error }
    )
  })
  const key = text.trim()
  // The content of the file is not repeated.
  if (!/^\S+$/.test(key)) throw new StartupError(`--key-file: expected an API key and nothing else in ${path}`)
  return key
}

function problemOf (text: string): { code?: string, detail?: string } {
  try {
    return JSON.parse(text) as { code?: string, detail?: string }
  } catch {
    return {}
  }
}

/** Undici's own message only says that the fetch failed; its cause says why. */
function reasonOf (error: unknown): string {
  const { cause, message } = error as Error
  return cause instanceof Error ? (cause as NodeJS.ErrnoException).code ?? cause.message : message
}
