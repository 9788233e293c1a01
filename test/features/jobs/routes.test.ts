import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { before, describe, test } from 'node:test'
import { examples, exampleJobId } from '../../../src/platform/http/documented-examples.js'
import { eventsOf, jobIn, makeCorpus, prefer, slow } from '../../support/jobs.js'
import { call, forEachService, startService } from '../../support/service.js'

const spaces = { source: 'jobs-a', target: 'jobs-b' }

forEachService('jobs', running => {
  let corpus: string
  before(async () => {
    corpus = await makeCorpus(running.url, spaces)
  })
  const fit = (changes: object = {}, headers: Record<string, string> = prefer) =>
    call(running.url, 'POST', '/v1/maps', {
      json: { ...spaces, corpus, method: 'ridge', lambda: 0.01, ...changes },
      headers
    })
  const maps = async () => (await call(running.url, 'GET', `/v1/maps?source=${spaces.source}`)).json.maps

  test('202: a fit becomes a job at once, and the job a map; events report its progress', async () => {
    const { status, json: job, headers } = await fit()
    assert.equal(status, 202, JSON.stringify(job))
    assert.equal(headers.get('location'), `/v1/jobs/${job.id}`)
    assert.equal(headers.get('preference-applied'), 'respond-async')
    assert.deepEqual([job.kind, job.endedAt, job.result, job.problem], ['fit', null, null, null])
    assert.match(job.state, /queued|running/)

    const { events, status: streamed, text } = await eventsOf(running.url, job.id)
    assert.equal(streamed, 200)
    assert.match(text, /^retry: \d+\n\n/)
    const last = events.at(-1)!
    assert.equal(last.event, 'succeeded', text)
    // A busy machine may have done it before anybody followed it.
    assert.ok(events.slice(0, -1).every(({ event }) => event === 'progress'), text)
    assert.deepEqual(events.map(({ id }) => id), events.map(({ id }) => id).toSorted((a, b) => a - b))
    const fractions = events.map(({ data }) => data.progress.fraction)
    assert.deepEqual(fractions, fractions.toSorted((a, b) => a - b))
    assert.deepEqual([last.data.state, last.data.progress.fraction, last.data.attempts], ['succeeded', 1, 1])

    const stored = (await call(running.url, 'GET', `/v1/jobs/${job.id}`)).json
    assert.deepEqual(stored, last.data)
    const map = await call(running.url, 'GET', stored.result)
    assert.equal(map.json.method, 'ridge')
    assert.equal(map.json.corpusId, corpus)
    // What the synchronous call would have made.
    const direct = (await fit({}, {})).json
    assert.deepEqual({ ...map.json.card }, { ...direct.card })

    assert.equal((await eventsOf(running.url, job.id, { 'last-event-id': String(last.id) })).status, 204)
    const resumed = await eventsOf(running.url, job.id, { 'last-event-id': String(last.id - 1) })
    assert.deepEqual(resumed.events, [last])
  })

  test('an evaluation and a hub are jobs too', async () => {
    const evaluation = await call(running.url, 'POST', '/v1/evaluations', {
      json: { corpus, fmr: 0.1 },
      headers: prefer
    })
    assert.equal(evaluation.status, 202, JSON.stringify(evaluation.json))
    const hub = await call(running.url, 'POST', '/v1/hubs', {
      json: { id: 'jobs-hub', title: 'Hub', corpus, models: Object.values(spaces) },
      headers: prefer
    })
    assert.equal(hub.status, 202, JSON.stringify(hub.json))
    for (
      const [{ json: { id } }, kind, result] of [[evaluation, 'evaluation', /^\/v1\/evaluations\//], [
        hub,
        'hub',
        /^\/v1\/models\/jobs-hub$/
      ]] as const
    ) {
      const job = await jobIn(running.url, id)
      assert.deepEqual([job.kind, job.state], [kind, 'succeeded'], JSON.stringify(job))
      assert.match(job.result, result)
      assert.equal((await call(running.url, 'GET', job.result)).status, 200)
    }
  })

  test('a failed job has the problem that the call would have returned', async () => {
    // It is one-sided, which only a look at the templates tells.
    const empty = (await call(running.url, 'POST', '/v1/corpora', { json: { name: 'empty' } })).json.id
    const { json: job } = await fit({ corpus: empty })
    const ended = await jobIn(running.url, job.id)
    const { json: direct, status } = await fit({ corpus: empty }, {})
    assert.equal(status, 422)
    assert.deepEqual([ended.state, ended.result, ended.attempts], ['failed', null, 1])
    assert.deepEqual({ ...ended.problem, requestId: '' }, { ...direct, requestId: '' })
    assert.equal((await eventsOf(running.url, job.id)).events.at(-1)!.event, 'failed')
  })

  test('an idempotency key returns the same job, whose map the synchronous call finds, and conflicts with another request', async () => {
    const headers = { ...prefer, 'idempotency-key': randomUUID() }
    const [first, second] = await Promise.all([fit({}, headers), fit({}, headers)])
    assert.deepEqual([first.status, second.status, second.json.id], [202, 202, first.json.id])
    const { result } = await jobIn(running.url, first.json.id)
    assert.equal((await fit({}, headers)).json.id, first.json.id)
    const direct = await fit({}, { 'idempotency-key': headers['idempotency-key'] })
    assert.deepEqual([direct.status, `/v1/maps/${direct.json.id}`], [200, result])
    assert.equal((await fit({ seed: 7 }, headers)).json.code, 'idempotency-conflict')

    // The other way round: a job finds what a call has made.
    const key = { 'idempotency-key': randomUUID() }
    const made = await fit({}, key)
    const later = await fit({}, { ...prefer, ...key })
    assert.equal((await jobIn(running.url, later.json.id)).result, `/v1/maps/${made.json.id}`)
  })

  test('a cancelled job stops, stays cancelled and makes nothing; an ended one cannot be cancelled', async () => {
    const before = (await maps()).length
    const large = { source: 'slow-a', target: 'slow-b' }
    const auto = { ...large, corpus: await makeCorpus(running.url, large, {}, slow), method: 'auto', lambda: undefined }
    const jobs = await Promise.all([fit(auto), fit(auto)])
    const begun = await Promise.any(jobs.map(({ json }) => jobIn(running.url, json.id, ['running'])))
    assert.equal(begun.attempts, 1)
    for (const { json: { id } } of jobs) {
      const { status, json } = await call(running.url, 'DELETE', `/v1/jobs/${id}`)
      assert.deepEqual([status, json.state, json.result], [200, 'cancelled', null], JSON.stringify(json))
      assert.equal((await call(running.url, 'DELETE', `/v1/jobs/${id}`)).status, 200)
      assert.equal((await eventsOf(running.url, id)).events.at(-1)!.event, 'cancelled')
    }
    // The thread is free for the next one.
    const next = await jobIn(running.url, (await fit()).json.id)
    assert.equal(next.state, 'succeeded')
    assert.equal((await maps()).length, before + 1)
    assert.deepEqual((await call(running.url, 'GET', '/v1/maps?source=slow-a')).json.maps, [])
    const late = await call(running.url, 'DELETE', `/v1/jobs/${next.id}`)
    assert.deepEqual([late.status, late.json.code], [409, 'job-ended'])
  })

  test('an invalid request is refused before it becomes a job; templates are never queued', async () => {
    const before = (await call(running.url, 'GET', '/v1/jobs?limit=1000')).json.jobs.length
    for (
      const [path, json, status, code] of [
        ['/v1/maps', { source: 'example-a', target: 'example-b', pairs: examples.pairs }, 400, 'request-invalid'],
        ['/v1/maps', { ...spaces, target: 'nobody', corpus }, 404, 'model-unknown'],
        ['/v1/maps', { ...spaces, corpus: randomUUID() }, 404, 'corpus-unknown'],
        ['/v1/maps', { ...spaces, corpus, method: 'ridge', via: 'r512' }, 400, 'request-invalid'],
        ['/v1/evaluations', { corpus, testCorpus: corpus }, 400, 'request-invalid'],
        ['/v1/hubs', { id: 'h', title: 'h', models: ['jobs-a', 'nobody'], corpus }, 404, 'model-unknown']
      ] as const
    ) {
      const answer = await call(running.url, 'POST', path, { json, headers: prefer })
      assert.deepEqual([answer.status, answer.json.code], [status, code], JSON.stringify(answer.json))
    }
    assert.equal((await call(running.url, 'GET', '/v1/jobs?limit=1000')).json.jobs.length, before)
    const { json } = await call(running.url, 'POST', '/v1/maps', {
      json: { source: 'example-a', target: 'example-b', pairs: examples.pairs },
      headers: prefer
    })
    assert.match(json.detail, /expected the id of a corpus/)
  })

  test('the preference is parsed according to RFC 7240', async () => {
    for (
      const [value, status] of [
        ['Respond-Async', 202],
        ['wait=1, respond-async', 202],
        ['respond-async; x=1', 202],
        [
          'respond-asynchronously',
          422
        ],
        ['handling=lenient', 422],
        ['respond-async=false', 422],
        ['respond-async=""', 202]
      ] as const
    ) {
      const answer = await call(running.url, 'POST', '/v1/evaluations', {
        json: { corpus, models: Object.values(spaces), heldOutFraction: 0.5, seed: 1, fmr: 0.1, method: 'ridge' },
        headers: { prefer: value }
      })
      assert.equal(answer.status, status === 202 ? 202 : 201, value)
    }
  })

  test('jobs are listed newest first, by kind and state', async () => {
    const ids: string[] = []
    for (let after = '';;) {
      const { json } = await call(running.url, 'GET', `/v1/jobs?limit=3${after}`)
      ids.push(...json.jobs.map(({ id }: { id: string }) => id))
      if (json.next === null) break
      after = `&after=${json.next}`
    }
    assert.equal(new Set(ids).size, ids.length)
    const all = (await call(running.url, 'GET', '/v1/jobs?limit=1000')).json.jobs
    assert.deepEqual(all.map(({ id }: { id: string }) => id), ids)
    const created = all.map(({ createdAt }: { createdAt: string }) => createdAt)
    assert.deepEqual(created, created.toSorted().reverse())
    const failed = (await call(running.url, 'GET', '/v1/jobs?state=failed&kind=fit')).json.jobs
    assert.ok(
      failed.length > 0 &&
        failed.every(({ state, kind }: { state: string, kind: string }) => state === 'failed' && kind === 'fit')
    )
    assert.ok(ids.includes(exampleJobId))
    for (
      const path of [
        `/v1/jobs/${randomUUID()}`,
        '/v1/jobs/------------------------------------',
        `/v1/jobs/${randomUUID()}/events`
      ]
    ) {
      assert.equal((await call(running.url, 'GET', path)).json.code, 'job-unknown')
    }
  })
})

