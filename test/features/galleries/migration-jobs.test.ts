import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMapRepository } from '../../../src/features/catalogue/store/maps.js'
import { jobsOfMigrations } from '../../../src/features/galleries/migration-job.js'
import { createGalleryRepository } from '../../../src/features/galleries/store/galleries.js'
import { createGalleryMigrationRepository } from '../../../src/features/galleries/store/migrations.js'
import { createSubjectRepository } from '../../../src/features/galleries/store/subjects.js'
import { recordOfEnd } from '../../../src/features/jobs/audit-record.js'
import { createJobQueue } from '../../../src/features/jobs/store/job-queue.js'
import { createJobRepository } from '../../../src/features/jobs/store/jobs.js'
import { createVault } from '../../../src/platform/encryption/vault.js'
import type { Session } from '../../../src/platform/database/database.js'
import { forEachDatabase } from '../../support/databases.js'
import { newMap, numbersOf, registerSpace, sha256 } from '../../support/stored-fixtures.js'

/** Jobs and migrations without a runner: a process that claims a job and does nothing more is one that was killed. */
forEachDatabase('a migration and its job', store => {
  let serial = 0

  async function open () {
    const { database } = store
    const vault = createVault([])
    const name = `jobs ${serial++}`
    const [source, target] = [await registerSpace(database, 'four', 4), await registerSpace(database, 'three', 3)]
    const maps = createMapRepository(database)
    const { map } = await maps.insert({ ...newMap(source, target), requestSha256: sha256(name) })
    await maps.activate(map.id)
    const { gallery: { id: gallery } } = await createGalleryRepository(database, vault).create({
      name,
      requestSha256: sha256(name)
    })
    await createSubjectRepository(database, vault).enrol(gallery, [{
      space: { model: 'four', fingerprint: source, dimension: 4 },
      rows: [{ subject: 'ann', reference: '1', quality: null, vector: numbersOf(1, 4) }]
    }])
    const jobs = createJobRepository(database, createJobQueue(database), {
      lease: 3600,
      perKey: 100,
      recordOf: recordOfEnd
    })
    const migrations = createGalleryMigrationRepository(database, vault, jobsOfMigrations(jobs))
    const submit = async (session: Session, admit = async () => {}, migration?: string) =>
      (await jobs.insertWithin(session, {
        kind: 'migration',
        queue: 'migration',
        attempts: 3,
        request: { gallery, source, target, map: map.id, ...migration === undefined ? {} : { migration } },
        origin: { request: 'test', operation: 'migrateGallery', key: null },
        requestSha256: sha256(name)
      }, admit)).job.id
    const translate = async (migration: string) => {
      for await (const page of migrations.pages(gallery, migration)) {
        const { rows } = page.templates
        await migrations.store(migration, page, {
          templates: { rows, cols: 3, data: numbersOf(2, 3 * rows) },
          uncertainty: null
        })
      }
    }
    return {
      gallery,
      migrations,
      translate,
      claim: async () => (await jobs.claim('migration'))!,
      start: async () => await migrations.start(gallery, map.id, (session, admit) => submit(session, admit)),
      resume: async (migration: string) =>
        await migrations.resume(gallery, migration, session => submit(session, undefined, migration)),
      begin: async (migration: string) => await migrations.begin(gallery, migration, { source, target, map: map.id }),
      stateOf: async (job: string) => (await jobs.get(job, null)).state,
      cancel: async (job: string) => await jobs.cancel(job, null)
    }
  }

  test('of two concurrent requests for a migration, one is refused with the other, whose job still waits', async () => {
    const { start, cancel } = await open()
    const asked = await Promise.allSettled([start(), start()])
    assert.deepEqual(asked.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
    const refused = asked.find(answer => answer.status === 'rejected') as PromiseRejectedResult
    assert.equal(refused.reason.code, 'migration-open')
    for (const answer of asked) if (answer.status === 'fulfilled') await cancel(answer.value)
  })

  test('a resume before the lease of a killed process expires starts no second job', async () => {
    const { start, claim, begin, resume, cancel } = await open()
    const job = await start()
    await claim()
    await begin(job)
    assert.deepEqual(await Promise.all([resume(job), resume(job)]), [job, job])
    await cancel(job)
    const [next, same] = await Promise.all([resume(job), resume(job)])
    assert.ok(next !== job && next === same)
    await cancel(next)
  })

  test('a migration becomes ready together with the success of its job, and only by the attempt that runs it', async () => {
    const { gallery, migrations, translate, start, claim, begin, stateOf } = await open()
    const job = await start()
    const { attempt } = await claim()
    await begin(job)
    await translate(job)
    await assert.rejects(migrations.finish(gallery, job, { id: job, attempt: attempt - 1 }), /another replica/)
    assert.deepEqual([(await migrations.get(gallery, job)).state, await stateOf(job)], ['running', 'running'])
    assert.ok(await migrations.finish(gallery, job, { id: job, attempt }))
    assert.deepEqual([(await migrations.get(gallery, job)).state, await stateOf(job)], ['ready', 'succeeded'])
    assert.ok(await migrations.commit(gallery, job))
    // A late call finds it done.
    assert.deepEqual([await migrations.finish(gallery, job, { id: job, attempt }), (await begin(job)).state], [
      true,
      'committed'
    ])
  })

  test('a commit ends an open job as succeeded, a rollback as cancelled', async () => {
    for (const [end, state] of [['commit', 'succeeded'], ['rollBack', 'cancelled']] as const) {
      const { gallery, migrations, translate, start, claim, begin, resume, stateOf } = await open()
      const job = await start()
      const { attempt } = await claim()
      await begin(job)
      await translate(job)
      await migrations.finish(gallery, job, { id: job, attempt })
      const late = await resume(job)
      await claim()
      if (end === 'commit') await migrations.finish(gallery, job)
      await migrations[end](gallery, job)
      assert.deepEqual([await stateOf(job), await stateOf(late)], ['succeeded', state])
      await assert.rejects(resume(job), { code: 'migration-ended' })
    }
  })
}, { citus: true })
