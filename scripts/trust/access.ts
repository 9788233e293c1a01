import { randomBytes } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import { exampleCorpusId, examples } from '../../src/platform/http/documented-examples.js'
import { scopes } from '../../src/features/access/api-keys-repository.js'
import { readDocument } from './fuzz/document.js'
import { startOwnService } from './own-service.js'

export interface Attempts {
  readonly operations: number
  readonly calls: number
  /** calls that were answered with anything but 401 or 403 */
  readonly granted: readonly string[]
  /** translations and comparisons that the key does not cover */
  readonly outsidePairs: { readonly calls: number, readonly granted: readonly string[] }
  /** jobs of another key, and what it created under an idempotency key */
  readonly foreignRows: { readonly calls: number, readonly granted: readonly string[] }
}

interface Issued {
  readonly key: string
  readonly id: string
}
type Issue = (name: string, scopes: readonly string[], more?: object) => Promise<Issued>

/** Calls every operation that requires a key without one, and with every kind of insufficient key. */
export async function attemptAccess (): Promise<Attempts> {
  const server = await startOwnService({ keys: true })
  try {
    const { admin } = server
    const issue = async (name: string, given: readonly string[], more: object = {}) => {
      const answer = await fetch(`${server.url}/v1/api-keys`, {
        method: 'POST',
        headers: { authorization: `Bearer ${admin}`, 'content-type': 'application/json' },
        body: JSON.stringify({ name, scopes: given, ...more })
      })
      if (answer.status !== 201) throw new Error(`a key could not be issued: ${await answer.text()}`)
      return await answer.json() as Issued
    }
    const revoked = await issue('revoked', scopes)
    await fetch(`${server.url}/v1/api-keys/${revoked.id}`, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${admin}` }
    })
    const expired = await issue('expired', scopes, { expiresAt: new Date(Date.now() + 500).toISOString() })
    await setTimeout(600)
    const wrong = [
      undefined,
      'Bearer',
      `Basic ${admin}`,
      admin,
      `Bearer ${admin}x`,
      `Bearer ${admin.slice(0, -2)}${admin.endsWith('AA') ? 'BB' : 'AA'}`,
      `Bearer ${admin.slice(0, 16)}_${randomBytes(32).toString('base64url')}`,
      `Bearer ${expired.key}`,
      `Bearer ${revoked.key}`
    ]
    const { operations } = readDocument(await (await fetch(`${server.url}/openapi.json`)).json())
    const guarded = operations.filter(({ security = [] }) => security.length > 0)
    const granted: string[] = []
    let calls = 0
    // Of one scope each, and of all but one.
    const [single, allBut] = [new Map<string, string>(), new Map<string, string>()]
    for (const scope of scopes) {
      single.set(scope, `Bearer ${(await issue('of one scope', [scope])).key}`)
      allBut.set(scope, `Bearer ${(await issue('under-scoped', scopes.filter(other => other !== scope))).key}`)
    }
    for (const { operationId, method, path, security = [] } of guarded) {
      const needed = security.flatMap(one => one['apiKey'] ?? [])
      const others = needed.length === 0
        ? []
        : [allBut.get(needed[0]!), ...scopes.filter(scope => !needed.includes(scope)).map(scope => single.get(scope))]
      for (const authorization of [...wrong, ...others]) {
        // Nothing has this id, so that an admitted call is harmless.
        const { status } = await fetch(server.url + path.replace(/\{\w+\}/g, '00000000-0000-4000-8000-ffffffffffff'), {
          method,
          ...authorization === undefined ? {} : { headers: { authorization } }
        })
        calls++
        if (status !== 401 && status !== 403) {
          granted.push(`${operationId}: ${status} with ${authorization?.slice(0, 12) ?? 'no key'}`)
        }
      }
    }
    return {
      operations: guarded.length,
      calls,
      granted,
      outsidePairs: await attemptOtherPairs(server.url, admin, issue),
      foreignRows: await attemptForeignRows(server.url, issue)
    }
  } finally {
    await server.stop()
  }
}

/** Tries every other pair with a key for one pair of models, in every operation that combines templates of two. */
async function attemptOtherPairs (url: string, admin: string, issue: Issue): Promise<Attempts['outsidePairs']> {
  const { key } = await issue('for a pair', ['translate', 'verify', 'identify'], {
    translatePairs: [{ source: 'dlib128', target: 'r512' }],
    scores: 'exact'
  })
  const post = async (bearer: string, path: string, body: object | Buffer) => {
    const binary = Buffer.isBuffer(body)
    const answer = await fetch(url + path, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${bearer}`,
        'content-type': binary ? 'application/octet-stream' : 'application/json'
      },
      body: binary ? new Uint8Array(body) : JSON.stringify(body)
    })
    const text = await answer.text()
    return {
      status: answer.status,
      code: /"code":"([a-z-]+)"/.exec(text)?.[1],
      id: /"id":"([0-9a-f-]{36})"/.exec(text)?.[1]
    }
  }
  const dimensions: Readonly<Record<string, number>> = { dlib128: 128, faceres1024: 1024, r512: 512 }
  const models = Object.keys(dimensions)
  const template = (model: string) => ({
    model,
    vector: Array.from({ length: dimensions[model]! }, (_, k) => Math.sin(k + 1))
  })
  const galleries = new Map<string, string>()
  for (const model of models) {
    const { id } = await post(admin, '/v1/galleries', { name: model })
    await post(admin, `/v1/galleries/${id}/templates?model=${model}`, {
      templates: [{ subject: 'somebody', vector: template(model).vector }]
    })
    galleries.set(model, id!)
  }
  const granted: string[] = []
  let calls = 0
  const attempt = async (name: string, allowed: boolean, path: string, body: object | Buffer) => {
    const { status, code } = await post(key, path, body)
    calls++
    // An allowed call shows that the request is valid.
    if (allowed ? status !== 200 : code !== 'pair-forbidden') granted.push(`${name}: ${status} ${code ?? ''}`)
  }
  for (const [a, b] of models.flatMap(source => models.map(target => [source, target] as const))) {
    const forth = a === 'dlib128' && b === 'r512'
    const either = forth || (a === 'r512' && b === 'dlib128')
    if (a !== b) {
      await attempt(`translate ${a} to ${b}`, forth, '/v1/translations', { target: b, templates: [template(a)] })
      await attempt(
        `translate ${a} to ${b} in binary`,
        forth,
        `/v1/translations?source=${a}&target=${b}`,
        Buffer.from(Float32Array.from(template(a).vector).buffer)
      )
    }
    await attempt(`verify ${a} with ${b}`, either, '/v1/verifications', {
      probe: { template: template(a) },
      reference: { template: template(b) }
    })
    await attempt(`verify ${a} with an image under ${b}`, either, '/v1/verifications', {
      probe: { template: template(a) },
      reference: { image: examples.face, model: b }
    })
    await attempt(`search ${a} among ${b}`, either, `/v1/galleries/${galleries.get(b)}/identifications`, {
      probes: [template(a)]
    })
  }
  return { calls, granted }
}

