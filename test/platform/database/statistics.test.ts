import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLogger } from '../../../src/logger.js'
import { createStatistics } from '../../../src/platform/database/statistics.js'
import { forEachDatabase } from '../../support/databases.js'
import { storeGallery } from '../../support/stored-fixtures.js'

forEachDatabase('statistics of tables', store => {
  const rowsOf = async (table: string) => {
    const { rows: [row] } = await store.database.query<{ rows: number }>(
      'SELECT reltuples::float8 AS rows FROM pg_class WHERE oid = $1::regclass',
      [table]
    )
    return row!.rows
  }

  test('partitioned tables are analysed when bulk work ends, and not for a few rows', async () => {
    await storeGallery(store.database, Array.from({ length: 500 }, (_, i) => i + 1))
    const statistics = createStatistics(store.database, createLogger('silent'))
    statistics.changed('galleries', 9_999)
    assert.equal(await rowsOf('gallery_templates'), -1)
    statistics.changed('galleries', 1)
    await statistics.close()
    assert.equal(await rowsOf('gallery_templates'), 500)
    const { rows } = await store.database.query<{ name: string }>(
      "SELECT attname AS name FROM pg_stats WHERE tablename = 'gallery_templates' ORDER BY attname"
    )
    assert.deepEqual(rows.map(({ name }) => name), [
      'fingerprint',
      'gallery_id',
      'migration_id',
      'ordinal',
      'reference',
      'subject_number'
    ])
  })

  test('a failed analysis is logged, and fails no caller', async () => {
    const lines: string[] = []
    const statistics = createStatistics(
      {
        ...store.database,
        dedicated: async () => {
          throw new Error('not allowed')
        }
      },
      createLogger('warn', {
        write: line => {
          lines.push(line)
        }
      })
    )
    statistics.changed('corpora', 1_000_000)
    await statistics.close()
    assert.match(lines.join(''), /not allowed.*could not update the statistics of tables/)
  })
})