describe('jobs and keys', () => {
  test('a job belongs to its own key and to administrators, and the audit names its key from start to end', async () => {
    const running = await startService({ config: { apiKeysRequired: true } })
    try {
      const key = async (name: string, ...scopes: ('fit' | 'admin' | 'verify')[]) => {
        const { key, stored } = await running.service.access.issue({ name, scopes })
        return { headers: { authorization: `Bearer ${key}` }, id: stored.id }
      }
      const [owner, other, admin, reader] = [
        await key('owner', 'fit'),
        await key('other', 'fit'),
        await key('admin', 'admin'),
        await key('reader', 'verify')
      ]
      const corpus = await makeCorpus(running.url, spaces, owner.headers)
      const submit = (who: typeof owner) =>
        call(running.url, 'POST', '/v1/maps', {
          json: { ...spaces, corpus, method: 'ridge', lambda: 0.01 },
          headers: { ...prefer, ...who.headers, 'idempotency-key': 'the same' }
        })
      assert.equal((await submit(reader)).status, 403)
      const { json: job } = await submit(owner)
      const ended = await jobIn(running.url, job.id, undefined, owner.headers)
      assert.equal(ended.state, 'succeeded')
      for (const [who, status] of [[owner, 200], [admin, 200], [other, 404], [reader, 404]] as const) {
        assert.equal((await call(running.url, 'GET', `/v1/jobs/${job.id}`, who)).status, status)
        assert.equal((await call(running.url, 'GET', `/v1/jobs/${job.id}/events`, who)).status, status)
        assert.equal((await call(running.url, 'DELETE', `/v1/jobs/${job.id}`, who)).status, status === 200 ? 409 : 404)
        const { json } = await call(running.url, 'GET', '/v1/jobs', who)
        assert.equal(json.jobs.some(({ id }: { id: string }) => id === job.id), status === 200)
      }
      // The same key of another caller is another job, and another map.
      const { json: another } = await submit(other)
      assert.notEqual(another.id, job.id)
      assert.notEqual((await jobIn(running.url, another.id, undefined, other.headers)).result, ended.result)

      const { json: { records } } = await call(running.url, 'GET', '/v1/audit?limit=1000', admin)
      const about = records.map(({ record }: { record: object }) => record).filter((
        record: { request: string, operation: string, key: { id: string } }
      ) => record.operation === 'fitMap' && record.key.id === owner.id)
      assert.equal(new Set(about.map(({ request }: { request: string }) => request)).size, 1)
      assert.deepEqual(
        about.map(({ phase, status, made, job, outcome }: Record<string, unknown>) => ({
          phase,
          status,
          made,
          job,
          outcome
        })),
        [
          { phase: 'begun', status: undefined, made: undefined, job: undefined, outcome: undefined },
          { phase: 'accepted', status: 202, made: `/v1/jobs/${job.id}`, job: undefined, outcome: undefined },
          { phase: 'ended', status: undefined, made: ended.result, job: job.id, outcome: 'succeeded' }
        ]
      )
    } finally {
      await running.stop()
    }
  })
})
