import fc from 'fast-check'
import type { Operation, Parameter } from './document.js'
import { fallbackFile, formBoundary, type Files } from './files.js'
import { damagedBytes, damagedJson, hostileTexts } from './mutations.js'
import { valuesOf } from './values.js'

export interface FuzzRequest {
  readonly method: string
  /** with its query, as it is sent */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer | undefined
}

/** Requests for an operation, from what its document says to nearly that, to nonsense. */
export function requestsFor (operation: Operation, files: Files): fc.Arbitrary<FuzzRequest> {
  const types = Object.keys(operation.bodies)
  const sent: fc.Arbitrary<{ type: string, body: Buffer } | undefined> = types.length === 0
    // A body where none belongs.
    ? fc.oneof({ weight: 9, arbitrary: fc.constant(undefined) }, {
      weight: 1,
      arbitrary: fc.constant({ type: 'application/json', body: Buffer.from('{"a":1}') })
    })
    : fc.oneof(
      { weight: 12, arbitrary: fc.oneof(...types.map(type => bodyOf(operation, type, files))) },
      // One under the name of another.
      {
        weight: 1,
        arbitrary: fc.tuple(
          fc.oneof(...types.map(type => bodyOf(operation, type, files))),
          fc.constantFrom(...types, 'text/plain', 'application/x-ndjson; charset=utf-16', '')
        ).map(([{ body }, type]) => ({ type, body }))
      }
    )
  const accept = fc.option(
    fc.constantFrom(
      'application/json',
      'application/vnd.crosswalk.base64+json',
      'application/x-npy',
      'application/octet-stream',
      '*/*',
      'text/html',
      'nonsense',
      'application/json;q=0',
      'x'.repeat(500)
    ),
    { freq: 3, nil: undefined }
  )
  return fc.tuple(fc.tuple(...operation.parameters.map(valueOf)), sent, accept).map(([values, content, accepted]) => {
    const named = operation.parameters.map((parameter, index) => ({ parameter, value: values[index] }))
    const given = (place: Parameter['in']) =>
      named.filter(({ parameter, value }) => parameter.in === place && value !== undefined)
    const path = given('path').reduce(
      (text, { parameter, value }) => text.replace(`{${parameter.name}}`, escaped(value!)),
      operation.path
    )
    const query = given('query').map(({ parameter, value }) => `${parameter.name}=${escaped(value!)}`).join('&')
    return {
      method: operation.method,
      path: query === '' ? path : `${path}?${query}`,
      headers: {
        ...Object.fromEntries(
          given('header').map(({ parameter, value }) => [parameter.name, value!.replace(/[^\t\x20-\x7e]/g, '?')])
        ),
        ...accepted === undefined ? {} : { accept: accepted },
        ...content === undefined || content.type === '' ? {} : { 'content-type': content.type }
      },
      body: content?.body
    }
  })
}

function bodyOf (operation: Operation, type: string, files: Files): fc.Arbitrary<{ type: string, body: Buffer }> {
  const media = operation.bodies[type]!
  if (!/[/+]json$/.test(type)) {
    const sent = type === 'multipart/form-data' ? `${type}; boundary=${formBoundary}` : type
    return damagedBytes(fc.constantFrom(...files[type] ?? [fallbackFile(media)])).map(body => ({ type: sent, body }))
  }
  const documents = fc.oneof(
    ...media.example === undefined ? [] : [{ weight: 3, arbitrary: fc.constant(media.example) }],
    ...media.schema === undefined ? [] : [{ weight: 1, arbitrary: valuesOf(media.schema) }]
  )
  return damagedJson(documents).map(body => ({ type, body }))
}

function valueOf ({ required, example, schema }: Parameter): fc.Arbitrary<string | undefined> {
  const good = fc.oneof(...example === undefined ? [] : [{ weight: 4, arbitrary: fc.constant(example) }], {
    weight: 1,
    arbitrary: valuesOf(schema)
  }).map(String)
  return fc.oneof(
    { weight: required === true ? 12 : 3, arbitrary: good },
    { weight: required === true ? 1 : 6, arbitrary: fc.constant(undefined) },
    { weight: 2, arbitrary: fc.oneof(fc.constantFrom(...hostileTexts), fc.string({ unit: 'binary', maxLength: 40 })) }
  )
}

/** Encoded, except for text that begins with `%` or `..`, which is sent unchanged. */
const escaped = (text: string) =>
  /^(%[0-9a-f]{2}|\.\.\/)/i.test(text)
    ? text.replace(/[^\x21-\x7e]|[?#]/g, '')
    : encodeURIComponent(text.replace(/\p{Surrogate}/gu, '\ufffd'))
