/** What JSON.parse gives: a test looks at the members that it names. */
export type Json = ReturnType<JSON['parse']>

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly bytes: Buffer
  /** the body, when it is JSON */
  readonly json: Json
}

/** A request as a client sends it: `json` is sent as JSON, `body` as it is. */
export async function call (
  url: string,
  method: string,
  path: string,
  { json, body, headers = {} }: {
    json?: unknown
    body?: NonNullable<NonNullable<Parameters<typeof fetch>[1]>['body']>
    headers?: Record<string, string>
  } = {}
): Promise<Answer> {
  const response = await fetch(url + path, {
    method,
    headers: { ...(json === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    ...(json === undefined ? body === undefined ? {} : { body } : { body: JSON.stringify(json) })
  })
  const bytes = Buffer.from(await response.arrayBuffer())
  const isJson = /[/+]json/.test(response.headers.get('content-type') ?? '')
  return {
    status: response.status,
    headers: response.headers,
    bytes,
    json: isJson && bytes.length > 0 ? JSON.parse(bytes.toString()) : undefined
  }
}
