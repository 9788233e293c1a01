import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { createCatalogue } from '../../../src/features/catalogue/catalogue.js'
import { createGalleryMigrations, type UncertaintyOf } from '../../../src/features/galleries/migration.js'
import { createTranslator } from '../../../src/features/translations/translator/translator.js'
import { createVault } from '../../../src/platform/encryption/vault.js'
import { createGalleryReader } from '../../../src/features/galleries/store/contents.js'
import { createGalleryRepository } from '../../../src/features/galleries/store/galleries.js'
import { createGalleryMigrationRepository } from '../../../src/features/galleries/store/migrations.js'
import { createSubjectRepository } from '../../../src/features/galleries/store/subjects.js'
import { createCalibrationRepository } from '../../../src/features/catalogue/store/calibrations.js'
import { createMapRepository } from '../../../src/features/catalogue/store/maps.js'
import { createModelRepository } from '../../../src/features/catalogue/models-repository.js'
import { float32FromBytes } from '../../../src/science/template/float32.js'
import { forEachDatabase } from '../../support/databases.js'
import { newMap, numbersOf, registerSpace, sha256 } from '../../support/stored-fixtures.js'

/** Of the longest templates that there are: 512 to a page of 8 MiB. */
const dimensions = { source: 4096, target: 3 }
const templates = 1300
const pages = 3

forEachDatabase('migrations of several pages', store => {
  let serial = 0

  async function filled () {
    const { database } = store
    const vault = createVault([])
    const name = `migrated ${serial++}`
    const [source, target] = [
      await registerSpace(database, 'long', dimensions.source),
      await registerSpace(database, 'short', dimensions.target)
    ]
    const maps = createMapRepository(database)
    const { map } = await maps.insert({ ...newMap(source, target, dimensions), requestSha256: sha256(name) })
    await maps.activate(map.id)
    const { gallery: { id: gallery } } = await createGalleryRepository(database, vault).create({
      name,
      requestSha256: sha256(name)
    })
    await createSubjectRepository(database, vault).enrol(gallery, [{
      space: { model: 'long', fingerprint: source, dimension: dimensions.source },
      rows: Array.from(
        { length: templates },
        (_, i) => ({ subject: `p${i}`, reference: '1', quality: null, vector: numbersOf(i, dimensions.source) })
      )
    }])
    const translator = createTranslator({ threads: 1 })
    const repository = createGalleryMigrationRepository(database, vault)
    const migrator = (uncertaintyOf: UncertaintyOf = async () => null) =>
      createGalleryMigrations(
        repository,
        createGalleryReader(database, vault),
        createCatalogue(
          {
            models: createModelRepository(database),
            maps,
            calibrations: createCalibrationRepository(database)
          },
          new Set()
        ),
        maps,
        translator,
        uncertaintyOf,
        { kick: () => {} },
        { changed: () => {} },
        { expect: () => {}, prepare: () => {} }
      )
    const id = randomUUID()
    const job = { gallery, migration: id, source, target, map: map.id }
    const context = {
      id,
      attempt: 1,
      signal: new AbortController().signal,
      progress: () => {},
      checkpoint: async () => {}
    }
    return { gallery, id, job, context, map, maps, target, translator, repository, migrator }
  }

  /** Every template once, each the translation of its original. */
  async function assertTranslated (
    { gallery, id, target, translator, map, maps, repository }: Awaited<ReturnType<typeof filled>>
  ): Promise<void> {
    const { rows } = await store.database.query<{ subject: string, vector: Buffer, uncertainty: number | null }>(
      `SELECT s.subject, t.vector FROM gallery_templates t JOIN gallery_subjects s ON s.gallery_id = t.gallery_id AND s.number = t.subject_number
       WHERE t.gallery_id = $1 AND t.fingerprint = $2 AND t.migration_id = $3 ORDER BY t.ordinal`,
      [gallery, target, id]
    )
    assert.deepEqual(rows.map(({ subject }) => subject), Array.from({ length: templates }, (_, i) => `p${i}`))
    const { state, translated } = await repository.get(gallery, id)
    assert.deepEqual([state, translated], ['ready', templates])
    for (const i of [0, 511, 512, templates - 1]) {
      const expected = await translator.translate(await maps.numbers(map.id), {
        rows: 1,
        cols: dimensions.source,
        data: numbersOf(i, dimensions.source)
      })
      float32FromBytes(rows[i]!.vector).forEach((value, k) =>
        assert.ok(Math.abs(value - expected.data[k]!) < 1e-5, `p${i}`)
      )
    }
    await translator.close()
  }

  test('two concurrent workers of one migration store every template once', async () => {
    const run = await filled()
    await Promise.all([run.migrator().run(run.job, run.context), run.migrator().run(run.job, run.context)])
    await assertTranslated(run)
  })

  test('a worker that ends midway leaves whole pages, and the next continues from there', async () => {
    const run = await filled()
    let looked = 0
    const failing: UncertaintyOf = async () => {
      if (++looked === pages) throw new Error('it ends here')
      return null
    }
    await assert.rejects(run.migrator(failing).run(run.job, run.context), /it ends here/)
    const { state, translated } = await run.repository.get(run.gallery, run.id)
    assert.equal(state, 'running')
    assert.ok(translated === 512 || translated === 1024, `${translated} templates`)
    const progress: number[] = []
    await run.migrator().run(run.job, {
      ...run.context,
      progress: ({ done }) => {
        progress.push(done!)
      }
    })
    assert.deepEqual([progress[0], progress.at(-1)], [translated, templates])
    await assertTranslated(run)
  })
}, { citus: true })
