import { setTimeout as delay } from 'node:timers/promises'
import { StartupError } from '../../errors.js'
import { membersOf } from '../../science/template/json-text.js'

/** Versions whose documented interface has all that is used here, in the way it is used: 1.12 to 1.19. */
const [minMinor, maxMinor] = [12, 19] as const

/** Qdrant, over REST. */
export interface Qdrant {
  /** address, for messages */
  readonly url: string
  /**
   * Sends a request, again where that may help: all that are sent here may be repeated.
   * @param body a value, or its JSON text
   * @returns the `result` of the answer as JSON text, in which numbers are as Qdrant wrote them
   * @throws StartupError for an answer that is an error, and without an answer
   */
  call(method: Method, path: string, body?: unknown): Promise<string>
  /** The same, parsed; undefined where Qdrant has nothing of that name. */
  find<T>(path: string): Promise<T | undefined>
  /** @throws StartupError when it is no Qdrant, or of a version that is not known */
  requireKnownVersion(): Promise<string>
}

type Method = 'GET' | 'PUT' | 'POST' | 'PATCH' | 'DELETE'

export interface QdrantOptions {
  /** `http://host:6333`, without a path unless a proxy wants one */
  readonly url: string
  readonly apiKey?: string | undefined
  /** milliseconds for one answer */
  readonly patience?: number
  /** how often a request is sent at most */
  readonly attempts?: number
}

/** Qdrant answered with an error. */
export class QdrantRefusal extends StartupError {
  constructor (readonly status: number, message: string) {
    super(message)
  }
}

/** Qdrant did not answer. */
class QdrantAway extends StartupError {}

/** Answers after which the same request may succeed. */
const passing = new Set([408, 429, 500, 502, 503, 504])
/** Milliseconds before the second attempt, doubled before each further one, and at most. */
const [firstWait, maxWait] = [200, 30_000] as const

/** @throws StartupError when the address cannot be used */
export function createQdrant ({ url, apiKey, patience = 60_000, attempts = 6 }: QdrantOptions): Qdrant {
  const base = readAddress(url)
  const headers: Record<string, string> = apiKey === undefined ? {} : { 'api-key': apiKey }

  async function once (method: Method, path: string, text: string | undefined): Promise<Answer> {
    try {
      const response = await fetch(`${base}${path}`, {
        method,
        headers: text === undefined ? headers : { ...headers, 'content-type': 'application/json' },
        // A key must not follow to another host.
        redirect: 'error',
        signal: AbortSignal.timeout(patience),
        ...text === undefined ? {} : { body: text }
      })
      const retryAfter = Number(response.headers.get('retry-after') ?? Number.NaN)
      return { status: response.status, text: await response.text(), retryAfter }
    } catch (error) {
      throw new QdrantAway(`${base}: expected Qdrant to answer, received ${reasonOf(error)}`, { cause: error })
    }
  }

  async function send (method: Method, path: string, body: unknown): Promise<Answer> {
    const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body)
    for (let attempt = 1, wait: number = firstWait;; attempt++, wait = Math.min(maxWait, wait * 2)) {
      const answer = await once(method, path, text).catch((error: unknown) => {
        if (attempt >= attempts || !(error instanceof QdrantAway)) throw error
        return undefined
      })
      if (answer !== undefined && (attempt >= attempts || !passing.has(answer.status))) return answer
      const asked = Number.isFinite(answer?.retryAfter) ? 1000 * answer!.retryAfter : 0
      await delay(Math.min(maxWait, Math.max(wait, asked)))
    }
  }

  async function call (method: Method, path: string, body?: unknown): Promise<string> {
    const { status, text } = await send(method, path, body)
    if (status < 200 || status > 299) {
      const { pathname } = new URL(`${base}${path}`)
      throw new QdrantRefusal(
        status,
        `${base}: expected Qdrant to carry out ${method} ${pathname}, received ${status}: ${errorOf(text)}` +
          (status === 401 || status === 403 ? '. Its key is taken from QDRANT_API_KEY' : '')
      )
    }
    const result = resultOf(text)
    if (result === undefined) throw new QdrantAway(`${base}: expected an answer of Qdrant, received something else`)
    return result
  }

  return {
    url: base,
    call,

    async find<T> (path: string) {
      try {
        return JSON.parse(await call('GET', path)) as T
      } catch (error) {
        if (error instanceof QdrantRefusal && error.status === 404) return undefined
        throw error
      }
    },

    async requireKnownVersion () {
      const { status, text } = await send('GET', '/', undefined)
      const { title, version } = status === 200 ? versionOf(text) : {}
      const minor = /^1\.(\d+)\.\d+/.exec(version ?? '')?.[1]
      if (title?.startsWith('qdrant') !== true || version === undefined) {
        throw new StartupError(`${base}: expected a Qdrant, received ${status === 200 ? 'something else' : status}`)
      }
      if (minor === undefined || Number(minor) < minMinor || Number(minor) > maxMinor) {
        throw new StartupError(`${base}: expected Qdrant 1.${minMinor} to 1.${maxMinor}, found ${version.slice(0, 20)}`)
      }
      return version
    }
  }
}

interface Answer {
  readonly status: number
  readonly text: string
  /** seconds, or NaN */
  readonly retryAfter: number
}

function readAddress (address: string): string {
  const url = URL.canParse(address) ? new URL(address) : undefined
  if (url === undefined || !['http:', 'https:'].includes(url.protocol)) {
    throw new StartupError('expected an address such as http://127.0.0.1:6333, received something else')
  }
  if (url.username !== '' || url.password !== '') {
    throw new StartupError('expected an address of Qdrant without a password: its key is taken from QDRANT_API_KEY')
  }
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`
}

function versionOf (text: string): { title?: string, version?: string } {
  try {
    return JSON.parse(text) as { title?: string, version?: string }
  } catch {
    return {}
  }
}

function resultOf (text: string): string | undefined {
  try {
    JSON.parse(text)
  } catch {
    return undefined
  }
  const member = text.trimStart().startsWith('{') ? membersOf(text).find(({ name }) => name === 'result') : undefined
  return member === undefined ? undefined : text.slice(...member.value)
}

/** What Qdrant says, briefly. */
function errorOf (text: string): string {
  try {
    const { status } = JSON.parse(text) as { status?: { error?: string } }
    if (typeof status?.error === 'string') return status.error.slice(0, 300)
  } catch {}
  return text.trim() === '' ? 'nothing more' : JSON.stringify(text.slice(0, 100))
}

/** Undici's own message only says that the fetch failed; its cause says why. */
function reasonOf (error: unknown): string {
  const { cause, message } = error as Error
  return cause instanceof Error ? (cause as NodeJS.ErrnoException).code ?? cause.message : message
}
