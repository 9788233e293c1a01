import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { createKeyLine } from '../../../src/platform/encryption/keys-file.js'
import type { Database } from '../../../src/platform/database/database.js'
import { openDatabase } from '../../../src/platform/database/open-database.js'
import { exampleGalleryId, exampleMapId, examples } from '../../../src/platform/http/documented-examples.js'
import { startDatabase, type TestDatabase } from '../../support/databases.js'
import { jobIn } from '../../support/jobs.js'
import { call, startService, type Json, type RunningService } from '../../support/service.js'

describe('a service whose database was altered from outside', () => {
  const { pairs } = examples
  const lines: string[] = []
  let folder: string
  let stored: TestDatabase
  let database: Database
  let running: RunningService
  const start = async ({ config: database }: TestDatabase) =>
    await startService({
      config: { database, encryptionKeysFile: join(folder, 'keys') },
      log: {
        write: line => {
          lines.push(line)
        }
      }
    })

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'crosswalk-altered-'))
    await writeFile(join(folder, 'keys'), createKeyLine('one'))
    stored = await startDatabase('postgres')
    database = await openDatabase(stored.config)
    running = await start(stored)
  })
  after(async () => {
    await running?.stop()
    await database?.close()
    await stored?.stop()
    await rm(folder, { recursive: true })
  })

  const post = async (path: string, json: object) => {
    const { status, json: answer } = await call(running.url, 'POST', path, { json })
    return { status, json: answer }
  }
  /** With a template of each person of the example. */
  async function filled (): Promise<string> {
    const { json: { id } } = await post('/v1/galleries', { name: 'a gallery' })
    const templates = pairs.filter((_, i) => i % 2 === 0).map(({ identity, source }) => ({
      subject: identity,
      vector: source.vector
    }))
    assert.equal((await post(`/v1/galleries/${id}/templates?model=example-a`, { templates })).status, 200)
    return id
  }
  const people = pairs.length / 2
  const search = async (id: string, candidates = 1): Promise<{ best: string[], groups: Json[] }> => {
    const { status, json } = await post(`/v1/galleries/${id}/identifications`, {
      candidates,
      probes: [0, 2, 4].map(i => ({ model: 'example-a', vector: pairs[i]!.source.vector }))
    })
    assert.equal(status, 200, JSON.stringify(json))
    return { best: json.results.map((result: Json) => result.candidates[0]?.subject), groups: json.searches[0].groups }
  }
  const [first, second, third] = [0, 2, 4].map(i => pairs[i]!.identity) as [string, string, string]
  const rename = async (id: string, from: string, to: string) =>
    await database.query('UPDATE gallery_subjects SET subject = $3 WHERE gallery_id = $1 AND subject = $2', [
      id,
      from,
      to
    ])
  const flip = async (id: string, subject: string) =>
    await database.query(
      `UPDATE gallery_templates SET vector = set_byte(vector, 20, get_byte(vector, 20) # 1)
     WHERE gallery_id = $1 AND subject_number = (SELECT number FROM gallery_subjects WHERE gallery_id = $1 AND subject = $2)`,
      [id, subject]
    )

  test('two people whose names were swapped are not mistaken for one another, and the others are found', async () => {
    const id = await filled()
    assert.deepEqual((await search(id)).best, [first, second, third])
    for (const [from, to] of [[first, '?'], [second, first], ['?', second]] as const) await rename(id, from, to)
    const { best: [one, two, three], groups: [group] } = await search(id)
    assert.ok(![first, second].includes(one!) && ![first, second].includes(two!), `${one}, ${two}`)
    assert.equal(three, third)
    assert.deepEqual([group.unusable, group.references], [2, people - 2])
    const { unusable } = (await call(running.url, 'GET', `/v1/galleries/${id}`)).json
    assert.equal(unusable.count, 2)
    assert.deepEqual(unusable.templates.map(({ model, subject, reference }: Json) => [model, subject, reference]), [[
      'example-a',
      second,
      '1'
    ], ['example-a', first, '1']])
    const { bytes } = await call(running.url, 'GET', '/metrics')
    assert.match(bytes.toString(), /crosswalk_unopened_templates_total\{kind="gallery"\} [1-9]/)
    const said = lines.map(line => JSON.parse(line)).filter(({ gallery }) => gallery === id)
    assert.deepEqual(said.map(({ level, count, ordinals }) => [level, count, ordinals.length]), [[50, 2, 2]])
    assert.ok(!JSON.stringify(said).includes(first))
    // Given back by a backup, or by whoever enrols them again.
    assert.equal(
      (await call(running.url, 'PUT', `/v1/galleries/${id}/subjects/${encodeURIComponent(first)}`, {
        json: { templates: [{ model: 'example-a', vector: pairs[0]!.source.vector }] }
      })).status,
      200
    )
    assert.deepEqual((await search(id)).best[0], first)
    assert.equal((await search(id)).groups[0].unusable, 1)
  })

  test('a gallery that was never read before is searched and migrated without the row that does not decrypt', async () => {
    const id = await filled()
    await flip(id, second)
    const { best, groups: [group] } = await search(id)
    assert.deepEqual([best[0], best[2]], [first, third])
    assert.notEqual(best[1], second)
    assert.deepEqual([group.unusable, group.references], [1, people - 1])
    const { status, json } = await post(`/v1/galleries/${id}/migrations`, { target: 'example-b', map: exampleMapId })
    assert.equal(status, 202, JSON.stringify(json))
    const job = await jobIn(running.url, json.id)
    assert.equal(job.state, 'succeeded', JSON.stringify(job))
    const migration = (await call(running.url, 'GET', job.result)).json
    assert.deepEqual([migration.state, migration.translated, migration.unusable], ['ready', people - 1, 1])
    assert.equal((await post(`${job.result}/commit`, {})).status, 200)
    const after = (await call(running.url, 'GET', `/v1/galleries/${id}`)).json
    assert.deepEqual(after.templates.map(({ model, count }: Json) => [model, count]), [['example-b', people - 1]])
    assert.equal(after.unusable.count, 0)
  })

  test('a gallery in which nothing decrypts is searched and migrated as an empty one', async () => {
    const id = await filled()
    await database.query('UPDATE gallery_subjects SET attributes = \'{"site":"x"}\' WHERE gallery_id = $1', [id])
    const { best, groups: [group] } = await search(id)
    assert.deepEqual([best, group.unusable, group.references], [[undefined, undefined, undefined], people, 0])
    const job = await jobIn(
      running.url,
      (await post(`/v1/galleries/${id}/migrations`, { target: 'example-b', map: exampleMapId })).json.id
    )
    const migration = (await call(running.url, 'GET', job.result)).json
    assert.deepEqual([migration.state, migration.translated, migration.unusable], ['ready', 0, people])
  })

  test('a gallery without its key is refused and can be deleted, and no other is affected', async () => {
    const [id, other] = [await filled(), await filled()]
    await search(id)
    await database.query('UPDATE galleries SET key_id = NULL, data_key = NULL WHERE id = $1', [id])
    const { status, json } = await post(`/v1/galleries/${id}/identifications`, {
      probes: [{ model: 'example-a', vector: pairs[0]!.source.vector }]
    })
    assert.deepEqual([status, json.code], [500, 'integrity-failed'])
    assert.deepEqual((await search(other)).best, [first, second, third])
    assert.equal((await call(running.url, 'DELETE', `/v1/galleries/${id}`)).status, 204)
  })

  test('a map is fitted without the samples that do not decrypt, and its card says so', async () => {
    const { json: { id } } = await post('/v1/corpora', { name: 'a corpus' })
    const send = async (model: string, side: 'source' | 'target') => {
      const templates = pairs.map(pair => ({ sample: pair.sample, identity: pair.identity, vector: pair[side].vector }))
      assert.equal((await post(`/v1/corpora/${id}/templates?model=${model}`, { templates })).status, 200)
    }
    await send('example-a', 'source')
    await send('example-b', 'target')
    await database.query('UPDATE samples SET identity = $3 WHERE corpus_id = $1 AND sample = $2', [
      id,
      pairs[0]!.sample,
      pairs[4]!.identity
    ])
    const fit = { source: 'example-a', target: 'example-b', corpus: id, method: 'procrustes' }
    const { status, json } = await post('/v1/maps', fit)
    assert.equal(status, 201, JSON.stringify(json))
    const { json: map } = await call(running.url, 'GET', `/v1/maps/${json.id}`)
    assert.equal(map.card.pairs.pairs, pairs.length - 1)
    assert.ok(
      map.card.warnings.includes('1 images have a stored template that cannot be read and were left out'),
      JSON.stringify(map.card.warnings)
    )
    await database.query('UPDATE corpora SET key_id = NULL, data_key = NULL WHERE id = $1', [id])
    const refused = await post('/v1/maps', fit)
    assert.deepEqual([refused.status, refused.json.code], [500, 'integrity-failed'])
  })

  test('with its first keys it refuses older data and encrypts its own examples', async () => {
    const older = await startDatabase('postgres')
    try {
      const before = await startService({ config: { database: older.config } })
      const { json: { id: plain } } = await call(before.url, 'POST', '/v1/galleries', { json: { name: 'older' } })
      await before.stop()
      lines.length = 0
      const now = await start(older)
      const answer = async (id: string) =>
        (await call(now.url, 'POST', `/v1/galleries/${id}/identifications`, {
          json: { probes: [{ model: 'example-a', vector: pairs[0]!.source.vector }] }
        })).status
      assert.deepEqual([await answer(plain), await answer(exampleGalleryId)], [500, 200])
      assert.deepEqual(
        lines.map(line => JSON.parse(line)).filter(({ level, kind }) => level === 50 && kind !== undefined).map((
          { kind, count }
        ) => [kind, count]),
        [['galleries', 1]]
      )
      await now.stop()
    } finally {
      await older.stop()
    }
  })
})
