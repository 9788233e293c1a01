import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { createGalleryReader } from '../../../src/features/galleries/store/contents.js'
import { createVault } from '../../../src/platform/encryption/vault.js'
import type { Database } from '../../../src/platform/database/database.js'
import { openDatabase } from '../../../src/platform/database/open-database.js'
import { migrate } from '../../../src/platform/database/migrations.js'
import { startDatabase, type TestDatabase } from '../../support/databases.js'
import { fillDatabase, type FilledDatabase } from '../../support/filled-database.js'
import { explainedCalls } from '../../support/growing-statements.js'
import {
  analyse,
  explaining,
  faultsOf,
  largeTables,
  planModes,
  rowsVisited,
  type ExplainedStatement
} from '../../support/statement-plans.js'

/** What is looked at is the plan, and how many rows it reads, which the machine has no part in. */
describe('statements over growing tables, with 100,000 templates on a server', () => {
  let started: TestDatabase
  let database: Database
  let filled: FilledDatabase

  before(async () => {
    started = await startDatabase('postgres')
    database = await openDatabase(started.config)
    await migrate(database)
    filled = await fillDatabase(database, { templates: 100_000, samples: 20_000, dimension: 128 })
  })
  after(async () => {
    await database.close()
    await started.stop()
  })

  async function faults (): Promise<string[]> {
    const found = new Set<string>()
    for await (const { name, statements, failure } of explainedCalls(database, filled)) {
      assert.ifError(failure)
      assert.deepEqual([...new Set(statements.map(({ mode }) => mode))], [...planModes], `${name} was not explained`)
      for (const { mode, text, faults } of statements) {
        for (const fault of faults) found.add(`${name}, ${mode}: ${fault}\n${text}`)
      }
    }
    return [...found]
  }

  // As autovacuum leaves them a minute or two after a bulk enrolment: it looks at partitions, and never at the table
  // that they are of.
  test('no plan is quadratic once the partitions are analysed', async () => {
    await analyse(database, 'r')
    assert.deepEqual(await faults(), [])
  })

  test('nor once their parent tables are analysed, too', async () => {
    await analyse(database, 'p')
    assert.deepEqual(await faults(), [])
  })

  test('a search reads a gallery once, page by page', async () => {
    let visited = 0
    let found = 0
    const reader = createGalleryReader(
      explaining(database, statement => {
        if (statement.mode === 'force_custom_plan') visited += rowsVisited(statement)
      }),
      createVault([])
    )
    const gallery = await reader.open(filled.gallery)
    for (const group of await reader.groups(gallery)) {
      visited = 0
      for await (const { ordinals } of reader.pages(gallery.shards[0]!, group, 128)) found += ordinals.length
    }
    assert.ok(found >= 100_000 && visited < 2.1 * found, `looked at ${visited} rows for ${found} templates`)
  })

  test('a page query of an earlier version is detected', async () => {
    const statement = `SELECT t.ordinal, s.subject FROM (
        SELECT * FROM serving_templates WHERE gallery_id = $1 AND fingerprint = $2 AND migration_id IS NOT DISTINCT FROM $3::uuid AND ordinal > $4 ORDER BY ordinal LIMIT 1000) t
      JOIN gallery_subjects s ON s.gallery_id = $1 AND s.number = t.subject_number`
    const explained: ExplainedStatement[] = []
    await explaining(database, plan => explained.push(plan)).query(statement, [filled.gallery, filled.source, null, 0])
    const large = await largeTables(database)
    assert.notDeepEqual(explained.flatMap(plan => faultsOf(plan, large, 40_000)), [])
  })
})
