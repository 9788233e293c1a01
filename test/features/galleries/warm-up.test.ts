import assert from 'node:assert/strict'
import { test } from 'node:test'
import { exampleGalleryId } from '../../../src/platform/http/documented-examples.js'
import { startDatabase, urlOf } from '../../support/databases.js'
import { eventually } from '../../support/eventually.js'
import { administer } from '../../support/postgres-server.js'
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
