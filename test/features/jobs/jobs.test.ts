import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test, type TestContext } from 'node:test'
import { Problem } from '../../../src/errors.js'
import { createLogger } from '../../../src/logger.js'
import { recordOfEnd } from '../../../src/features/jobs/audit-record.js'
import { createJobs, type Jobs } from '../../../src/features/jobs/jobs.js'
import type { FitJob } from '../../../src/features/maps/fit-job.js'
import type { JobContext, JobHandler } from '../../../src/features/jobs/kinds.js'
import { queueTable } from '../../../src/platform/database/queue-tables.js'
import { createJobQueue } from '../../../src/features/jobs/store/job-queue.js'
import { createJobRepository, type JobState, type StoredJob } from '../../../src/features/jobs/store/jobs.js'
import { forEachDatabase } from '../../support/databases.js'
import { eventually } from '../../support/eventually.js'
import { sha256 } from '../../support/stored-fixtures.js'

const request: FitJob = { source: 'a', target: 'b', corpus: randomUUID(), method: 'auto' }
const origin = { request: 'r', operation: 'fitMap', key: null }

/** What jobs wait for until the test lets them go on. */
function createGate () {
  let open = () => {}
  const opened = new Promise<void>(resolve => {
    open = resolve
  })
  return { opened, open: () => open() }
}

forEachDatabase('jobs', store => {
  /** The jobs of a replica, whose fits are done by what is given here. */
  async function replica (
    t: TestContext,
    run: (context: JobContext) => Promise<string>,
    { lease = 30, attempts = 3 } = {}
  ) {
    const other: JobHandler<unknown> = { queue: 'evaluation', attempts: 1, run: async () => 'nothing' }
    const lines: string[] = []
    const jobs = await createJobs(
      createJobRepository(store.database, createJobQueue(store.database), { lease, perKey: 3, recordOf: recordOfEnd }),
      {
        fit: { queue: 'fitting', attempts, run: async (_request, context) => await run(context) },
        hub: other,
        evaluation: other,
        migration: other,
        index: other
      },
      store.database,
      {
        lease,
        log: createLogger('trace', {
          write: line => {
            lines.push(line)
          }
        })
      }
    )
    t.after(() => jobs.close())
    return {
      jobs,
      lines,
      submit: async () => (await jobs.submit('fit', request, origin, { requestSha256: sha256('r') })).id
    }
  }

  async function until (jobs: Jobs, id: string, ...states: JobState[]): Promise<StoredJob> {
    return await eventually(
      `job ${id} to be ${states.join(' or ')}`,
      () => jobs.get(id, null),
      ({ state }) => states.includes(state)
    )
  }

  const never = ({ signal }: JobContext) =>
    new Promise<string>((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(new Error('given up')))
    })

  test('start at once, one at a time, in order', async t => {
    const order: string[] = []
    let [parallel, most] = [0, 0]
    const gate = createGate()
    // Whether a job waits is looked for every third of a lease: after the test.
    const { jobs, submit } = await replica(t, async ({ id }) => {
      most = Math.max(most, ++parallel)
      order.push(id)
      await gate.opened
      parallel--
      return 'x'
    }, { lease: 3600 })
    const ids = [await submit()]
    await until(jobs, ids[0]!, 'running')
    for (let k = 0; k < 3; k++) ids.push(await submit())
    gate.open()
    for (const id of ids) await until(jobs, id, 'succeeded')
    const last = await submit()
    await until(jobs, last, 'succeeded')
    assert.deepEqual([order, most], [[...ids, last], 1])
  })

  test('are retried when something is full or unavailable, and fail if it stays so', async t => {
    const { jobs, submit } = await replica(t, async ({ attempt }) => {
      if (attempt === 1) throw new Problem('unavailable', 'a worker has ended')
      return 'x'
    })
    const again = await until(jobs, await submit(), 'succeeded')
    assert.deepEqual([again.attempts, again.result], [2, 'x'])

    const away = await replica(t, async () => {
      throw new Problem('unavailable', 'a worker has ended')
    })
    await jobs.stop()
    const failed = await until(away.jobs, await away.submit(), 'failed')
    assert.deepEqual([failed.attempts, failed.problem?.code], [3, 'unavailable'])
    await away.jobs.stop()

    const full = await replica(t, async () => {
      throw new Problem('overloaded', 'fits wait')
    }, { attempts: 1 })
    const id = await full.submit()
    await eventually('an attempt', async () => (await full.jobs.get(id, null)).attempts)
    // Of one attempt this is not the last.
    assert.equal((await until(full.jobs, id, 'queued', 'failed')).state, 'queued')
    await full.jobs.cancel(id, null)
  })

  test('that fail by an internal error say so, without its message', async t => {
    const { jobs, submit, lines } = await replica(t, async () => {
      throw new TypeError('secret of the code')
    })
    const { state, problem } = await until(jobs, await submit(), 'failed')
    assert.deepEqual([state, problem?.code], ['failed', 'internal'])
    assert.doesNotMatch(problem!.detail, /secret/)
    assert.ok(lines.some(line => line.includes('secret of the code')), 'the log has it')
  })

  test('are released when their replica stops and started by another, whose attempt is the first that counts', async t => {
    const one = await replica(t, never, { attempts: 1 })
    const id = await one.submit()
    await until(one.jobs, id, 'running')
    await one.jobs.stop()
    assert.equal((await one.jobs.get(id, null)).state, 'queued')
    const other = await replica(t, async () => 'x', { attempts: 1 })
    assert.equal((await until(other.jobs, id, 'succeeded')).attempts, 2)
  })

  test('stop where they run when they are cancelled, and the next one starts', async t => {
    const reasons: unknown[] = []
    const { jobs, submit } = await replica(t, async context => {
      context.signal.addEventListener('abort', () => {
        reasons.push(context.signal.reason)
      })
      return await never(context)
    })
    const [first, second] = [await submit(), await submit()]
    await until(jobs, first, 'running')
    await jobs.cancel(first, null)
    await until(jobs, second, 'running')
    assert.deepEqual(reasons, ['taken'])
    await jobs.cancel(second, null)
  })

  test('keep their lease as long as they run, and report progress', async t => {
    const lease = 1
    const gate = createGate()
    const { jobs, submit } = await replica(t, async ({ progress, checkpoint }) => {
      for (let done = 0; done < 1000; done++) progress({ stage: 'counting', fraction: done / 1000, done, total: 1000 })
      await gate.opened
      await checkpoint()
      return 'x'
    }, { lease })
    const id = await submit()
    await until(jobs, id, 'running')
    const renewed = async () => {
      const { rows } = await store.database.query<{ at: number }>(
        `SELECT extract(epoch FROM started_on)::float8 AS at FROM ${queueTable} WHERE id = $1`,
        [id]
      )
      return rows[0]!.at
    }
    const begun = await renewed()
    await eventually('a renewal after the end of the first lease', renewed, at => at > begun + lease)
    const midway = await eventually(
      'the last report',
      () => jobs.get(id, null),
      ({ progress }) => progress.done === 999
    )
    assert.deepEqual(midway.progress, { stage: 'counting', fraction: 0.999, done: 999, total: 1000 })
    assert.ok(midway.revision < 10, `a thousand reports are ${midway.revision} revisions`)
    gate.open()
    const { attempts, progress } = await until(jobs, id, 'succeeded')
    assert.deepEqual([attempts, progress.fraction], [1, 1])
  })
})
