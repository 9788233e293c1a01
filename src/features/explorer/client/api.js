// @ts-check
import { words } from './words.js'

/** A refusal of the service, in its own words (RFC 9457). */
export class Refusal extends Error {
  /** @param {{ code?: string, title?: string, detail?: string, type?: string }} problem */
  constructor (problem) {
    super(problem.title ?? words.failed)
    this.problem = problem
  }
}

/**
 * Calls the public API of the service, as any other client would; the session of the browser is the key.
 *
 * @param {string} method
 * @param {string} path
 * @param {{ json?: unknown, body?: BodyInit, accept?: string, headers?: Record<string, string>,
 *   signal?: AbortSignal }} [options]
 * @returns {Promise<any>} the JSON of the answer
 * @throws {Refusal}
 */
export async function call (method, path, { json, body, accept = 'application/json', headers = {}, signal } = {}) {
  const type = json !== undefined
    ? { 'content-type': 'application/json' }
    : body !== undefined
    ? { 'content-type': 'application/octet-stream' }
    : {}
  const response = await patiently(() =>
    fetch(path, {
      method,
      headers: { accept, ...type, ...headers },
      ...(json === undefined ? {} : { body: JSON.stringify(json) }),
      ...(body === undefined ? {} : { body }),
      ...(signal === undefined ? {} : { signal })
    })
  ).catch(error => {
    throw signal?.aborted === true ? error : new Refusal({})
  })
  if (response.status === 401) signInAgain()
  const isJson = /[/+]json\b/.test(response.headers.get('content-type') ?? '')
  const document = isJson ? await response.json() : undefined
  if (!response.ok) throw new Refusal(document ?? {})
  return document
}

/** How often a call is repeated that the service was too busy for, each time when it says so. */
const repetitions = 5

/** @param {() => Promise<Response>} send */
async function patiently (send) {
  for (let left = repetitions;; left--) {
    const response = await send()
    if (response.status !== 503 || left === 0) return response
    const seconds = Number(response.headers.get('retry-after') ?? 1)
    await new Promise(resolve => setTimeout(resolve, 1000 * seconds))
  }
}

let leaving = false
// Back from where it led to.
window.addEventListener('pageshow', () => {
  leaving = false
})

/**
 * The session has ended: nothing of the page can be trusted to be seen by who is in front of it now. Of many calls that
 * are refused at once the first leads away, and the others do not stop it.
 */
function signInAgain () {
  if (leaving) return
  leaving = true
  const here = window.location.pathname + window.location.search
  window.location.assign(`/explorer/sign-in?next=${encodeURIComponent(here)}`)
}
