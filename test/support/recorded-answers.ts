import { documentedOperations, exampleBody, type DocumentedOperation } from './documented-operations.js'
import { call, type Answer, type Json } from './call.js'

export interface RecordedAnswers {
  /** by operation and status */
  readonly answers: Record<string, Record<string, Json>>
  /** by code */
  readonly problems: Record<string, Json>
}

const isJson = ({ headers }: Answer) =>
  /^application\/(vnd\.crosswalk\.base64\+)?json\b/.test(headers.get('content-type') ?? '')

/** A session with a fresh service: the example of every request, and requests that it refuses. */
export async function recordAnswers (url: string): Promise<RecordedAnswers> {
  const operations = documentedOperations((await call(url, 'GET', '/openapi.json')).json)
  const recorded: RecordedAnswers = { answers: {}, problems: {} }
  /** what was downloaded, by media type */
  const files = new Map<string, Buffer>()
  for (const operation of operations) {
    const { id, method, address } = operation
    // An operation that other examples end is refused first and asked for last.
    for (const refused of refusalsOf(operation)) {
      noteProblem(recorded, await call(url, refused.method, refused.path, refused))
    }
    const answer = await call(url, method, address, exampleBody(operation, files))
    if (answer.headers.has('content-disposition')) files.set(answer.headers.get('content-type')!, answer.bytes)
    if (isJson(answer)) (recorded.answers[id] ??= {})[answer.status] = shortened(answer.json)
    else noteProblem(recorded, answer)
  }
  return recorded
}

function noteProblem ({ problems }: RecordedAnswers, { headers, json }: Answer): void {
  if (headers.get('content-type')?.startsWith('application/problem+json') === true) {
    problems[json.code] ??= shortened(json)
  }
}

interface Request {
  readonly method: string
  readonly path: string
  readonly json?: Json
  readonly body?: string
  readonly headers?: Record<string, string>
}

/** Requests that are wrong in one way each. */
function refusalsOf (operation: DocumentedOperation): Request[] {
  const { method, path, address, operation: { parameters = [], requestBody } } = operation
  const wrong: Request[] = [
    { method, path: `${address}${address.includes('?') ? '&' : '?'}colour=green` },
    { method: 'PURGE', path: address }
  ]
  const named = (parameters as Json[]).filter(parameter => parameter.in === 'path')
  for (const { name } of named) {
    const missing = path.replace(/\{(\w+)\}/g, (_, each: string) =>
      each === name
        ? '00000000-0000-4000-8000-0000000000ff'
        : encodeURIComponent((named.find(other => other.name === each) as Json).example))
    wrong.push({
      method,
      path: missing,
      ...requestBody === undefined
        ? {}
        : exampleBody(operation, new Map([['application/gzip', Buffer.alloc(0)]])) as object
    })
  }
  if (requestBody?.content['application/json'] !== undefined) {
    const headers = { 'content-type': 'application/json' }
    wrong.push({ method, path: address, headers, body: '{"half' }, { method, path: address, headers, body: '{}' })
    wrong.push({ method, path: address, headers: { 'content-type': 'text/plain' }, body: 'words' })
  }
  return wrong
}

/** Characters of a text without spaces that show what it is. */
const maxText = 240
/** A list of numbers, or of objects with more members than a point has, is long when it has more items than this. */
const maxItems = 2

/** An answer with the beginnings of its long lists and texts, and no key that anybody could take for a real one. */
function shortened (value: Json): Json {
  if (typeof value === 'string') {
    const text = value.replace(/(cw_[0-9a-f]{12}_)[\w-]{43}/, `$1${'A'.repeat(43)}`)
    return text.length > maxText && !text.includes(' ') ? text.slice(0, 40) : text
  }
  if (Array.isArray(value)) {
    const arePoints = value.every(item => typeof item === 'object' && item !== null && Object.keys(item).length <= 2)
    const isLong = value.length > (arePoints ? 5 : maxItems)
    const texts = value.every(item => typeof item === 'string')
    return (isLong ? value.slice(0, texts ? maxItems : arePoints ? 2 : 1) : value).map(shortened)
  }
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, shortened(member)]))
}

/**
 * The members of an answer with the types of their values, whatever the values are. Lists and absent values say
 * nothing: how long one is, and whether there is one, depends on the day.
 */
export function membersOf (value: Json, path = ''): string[] {
  if (value === null || Array.isArray(value)) return []
  if (typeof value !== 'object') return [`${path}: ${typeof value}`]
  return Object.entries(value).flatMap(([name, member]) => membersOf(member, `${path}.${name}`))
}
