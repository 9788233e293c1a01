import assert from 'node:assert/strict'
import { test } from 'node:test'
import { exampleGalleryId, exampleMapId } from '../../../src/platform/http/documented-examples.js'
import { startDatabase, urlOf } from '../../support/databases.js'
import { eventually } from '../../support/eventually.js'
import { administer } from '../../support/postgres-server.js'
import { jobIn } from '../../support/jobs.js'
import { call, startService, type RunningService } from '../../support/service.js'

const viewsOf = async ({ url }: RunningService) => {
  const text = (await call(url, 'GET', '/metrics')).bytes.toString()
  return Number(/^crosswalk_gallery_views (\d+)$/m.exec(text)![1])
}

const search = async ({ url }: RunningService, vector = [1, 2, 3, 4]) => {
  const answer = await call(url, 'POST', `/v1/galleries/${exampleGalleryId}/identifications`, {
    json: { probes: [{ model: 'example-a', vector }], candidates: 1, belowThreshold: true }
  })
  assert.equal(answer.status, 200, JSON.stringify(answer.json))
  return answer.json
}

test('a process that starts reads the galleries that were searched before, and those only', async () => {
  const database = await startDatabase('postgres')
  const config = { database: database.config }
  try {
    const first = await startService({ config })
    try {
      assert.equal(await viewsOf(first), 0)
      await search(first)
      const views = await viewsOf(first)
      assert.ok(views > 0)
      // It is written in the background.
      await eventually(
        'the note',
        async () => (await administer(urlOf(database), 'SELECT FROM gallery_searches')).length > 0
      )
      const second = await startService({ config })
      try {
        await eventually('the views', async () => await viewsOf(second) === views)
        assert.deepEqual((await search(second)).results, (await search(first)).results)
        const text = (await call(second.url, 'GET', '/metrics')).bytes.toString()
        // What was read beforehand is not read again.
        assert.match(text, new RegExp(`^crosswalk_gallery_view_loads_total ${views}$`, 'm'))
        assert.match(text, /^crosswalk_gallery_views_waiting 0$/m)
      } finally {
        await second.stop()
      }
    } finally {
      await first.stop()
    }
  } finally {
    await database.stop()
  }
})

test('what a migration translates is in memory before it is committed, without what has left and with what came', async () => {
  const service = await startService()
  const { url } = service
  const loads = async () =>
    Number(
      /^crosswalk_gallery_view_loads_total (\d+)$/m.exec((await call(url, 'GET', '/metrics')).bytes.toString())![1]
    )
  try {
    const { id } = (await call(url, 'POST', '/v1/galleries', { json: { name: 'moved' } })).json
    const enrol = async (subject: string, vector: number[]) =>
      await call(url, 'POST', `/v1/galleries/${id}/templates?model=example-a`, {
        json: { templates: [{ subject, vector }] }
      })
    const people = Array.from({ length: 30 }, (_, i) => [Math.sin(i), Math.cos(i), Math.sin(3 * i), 0.5])
    for (const [i, vector] of people.entries()) assert.equal((await enrol(`p${i}`, vector)).status, 200)
    const found = async () => {
      const { status, json } = await call(url, 'POST', `/v1/galleries/${id}/identifications`, {
        json: { probes: [{ model: 'example-a', vector: people[7]! }], candidates: 29 }
      })
      assert.equal(status, 200, JSON.stringify(json))
      return {
        model: json.searches[0].groups.map((group: { model: string }) => group.model).join(),
        references: json.searches[0].groups[0].references as number,
        subjects: json.results[0].candidates.map(({ subject }: { subject: string }) => subject) as string[]
      }
    }
    assert.equal((await found()).subjects[0], 'p7')
    const before = await loads()
    const { json: job } = await call(url, 'POST', `/v1/galleries/${id}/migrations`, {
      json: { target: 'example-b', map: exampleMapId }
    })
    assert.equal((await jobIn(url, job.id)).state, 'succeeded')
    await eventually('the translated templates', loads, count => count === before + 1)

    for (const subject of ['p3', 'p9']) {
      assert.equal((await call(url, 'DELETE', `/v1/galleries/${id}/subjects/${subject}`)).status, 200)
    }
    await enrol('late', people[7]!)
    // The originals serve, and are those of everybody who is left. Who has left must displace nobody of the 29.
    const meanwhile = await found()
    assert.deepEqual([meanwhile.model, meanwhile.references, meanwhile.subjects.length], ['example-a', 29, 29])
    assert.equal((await call(url, 'POST', `/v1/galleries/${id}/migrations/${job.id}/commit`)).status, 200)
    const after = await found()
    assert.deepEqual([after.model, after.references], ['example-b', 29])
    assert.deepEqual([...after.subjects].sort(), [...meanwhile.subjects].sort())
    assert.equal(await loads(), before + 1)
  } finally {
    await service.stop()
  }
})