/** Requests what belongs to one key with another key of the same scopes. */
async function attemptForeignRows (url: string, issue: Issue): Promise<Attempts['foreignRows']> {
  const [owner, other] = [
    await issue('the owner', ['fit', 'enrol', 'identify']),
    await issue('another', ['fit', 'enrol', 'identify'])
  ]
  const send = async (
    { key }: Issued,
    method: string,
    path: string,
    json?: object,
    headers: Record<string, string> = {}
  ) => {
    const answer = await fetch(url + path, {
      method,
      headers: {
        authorization: `Bearer ${key}`,
        ...json === undefined ? {} : { 'content-type': 'application/json' },
        ...headers
      },
      ...json === undefined ? {} : { body: JSON.stringify(json) }
    })
    return { status: answer.status, text: await answer.text() }
  }
  const idOf = (text: string): string | undefined => (JSON.parse(text) as { id?: string }).id
  const granted: string[] = []
  let calls = 0
  const fit = { source: 'example-a', target: 'example-b', method: 'ridge', lambda: 0.01 }
  const named = { 'idempotency-key': 'the same' }
  for (
    const [name, path, json, headers] of [
      ['a corpus', '/v1/corpora', { name: 'x' }, named],
      ['a gallery', '/v1/galleries', { name: 'x' }, named],
      ['a map', '/v1/maps', { ...fit, pairs: examples.pairs }, named],
      ['an evaluation', '/v1/evaluations', { corpus: exampleCorpusId, models: ['example-a', 'example-b'] }, named],
      ['a job', '/v1/maps', { ...fit, corpus: exampleCorpusId }, {
        prefer: 'respond-async',
        'idempotency-key': 'as a job'
      }]
    ] as const
  ) {
    const [own, others] = [
      await send(owner, 'POST', path, json, headers),
      await send(other, 'POST', path, json, headers)
    ]
    calls++
    if (own.status >= 300 || others.status >= 300 || idOf(own.text) === idOf(others.text)) {
      granted.push(`${name} under the idempotency key of another: ${own.status}, ${others.status}`)
    }
    if (name !== 'a job') continue
    const job = idOf(own.text)!
    for (
      const [method, address] of [['GET', `/v1/jobs/${job}`], ['GET', `/v1/jobs/${job}/events`], [
        'DELETE',
        `/v1/jobs/${job}`
      ]] as const
    ) {
      calls++
      const { status } = await send(other, method, address)
      if (status !== 404) granted.push(`${method} ${address} of another: ${status}`)
    }
    calls++
    if ((await send(other, 'GET', '/v1/jobs?limit=1000')).text.includes(job)) {
      granted.push('the list of jobs has one of another')
    }
  }
  return { calls, granted }
}
