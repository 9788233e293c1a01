import assert from 'node:assert/strict'
import { test } from 'node:test'
import { entityTag, matchesStrongly, matchesWeakly } from '../../../src/platform/preconditions.js'
import { jobIn, makeCorpus, prefer, slow } from '../../support/jobs.js'
import { call, forEachService, type Answer, type Json } from '../../support/service.js'

const together = 12
const statuses = (answers: readonly Answer[]): number[] => answers.map(({ status }) => status).sort()
/** One of those who saw the same state succeeds. */
const onlyOne = (status: number): number[] => [status, ...Array.from({ length: together - 1 }, () => 412)].sort()

test('tags are compared strongly for changes, weakly for reads, and differ when the state does', () => {
  assert.deepEqual([
    matchesStrongly('*', '"a"'),
    matchesStrongly('*', undefined),
    matchesStrongly(['W/"a"'], '"a"'),
    matchesStrongly(['"b"', '"a"'], '"a"')
  ], [true, false, false, true])
  assert.deepEqual([
    matchesWeakly('*', '"a"'),
    matchesWeakly('*', undefined),
    matchesWeakly(['W/"a"'], '"a"'),
    matchesWeakly(['"b"'], '"a"')
  ], [true, false, true, false])
  assert.equal(entityTag({ a: 1, b: 2 }), entityTag({ b: 2, a: 1 }))
  assert.notEqual(entityTag({ a: 1 }), entityTag({ a: 2 }))
  assert.match(entityTag({}), /^"[\w-]{43}"$/)
})

