import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { Problem } from '../../../src/errors.js'
import { createVault } from '../../../src/platform/encryption/vault.js'
import { createGalleryRepository } from '../../../src/features/galleries/store/galleries.js'
import { createGalleryMigrationRepository } from '../../../src/features/galleries/store/migrations.js'
import { createSubjectRepository } from '../../../src/features/galleries/store/subjects.js'
import { createMapRepository } from '../../../src/features/catalogue/store/maps.js'
import { forEachDatabase } from '../../support/databases.js'
import { newMap, registerSpace, sha256 } from '../../support/stored-fixtures.js'

const dimensions = { a: 4, b: 3, c: 2 } as const
type Model = keyof typeof dimensions

forEachDatabase('names in a migrated gallery', store => {
  let serial = 0

  async function openGallery () {
    const { database } = store
    const vault = createVault([])
    const name = `names ${serial++}`
    const spaces = {
      a: { model: 'a', fingerprint: await registerSpace(database, 'a', dimensions.a), dimension: dimensions.a },
      b: { model: 'b', fingerprint: await registerSpace(database, 'b', dimensions.b), dimension: dimensions.b },
      c: { model: 'c', fingerprint: await registerSpace(database, 'c', dimensions.c), dimension: dimensions.c }
    }
    const maps = createMapRepository(database)
    const { gallery: { id } } = await createGalleryRepository(database, vault).create({
      name,
      requestSha256: sha256(name)
    })
    const subjects = createSubjectRepository(database, vault)
    const migrations = createGalleryMigrationRepository(database, vault)
    return {
      id,
      migrations,
      async enrol (model: Model, ...rows: [subject: string, value: number, reference?: string, quality?: number][]) {
        return await subjects.enrol(id, [{
          space: spaces[model],
          rows: rows.map(([subject, value, reference = '1', quality]) => ({
            subject,
            reference,
            quality: quality ?? null,
            vector: new Float32Array(dimensions[model]).fill(value)
          }))
        }])
      },
      async begin (source: Model, target: Model): Promise<string> {
        const { map } = await maps.insert({
          ...newMap(spaces[source].fingerprint, spaces[target].fingerprint, {
            source: dimensions[source],
            target: dimensions[target]
          }),
          requestSha256: sha256(`${name} ${source} ${target}`)
        })
        await maps.activate(map.id)
        const migration = randomUUID()
        await migrations.begin(id, migration, {
          source: spaces[source].fingerprint,
          target: spaces[target].fingerprint,
          map: map.id
        })
        return migration
      },
      /** Every template as its first number a hundred times. */
      async translate (migration: string, target: Model): Promise<void> {
        do {
          for await (const page of migrations.pages(id, migration)) {
            const [cols, k] = [dimensions[target], page.templates.cols]
            const data = Float32Array.from(
              { length: page.templates.rows * cols },
              (_, i) => 100 * page.templates.data[Math.floor(i / cols) * k]!
            )
            await migrations.store(migration, page, {
              templates: { rows: page.templates.rows, cols, data },
              uncertainty: null
            })
          }
        } while (!await migrations.finish(id, migration))
      },
      async commit (migration: string): Promise<void> {
        assert.ok(await migrations.commit(id, migration))
        while (await migrations.purge(id, migration));
      },
      /** What serves: subject, model, name and first number of each. */
      async serving (): Promise<[string, string, string, number][]> {
        const { rows } = await database.query<{ subject: string, model: string, reference: string, vector: Buffer }>(
          `SELECT s.subject, m.id AS model, t.reference, t.vector FROM serving_templates t
           JOIN gallery_subjects s ON s.gallery_id = t.gallery_id AND s.number = t.subject_number JOIN models m ON m.fingerprint = t.fingerprint
           WHERE t.gallery_id = $1 ORDER BY s.subject, m.id, t.reference`,
          [id]
        )
        return rows.map(({ subject, model, reference, vector }) => [subject, model, reference, vector.readFloatLE(0)])
      }
    }
  }

  test('templates of two models under one name both survive when both are migrated', async () => {
    const gallery = await openGallery()
    await gallery.enrol('a', ['ann', 1], ['bob', 2])
    await gallery.enrol('c', ['ann', 3], ['ann', 4, '1 (c)'])
    for (const source of ['a', 'c'] as const) {
      const migration = await gallery.begin(source, 'b')
      await gallery.translate(migration, 'b')
      await gallery.commit(migration)
    }
    assert.deepEqual(await gallery.serving(), [['ann', 'b', '1', 100], ['ann', 'b', '1 (c 2)', 300], [
      'ann',
      'b',
      '1 (c)',
      400
    ], ['bob', 'b', '1', 200]])
  })

  test('a native template of the target keeps its name, and the translated one is not stored', async () => {
    const gallery = await openGallery()
    await gallery.enrol('a', ['ann', 1], ['bob', 2])
    await gallery.enrol('b', ['ann', 5])
    const migration = await gallery.begin('a', 'b')
    await gallery.translate(migration, 'b')
    await gallery.commit(migration)
    assert.deepEqual(await gallery.serving(), [['ann', 'b', '1', 5], ['bob', 'b', '1', 200]])
    assert.equal((await gallery.migrations.get(gallery.id, migration)).translated, 1)
  })

  test('a subject re-enrolled while a migration is ready is translated again', async () => {
    const gallery = await openGallery()
    await gallery.enrol('a', ['ann', 1], ['bob', 2])
    const first = await gallery.begin('a', 'b')
    await gallery.translate(first, 'b')
    await gallery.commit(first)
    const second = await gallery.begin('b', 'c')
    await gallery.translate(second, 'c')
    assert.equal((await gallery.enrol('b', ['ann', 7])).replaced, 1)
    assert.equal(await gallery.migrations.resume(gallery.id, second, async () => 'a job'), 'a job')
    await gallery.translate(second, 'c')
    await gallery.commit(second)
    assert.deepEqual(await gallery.serving(), [['ann', 'c', '1', 700], ['bob', 'c', '1', 20_000]])
    assert.equal((await gallery.migrations.get(gallery.id, second)).translated, 2)
  })

  test('templates that await deletion block no name', async () => {
    const gallery = await openGallery()
    await gallery.enrol('a', ['ann', 1], ['bob', 2])
    const first = await gallery.begin('a', 'b')
    await gallery.translate(first, 'b')
    await gallery.migrations.rollBack(gallery.id, first)
    const second = await gallery.begin('a', 'b')
    await gallery.translate(second, 'b')
    assert.ok(await gallery.migrations.commit(gallery.id, second))
    const back = await gallery.begin('b', 'a')
    await gallery.translate(back, 'a')
    for (const migration of [first, second]) while (await gallery.migrations.purge(gallery.id, migration));
    await gallery.commit(back)
    assert.deepEqual(await gallery.serving(), [['ann', 'a', '1', 10_000], ['bob', 'a', '1', 20_000]])
  })

  test('concurrent purges and enrolments delete everything and store everything', async () => {
    const gallery = await openGallery()
    const people = 12_000
    const all = (value: number): [string, number][] => Array.from({ length: people }, (_, i) => [`p${i}`, value])
    await gallery.enrol('a', ...all(1))
    const migration = await gallery.begin('a', 'b')
    await gallery.translate(migration, 'b')
    assert.ok(await gallery.migrations.commit(gallery.id, migration))
    const purge = async () => {
      while (await gallery.migrations.purge(gallery.id, migration));
    }
    const [counts] = await Promise.all([gallery.enrol('a', ...all(9)), purge(), purge(), purge()])
    assert.deepEqual(counts, { added: people, unchanged: 0, replaced: counts.replaced, corrected: 0 })
    const serving = await gallery.serving()
    assert.equal(serving.filter(([, model, , value]) => model === 'a' && value === 9).length, people)
    assert.equal(serving.length, 2 * people)
    const { rows: [left] } = await store.database.query<{ count: string }>(
      'SELECT count(*) FROM gallery_templates WHERE gallery_id = $1',
      [gallery.id]
    )
    assert.equal(Number(left!.count), 2 * people)
    assert.ok((await gallery.migrations.get(gallery.id, migration)).purged)
  })

  test('two templates of one request cannot both replace one translated template', async () => {
    const gallery = await openGallery()
    await gallery.enrol('a', ['ann', 1])
    const migration = await gallery.begin('a', 'b')
    await gallery.translate(migration, 'b')
    await gallery.commit(migration)
    await assert.rejects(
      gallery.enrol('b', ['ann', 7], ['ann', 8]),
      (error: unknown) => error instanceof Problem && error.code === 'template-exists'
    )
    assert.deepEqual(await gallery.serving(), [['ann', 'b', '1', 100]])
    assert.deepEqual(await gallery.enrol('b', ['ann', 7], ['ann', 7]), {
      added: 1,
      unchanged: 1,
      replaced: 1,
      corrected: 0
    })
  })

  test('a quality is rounded to single precision', async () => {
    const gallery = await openGallery()
    await gallery.enrol('a', ['ann', 1, '1', 1e-50])
    const { rows: [row] } = await store.database.query<{ quality: number }>(
      'SELECT quality FROM gallery_templates WHERE gallery_id = $1',
      [gallery.id]
    )
    assert.equal(row!.quality, 0)
  })
}, { citus: true })
