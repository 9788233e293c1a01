import assert from 'node:assert/strict'
import { eventually } from './eventually.js'
import { call, type Json } from './service.js'
import { syntheticPairs } from './synthetic-pairs.js'

export const prefer = { prefer: 'respond-async' }

/** Of a corpus whose fit by `auto` takes seconds. */
export const slow = { dimension: 64, identities: 200 }

/**
 * Two spaces, and a corpus with templates of the same images under both: enough to fit, and small enough to be quick.
 */
export async function makeCorpus (
  url: string,
  spaces: { source: string, target: string },
  headers: Record<string, string> = {},
  { dimension = 10, identities = 60 } = {}
): Promise<string> {
  const sides = { source: dimension, target: dimension + 2 }
  for (const side of ['source', 'target'] as const) {
    const { status } = await call(url, 'POST', '/v1/models', {
      json: { id: spaces[side], dimension: sides[side], title: side, version: '1' },
      headers
    })
    assert.ok(status === 201 || status === 200, String(status))
  }
  const corpus: string = (await call(url, 'POST', '/v1/corpora', { json: { name: 'for jobs' }, headers })).json.id
  const pairs = syntheticPairs({ identities, imagesEach: 4, dSource: sides.source, dTarget: sides.target, spread: 0.3 })
  for (const side of ['source', 'target'] as const) {
    const { cols, data } = pairs[side]
    const body = pairs.samples.map((sample, i) =>
      JSON.stringify({ sample, identity: pairs.identities[i], vector: [...data.subarray(i * cols, (i + 1) * cols)] }) +
      '\n'
    ).join('')
    const { status, json } = await call(url, 'POST', `/v1/corpora/${corpus}/templates?model=${spaces[side]}`, {
      body,
      headers: { 'content-type': 'application/x-ndjson', ...headers }
    })
    assert.equal(status, 200, JSON.stringify(json))
  }
  return corpus
}

/** Waits until a job has ended, or is in the state given. */
export async function jobIn (
  url: string,
  id: string,
  states: readonly string[] = ['succeeded', 'failed', 'cancelled'],
  headers: Record<string, string> = {}
): Promise<Json> {
  const { json } = await eventually(
    `job ${id} to be ${states.join(' or ')}`,
    // A service that is starting again does not answer.
    () => call(url, 'GET', `/v1/jobs/${id}`, { headers }).catch(() => undefined),
    answer => answer?.status === 200 && states.includes(answer.json.state)
  )
  return json
}

export interface ServerSentEvent {
  readonly id: number
  readonly event: string
  readonly data: Json
}

/** Reads a stream of events to its end. */
export async function eventsOf (
  url: string,
  id: string,
  headers: Record<string, string> = {}
): Promise<{ status: number, events: ServerSentEvent[], text: string }> {
  const answer = await call(url, 'GET', `/v1/jobs/${id}/events`, { headers })
  const text = answer.bytes.toString()
  const events = text.split('\n\n').filter(block => block.startsWith('id: ')).map(block => {
    const fields = Object.fromEntries(
      block.split('\n').map(line => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)])
    )
    return { id: Number(fields.id), event: fields.event!, data: JSON.parse(fields.data!) }
  })
  return { status: answer.status, events, text }
}