forEachService('preconditions', running => {
  const many = (send: (i: number) => Promise<Answer>) =>
    Promise.all(Array.from({ length: together }, (_, i) => send(i)))
  const make = async (collection: string): Promise<string> =>
    `/v1/${collection}/${
      (await call(running.url, 'POST', `/v1/${collection}`, { json: { name: 'conditional' } })).json.id
    }`
  const get = (path: string) => call(running.url, 'GET', path)
  const tagOf = async (path: string): Promise<string> => (await get(path)).headers.get('etag')!

  test('a subject is created once, replaced by one of its readers, and deleted only as last seen', async () => {
    const path = `${await make('galleries')}/subjects/somebody`
    const put = (i: number, headers: Record<string, string> = {}) =>
      call(running.url, 'PUT', path, {
        json: { attributes: { i }, templates: [{ model: 'example-a', vector: [i + 1, 2, 3, 4] }] },
        headers
      })
    assert.equal((await put(0, { 'if-match': '*' })).status, 412, 'there is nothing to replace')
    assert.deepEqual(statuses(await many(i => put(i, { 'if-none-match': '*' }))), onlyOne(201))
    const created = await get(path)
    const before = created.headers.get('etag')!
    const refused = await put(50, { 'if-none-match': '*' })
    assert.deepEqual([refused.status, refused.json.code], [412, 'precondition-failed'])
    assert.deepEqual((await get(path)).json, created.json)

    const answers = await many(i => put(100 + i, { 'if-match': before }))
    assert.deepEqual(statuses(answers), onlyOne(200))
    const winner = answers.find(({ status }) => status === 200)!
    assert.deepEqual([winner.headers.get('etag'), winner.json], [await tagOf(path), (await get(path)).json])
    assert.notEqual(winner.headers.get('etag'), before)

    assert.equal((await call(running.url, 'DELETE', path, { headers: { 'if-match': before } })).status, 412)
    assert.equal(
      (await call(running.url, 'DELETE', path, { headers: { 'if-match': `"x,y", ${winner.headers.get('etag')}` } }))
        .status,
      200
    )
    assert.equal(
      (await call(running.url, 'DELETE', path, { headers: { 'if-match': before } })).status,
      404,
      'what is not there has no state to compare'
    )
  })

  test('the tag of a subject changes with its templates, even if their description stays the same', async () => {
    const path = `${await make('galleries')}/subjects/somebody`
    const tags = new Set<string>()
    for (const vector of [[1, 2, 3, 4], [4, 3, 2, 1], [1, 2, 3, 4]]) {
      tags.add(
        (await call(running.url, 'PUT', path, { json: { templates: [{ model: 'example-a', vector }] } })).headers.get(
          'etag'
        )!
      )
    }
    assert.equal(tags.size, 3)
  })

  test('a gallery is filled and deleted only as last seen', async () => {
    const path = await make('galleries')
    const empty = await tagOf(path)
    const enrol = (i: number, headers: Record<string, string>) =>
      call(running.url, 'POST', `${path}/templates?model=example-a`, {
        json: { templates: [{ subject: `s${i}`, vector: [i + 1, 2, 3, 4] }] },
        headers
      })
    assert.deepEqual(statuses(await many(i => enrol(i, { 'if-match': empty }))), onlyOne(200))
    assert.equal((await get(path)).json.subjects, 1)
    assert.equal((await call(running.url, 'DELETE', path, { headers: { 'if-match': empty } })).status, 412)
    const seen = await tagOf(path)
    // The numbers are the same, the person is another.
    await call(running.url, 'DELETE', `${path}/subjects/${(await get(`${path}/subjects`)).json.subjects[0].subject}`)
    await enrol(99, {})
    assert.equal((await call(running.url, 'DELETE', path, { headers: { 'if-match': seen } })).status, 412)
    assert.equal((await call(running.url, 'DELETE', path, { headers: { 'if-match': await tagOf(path) } })).status, 204)
  })

  test('a corpus is filled and deleted only as last seen', async () => {
    const path = await make('corpora')
    const empty = await tagOf(path)
    const add = (i: number, headers: Record<string, string>) =>
      call(running.url, 'POST', `${path}/templates?model=example-a`, {
        json: { templates: [{ sample: `s${i}`, identity: 'p', vector: [i + 1, 2, 3, 4] }] },
        headers
      })
    assert.deepEqual(statuses(await many(i => add(i, { 'if-match': empty }))), onlyOne(200))
    assert.equal(
      (await call(running.url, 'DELETE', `${path}/samples?identity=p`, { headers: { 'if-match': empty } })).status,
      412
    )
    const seen = await tagOf(path)
    assert.equal(
      (await call(running.url, 'DELETE', `${path}/samples?identity=p`, { headers: { 'if-match': seen } })).status,
      200
    )
    await add(99, {})
    assert.equal((await call(running.url, 'DELETE', path, { headers: { 'if-match': seen } })).status, 412)
    assert.equal((await call(running.url, 'DELETE', path, { headers: { 'if-match': await tagOf(path) } })).status, 204)
  })

  test('a model is registered once', async () => {
    const register = (title: string, headers: Record<string, string>) =>
      call(running.url, 'POST', '/v1/models', {
        json: { id: 'conditional', title, version: '1', dimension: 4 },
        headers
      })
    assert.equal((await register('a', { 'if-match': '*' })).status, 412)
    const answers = await many(() => register('a', { 'if-none-match': '*' }))
    assert.deepEqual(statuses(answers), onlyOne(201))
    const etag = await tagOf('/v1/models/conditional')
    assert.equal(answers.find(({ status }) => status === 201)!.headers.get('etag'), etag)
    assert.equal((await register('a', { 'if-match': etag })).status, 200)
  })

  test('a job is cancelled only as last seen', async () => {
    const corpus = await makeCorpus(running.url, { source: 'conditional-a', target: 'conditional-b' }, {}, slow)
    const submitted: Json = (await call(running.url, 'POST', '/v1/maps', {
      json: { source: 'conditional-a', target: 'conditional-b', corpus },
      headers: prefer
    })).json
    const path = `/v1/jobs/${submitted.id}`
    assert.equal((await call(running.url, 'DELETE', path, { headers: { 'if-match': '"another"' } })).status, 412)
    assert.notEqual((await get(path)).json.state, 'cancelled')
    const cancelled = await call(running.url, 'DELETE', path, { headers: { 'if-match': '*' } })
    assert.deepEqual([cancelled.status, cancelled.json.state], [200, 'cancelled'])
    await jobIn(running.url, submitted.id)
    assert.equal(await tagOf(path), cancelled.headers.get('etag'))
  })
})
