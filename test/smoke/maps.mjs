import { randomUUID } from 'node:crypto'
import { difference, eventually, expect } from './client.mjs'

const source = 'smoke-a'
const target = 'smoke-b'
/** Seconds: behind a load balancer another replica may answer, which learns of a change a moment later. */
const patience = 10

/**
 * The life of a map between two spaces that are nobody's: a corpus, fits, activation, service, retirement. What the
 * steps make is taken away again, also when one of them fails.
 */
export async function maps ({ call, step, examples }) {
  const { pairs, method } = examples.fit
  const madeMaps = new Set()
  const madeCorpora = new Set()
  try {
    await step('it takes a model of which only templates exist', async () => {
      for (const [id, side] of [[source, 'source'], [target, 'target']]) {
        const json = {
          id,
          title: 'A space of the smoke test',
          version: '1',
          dimension: pairs[0][side].vector.length,
          licence: 'Apache-2.0'
        }
        const { canEmbed } = (await call('POST /v1/models', { json, status: [200, 201] })).json
        expect(canEmbed === false, `model ${id}`, 'one that cannot embed', canEmbed)
      }
    })

    const { inline } = await step('it fits a map on pairs, once for each idempotency key', async () => {
      const request = { json: { source, target, method, pairs }, headers: { 'idempotency-key': randomUUID() } }
      const { json: map } = await call('POST /v1/maps', { ...request, status: 201 })
      madeMaps.add(map.id)
      checkCard(map)
      const { json: again } = await call('POST /v1/maps', { ...request, status: 200 })
      expect(again.id === map.id, 'the repeated call', `map ${map.id}`, again.id)
      return { inline: map, note: `${map.method}, ${pairs.length} pairs, version ${map.version}` }
    })

    const { fitted } = await step('it fits a map on a corpus', async () => {
      const { json: corpus } = await call('POST /v1/corpora', { json: { name: 'smoke test' }, status: 201 })
      madeCorpora.add(corpus.id)
      for (const [model, side] of [[source, 'source'], [target, 'target']]) {
        const body = pairs.map(pair =>
          JSON.stringify({ sample: pair.sample, identity: pair.identity, vector: pair[side].vector })
        ).join('\n')
        const upload = { query: { model }, body, type: 'application/x-ndjson' }
        const { json: first } = await call(`POST /v1/corpora/${corpus.id}/templates`, upload)
        expect(first.added === pairs.length, `templates under ${model}`, `${pairs.length} added`, first)
        const { json: second } = await call(`POST /v1/corpora/${corpus.id}/templates`, upload)
        expect(
          second.unchanged === pairs.length && second.added === 0,
          'the same upload again',
          `${pairs.length} unchanged`,
          second
        )
      }
      const { json: map } = await call('POST /v1/maps', {
        json: { source, target, method, corpus: corpus.id },
        status: 201
      })
      madeMaps.add(map.id)
      checkCard(map)
      return { fitted: map, note: `${map.method}, version ${map.version}` }
    })

    await step('it serves by the map that is active', async () => {
      const { json: active } = await call(`POST /v1/maps/${inline.id}/activate`)
      expect(active.state === 'active', `map ${inline.id}`, 'active', active.state)
      const before = await servedBy(inline.id)
      await call(`POST /v1/maps/${fitted.id}/activate`)
      const { json: former } = await call(`GET /v1/maps/${inline.id}`)
      expect(former.state === 'fitted', 'the map before', 'fitted again', former.state)
      const after = await servedBy(fitted.id)
      const apart = difference(before, after)
      expect(
        apart <= 1e-6,
        'maps of the same pairs and the same seed',
        'translations within 1e-6 of each other',
        `${apart} apart`
      )
      return { note: `the maps of the same pairs are ${apart} apart` }
    })

    await step('it gives a map with its card, and no more than needed', async () => {
      const { headers, json } = await call(`GET /v1/maps/${fitted.id}`)
      checkCard(json)
      await call(`GET /v1/maps/${fitted.id}`, { headers: { 'if-none-match': headers.get('etag') }, status: 304 })
      await call(`DELETE /v1/maps/${fitted.id}`, { headers: { 'if-match': '"of another time"' }, status: 412 })
      const { maps } = (await call('GET /v1/maps', { query: { source, target, state: 'active' } })).json
      expect(
        maps.length === 1 && maps[0].id === fitted.id,
        'active maps of the pair',
        fitted.id,
        maps.map(map => map.id)
      )
    })

    await step('it never serves by a retired map', async () => {
      for (const id of [...madeMaps]) await retire(id)
      await eventually(() => translate(409), patience)
      await call(`POST /v1/maps/${fitted.id}/activate`, { status: 409 })
    })

    await step('it forgets a corpus', async () => {
      for (const id of [...madeCorpora]) await forget(id)
    })
  } finally {
    // What is left when a step failed. Its failure is the one to report.
    for (const id of madeMaps) await retire(id).catch(() => {})
    for (const id of madeCorpora) await forget(id).catch(() => {})
  }

  async function retire (id) {
    const { json } = await call(`DELETE /v1/maps/${id}`)
    expect(json.state === 'retired', `map ${id}`, 'retired', json.state)
    madeMaps.delete(id)
  }

  async function forget (id) {
    await call(`DELETE /v1/corpora/${id}`, { status: 204 })
    await call(`GET /v1/corpora/${id}`, { status: 404 })
    madeCorpora.delete(id)
  }

  async function translate (status = 200) {
    return await call('POST /v1/translations', {
      json: { target, templates: [{ model: source, vector: pairs[0].source.vector }] },
      status
    })
  }

  async function servedBy (id) {
    return await eventually(async () => {
      const { maps: [used], templates: [{ vector }] } = (await translate()).json
      expect(used.id === id, 'the map of a translation', id, used.id)
      return vector
    }, patience)
  }
}

function checkCard (map) {
  expect(map.source.model === source && map.target.model === target, 'spaces of the map', `${source} to ${target}`, [
    map.source,
    map.target
  ])
  expect(
    map.card !== undefined && map.card.method === map.method,
    'card of the map',
    `one of method ${map.method}`,
    map.card
  )
}
