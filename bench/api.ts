type Body = NonNullable<NonNullable<Parameters<typeof fetch>[1]>['body']>

/**
 * A call of the service under test. Nothing of the service's own code is loaded into the process that measures it.
 *
 * @param body a form is sent as it is, anything else as JSON
 * @throws Error with the answer when it is no success
 */
export async function post<T> (url: string, body?: FormData | object): Promise<T> {
  const response = await fetch(url, {
    method: 'POST',
    ...(body === undefined
      ? {}
      : body instanceof FormData
      ? { body: body as Body }
      : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } })
  })
  if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`)
  return await response.json() as T
}
