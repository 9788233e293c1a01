import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { openDatabase } from '../../../src/platform/database/open-database.js'
import { createKeyLine } from '../../../src/platform/encryption/keys-file.js'
import { createRandom } from '../../../src/science/linear-algebra/random.js'
import { startDatabase } from '../../support/databases.js'
import { call, startService, type Json, type RunningService } from '../../support/service.js'
import { gaussian } from '../../support/synthetic-pairs.js'

const model = { id: 'black-box', title: 'Black box', version: '1', dimension: 64 }
const random = createRandom(5)
const draw = () => Array.from({ length: model.dimension }, () => gaussian(random))

async function post ({ url }: RunningService, path: string, json: object, expected: number): Promise<Json> {
  const answer = await call(url, 'POST', path, { json })
  assert.equal(answer.status, expected, JSON.stringify(answer.json))
  return answer.json
}

test('a service with little memory answers as one that holds whole vectors, also when rows leave or do not open', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'crosswalk-quantised-'))
  await writeFile(join(folder, 'keys'), createKeyLine('one'))
  const stored = await startDatabase('postgres')
  const database = await openDatabase(stored.config)
  const config = { database: stored.config, encryptionKeysFile: join(folder, 'keys') }
  const roomy = await startService({ config })
  const tight = await startService({ config: { ...config, searchMemory: 2 ** 15 } })
  try {
    await post(roomy, '/v1/models', model, 201)
    const { id } = await post(roomy, '/v1/galleries', { name: 'large' }, 201)
    const templates = Array.from(
      { length: 300 },
      (_, i) => ({ subject: `subject-${i % 200}`, reference: `${i}`, vector: draw() })
    )
    await post(roomy, `/v1/galleries/${id}/templates?model=${model.id}`, { templates }, 200)
    const probes = Array.from({ length: 30 }, (_, i) => ({
      model: model.id,
      vector: templates[i]!.vector.map(value => value + 0.5 * gaussian(random))
    }))
    const search = async (running: RunningService) => {
      const answer = await post(running, `/v1/galleries/${id}/identifications`, { candidates: 5, probes }, 200)
      return { results: answer.results, groups: answer.searches[0].groups }
    }
    const both = async () => {
      const found = await search(tight)
      assert.deepEqual(found, await search(roomy))
      return found
    }

    const before = await both()
    const text = (await call(tight.url, 'GET', '/metrics')).bytes.toString()
    assert.match(text, /^crosswalk_gallery_views_quantised 1$/m)
    assert.match(text, /^crosswalk_gallery_view_streams_total 0$/m)
    assert.match(text, /^crosswalk_gallery_view_rescored_total [1-9]/m)

    const [gone, altered] = [before.results[0], before.results[1]].map(result => result.candidates[0].subject)
    assert.equal((await call(roomy.url, 'DELETE', `/v1/galleries/${id}/subjects/${gone}`)).status, 200)
    assert.notEqual((await both()).results[0].candidates[0].subject, gone)

    await database.query(
      `UPDATE gallery_templates SET vector = set_byte(vector, 20, get_byte(vector, 20) # 1)
       WHERE gallery_id = $1 AND subject_number = (SELECT number FROM gallery_subjects WHERE gallery_id = $1 AND subject = $2)`,
      [id, altered]
    )
    // A gallery that is held whole is read again and finds all that does not open; here it is found when it is read.
    const after = await search(tight)
    assert.deepEqual(after.results, (await search(roomy)).results)
    assert.notEqual(after.results[1].candidates[0].subject, altered)
    assert.equal(after.results[1].candidates.length, 5)
    assert.ok(after.groups[0].unusable >= 1)
  } finally {
    await tight.stop()
    await roomy.stop()
    await database.close()
    await stored.stop()
    await rm(folder, { recursive: true })
  }
})
