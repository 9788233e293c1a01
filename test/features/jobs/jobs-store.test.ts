import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { Problem } from '../../../src/errors.js'
import { generateKey, parseKey } from '../../../src/features/access/api-key.js'
import { createApiKeyRepository } from '../../../src/features/access/api-keys-repository.js'
import { recordOfEnd } from '../../../src/features/jobs/audit-record.js'
import { createAuditRepository } from '../../../src/features/audit/audit-repository.js'
import { createJobQueue } from '../../../src/features/jobs/store/job-queue.js'
import { queueTable } from '../../../src/platform/database/queue-tables.js'
import { createJobRepository, type ClaimedJob, type NewJob } from '../../../src/features/jobs/store/jobs.js'
import { forEachDatabase } from '../../support/databases.js'
import { sha256 } from '../../support/stored-fixtures.js'

/** Seconds; what a test waits for of it is made to have passed. */
const lease = 3600
const abandoned = new Problem('job-abandoned', 'begun too often')
const succeeded = { outcome: 'succeeded', result: '/v1/maps/x' } as const

forEachDatabase('the job repository', store => {
  const open = () =>
    createJobRepository(store.database, createJobQueue(store.database), { lease, perKey: 3, recordOf: recordOfEnd })
  const newJob = (changes: Partial<NewJob> = {}): NewJob => ({
    kind: 'fit',
    queue: 'fitting',
    request: { corpus: randomUUID() },
    origin: { request: randomUUID(), operation: 'fitMap', key: null },
    attempts: 2,
    requestSha256: sha256('request'),
    ...changes
  })
  const queued = async (id: string) =>
    (await store.database.query(`SELECT state FROM ${queueTable} WHERE id = $1`, [id])).rows
  const records = async (job: string) =>
    (await createAuditRepository(store.database).list({ after: 0, limit: 1000 })).rows.map(({ record }) =>
      JSON.parse(record)
    ).filter(record => record.job === job)

  /** Lets seconds pass for the lease of a job. */
  const pass = async (id: string, seconds: number) => {
    await store.database.query(
      `UPDATE ${queueTable} SET started_on = started_on - $2 * interval '1 second' WHERE id = $1`,
      [id, seconds]
    )
  }

  /** A job that was begun, and whose lease is over. */
  async function deserted (changes?: Partial<NewJob>): Promise<ClaimedJob> {
    const { job } = await open().insert(newJob(changes))
    const claimed = await open().claim('fitting')
    assert.equal(claimed?.id, job.id)
    await pass(job.id, lease + 1)
    return claimed
  }

  test('a job waits, runs and ends, leaves the queue, and its end is audited', async () => {
    const jobs = open()
    const { job, created } = await jobs.insert(newJob())
    assert.deepEqual([created, job.state, job.attempts], [true, 'queued', 0])
    assert.equal(await jobs.claim('evaluation'), undefined)
    const claimed = (await jobs.claim('fitting'))!
    assert.deepEqual([claimed.id, claimed.attempt, claimed.idempotencyKey], [job.id, 1, `job ${job.id}`])
    assert.equal((await jobs.get(job.id, null)).state, 'running')
    assert.equal(await jobs.claim('fitting'), undefined)
    await jobs.report(claimed, { stage: 'moving', fraction: 0.5, done: 5, total: 10 })
    assert.deepEqual((await jobs.get(job.id, null)).progress, { stage: 'moving', fraction: 0.5, done: 5, total: 10 })
    assert.equal(await jobs.end(claimed, succeeded), true)
    const { state, result, endedAt } = await jobs.get(job.id, null)
    assert.deepEqual([state, result, endedAt !== null], ['succeeded', '/v1/maps/x', true])
    assert.deepEqual(await queued(job.id), [])
    assert.deepEqual((await records(job.id)).map(({ outcome, made }) => [outcome, made]), [['succeeded', '/v1/maps/x']])
    assert.equal(await jobs.end(claimed, { outcome: 'cancelled' }), false)
  })

  test('a key has a limited number of open jobs, even with concurrent requests, and other keys have their own', async () => {
    const jobs = open()
    const keys = createApiKeyRepository(store.database)
    const origins = await Promise.all([1, 2].map(async () => {
      const { prefix, secretSha256 } = parseKey(generateKey())!
      await keys.insert({
        prefix,
        secretSha256,
        name: 'test',
        scopes: ['fit'],
        translatePairs: null,
        templatesPerDay: null,
        requestsPerMinute: null,
        limitsComparisons: true,
        scores: 'exact',
        expiresAt: null
      })
      const { key } = (await keys.findByPrefix(prefix))!
      return { request: randomUUID(), operation: 'fitMap', key: { id: key.id, prefix } }
    }))
    const [own, other] = [origins[0]!, origins[1]!]
    const asked = await Promise.allSettled(Array.from({ length: 12 }, () => jobs.insert(newJob({ origin: own }))))
    const made = asked.flatMap(answer => answer.status === 'fulfilled' ? [answer.value.job.id] : [])
    assert.equal(made.length, 3)
    for (const answer of asked) {
      if (answer.status === 'rejected') assert.equal((answer.reason as Problem).code, 'jobs-exhausted')
    }
    assert.equal((await jobs.insert(newJob({ origin: other }))).created, true)
    for (let i = 0; i < 4; i++) {
      assert.equal((await jobs.insert(newJob())).created, true, 'who needs no key is not counted')
    }
    // One that is repeated is not another.
    const named = newJob({ origin: other, idempotencyKey: randomUUID() })
    for (let i = 0; i < 5; i++) assert.equal((await jobs.insert(named)).created, i === 0)
    await jobs.cancel(made[0]!, null)
    assert.equal((await jobs.insert(newJob({ origin: own }))).created, true)
    await assert.rejects(jobs.insert(newJob({ origin: own })), { code: 'jobs-exhausted' })
    for (const { id } of (await jobs.list({ limit: 1000, state: 'queued' }, null)).items) await jobs.cancel(id, null)
  })

  test('a job of a lost runner is restarted by another, and what the first does no longer counts', async () => {
    const jobs = open()
    const first = await deserted()
    assert.equal((await jobs.get(first.id, null)).state, 'running')
    await jobs.recover(abandoned)
    const second = (await jobs.claim('fitting'))!
    assert.deepEqual([second.id, second.attempt, second.idempotencyKey], [first.id, 2, first.idempotencyKey])
    assert.equal(await jobs.renew(first), false)
    await jobs.report(first, { stage: 'late', fraction: 0.1 })
    assert.equal(await jobs.end(first, { outcome: 'failed', problem: abandoned }), false)
    await jobs.release(first, 0)
    await jobs.retry(first, abandoned)
    const { state, progress } = await jobs.get(first.id, null)
    assert.deepEqual([state, progress.stage], ['running', 'waiting'])
    assert.equal(await jobs.renew(second), true)
    assert.equal(await jobs.end(second, succeeded), true)
  })

  test('a renewed lease continues', async () => {
    const jobs = open()
    const { job } = await jobs.insert(newJob())
    const claimed = (await jobs.claim('fitting'))!
    for (let k = 0; k < 4; k++) {
      await pass(job.id, lease * 0.9)
      assert.equal(await jobs.renew(claimed), true)
      await jobs.recover(abandoned)
    }
    assert.deepEqual(await queued(job.id), [{ state: 'active' }])
    await jobs.end(claimed, succeeded)
  })

  test('a job that kills its process each time fails after its attempts, unless it reached a checkpoint', async () => {
    const jobs = open()
    const { id } = await deserted()
    // Of two attempts this would be the last one.
    for (const attempt of [2, 3]) {
      await jobs.recover(abandoned)
      const claimed = (await jobs.claim('fitting'))!
      assert.deepEqual([claimed.id, claimed.attempt], [id, attempt])
      if (attempt === 2) await jobs.renew(claimed, true)
      await pass(id, lease + 1)
    }
    await jobs.recover(abandoned)
    const { state, problem, attempts } = await jobs.get(id, null)
    assert.deepEqual([state, problem?.code, attempts], ['failed', 'job-abandoned', 3])
    assert.deepEqual(await queued(id), [])
    assert.equal(await jobs.claim('fitting'), undefined)
    assert.deepEqual((await records(id)).map(({ outcome, problem }) => [outcome, problem]), [[
      'failed',
      'job-abandoned'
    ]])
  })

  test('a released job is restarted at once by another runner, any number of times', async () => {
    const jobs = open()
    const { job } = await jobs.insert(newJob({ attempts: 1 }))
    for (let attempt = 1; attempt <= 3; attempt++) {
      const claimed = (await jobs.claim('fitting'))!
      assert.deepEqual([claimed.id, claimed.attempt], [job.id, attempt])
      if (attempt < 3) await jobs.release(claimed, 0)
      else await jobs.end(claimed, succeeded)
      if (attempt < 3) assert.equal((await jobs.get(job.id, null)).state, 'queued')
    }
    const { job: later } = await jobs.insert(newJob())
    await jobs.release((await jobs.claim('fitting'))!, 60)
    assert.equal(await jobs.claim('fitting'), undefined)
    await jobs.cancel(later.id, null)
  })

  test('a postponed job is retried, and fails with its own problem the last time', async () => {
    const jobs = open()
    const away = new Problem('unavailable', 'the worker has ended')
    const { job } = await jobs.insert(newJob())
    await jobs.retry((await jobs.claim('fitting'))!, away)
    assert.equal((await jobs.get(job.id, null)).state, 'queued')
    await jobs.retry((await jobs.claim('fitting'))!, away)
    const { state, problem } = await jobs.get(job.id, null)
    assert.deepEqual([state, problem?.code], ['failed', 'unavailable'])
    assert.deepEqual(await queued(job.id), [])
  })

  test('a cancelled job is taken by nobody, whether it was queued, running or abandoned', async () => {
    const jobs = open()
    const { job: waiting } = await jobs.insert(newJob())
    assert.equal((await jobs.cancel(waiting.id, null)).state, 'cancelled')
    assert.equal(await jobs.claim('fitting'), undefined)

    const { job: running } = await jobs.insert(newJob())
    const claimed = (await jobs.claim('fitting'))!
    await jobs.cancel(running.id, null)
    assert.equal(await jobs.renew(claimed), false)
    assert.equal(await jobs.end(claimed, succeeded), false)
    assert.equal((await jobs.get(running.id, null)).state, 'cancelled')

    const { id } = await deserted()
    await jobs.cancel(id, null)
    await jobs.recover(abandoned)
    assert.equal(await jobs.claim('fitting'), undefined)
    assert.deepEqual((await records(id)).map(({ outcome }) => outcome), ['cancelled'])
    await assert.rejects(jobs.cancel(randomUUID(), null), { code: 'job-unknown' })
  })

  test('a queue row that replaced a removed one is not started', async () => {
    // As when a job is cancelled in the moment in which pg-boss, at the end of its lease, replaces its row.
    const jobs = open()
    const { job } = await jobs.insert(newJob())
    await store.database.query("UPDATE jobs SET outcome = 'cancelled', ended_at = now() WHERE id = $1", [job.id])
    assert.deepEqual(await queued(job.id), [{ state: 'created' }])
    assert.equal(await jobs.claim('fitting'), undefined)
    assert.deepEqual(await queued(job.id), [])
  })

  test('concurrent runners take each job once', async () => {
    const jobs = open()
    const added = await Promise.all(Array.from({ length: 12 }, async () => (await jobs.insert(newJob())).job.id))
    const others = store.kind === 'postgres' ? [await store.openAnother(), await store.openAnother()] : []
    const repositories = [
      jobs,
      ...others.map(database =>
        createJobRepository(database, createJobQueue(database), { lease: 60, perKey: 100, recordOf: recordOfEnd })
      )
    ]
    const taken = (await Promise.all(repositories.map(async repository => {
      const ids = []
      for (let job; (job = await repository.claim('fitting')) !== undefined;) {
        ids.push(job.id)
        await repository.end(job, succeeded)
      }
      return ids
    }))).flat()
    assert.deepEqual(taken.toSorted(), added.toSorted())
  })

  test('an ended job cannot be changed by any client of the database', async () => {
    const { job } = await open().insert(newJob())
    await open().cancel(job.id, null)
    for (const change of ["outcome = 'failed'", 'ended_at = now()', "result = 'x'", 'attempts = 9']) {
      await assert.rejects(store.database.query(`UPDATE jobs SET ${change} WHERE id = $1`, [job.id]), {
        sqlState: '23001'
      })
    }
  })

  test('old ended jobs are deleted', async () => {
    const jobs = open()
    const id = randomUUID()
    await jobs.insertEnded(id, newJob(), { outcome: 'cancelled' })
    await store.database.transaction(async session => {
      await session.query('ALTER TABLE jobs DISABLE TRIGGER jobs_end_once')
      await session.query("UPDATE jobs SET ended_at = now() - interval '31 days' WHERE id = $1", [id])
      await session.query('ALTER TABLE jobs ENABLE TRIGGER jobs_end_once')
    })
    await jobs.recover(abandoned)
    await assert.rejects(jobs.get(id, null), { code: 'job-unknown' })
  })
})
