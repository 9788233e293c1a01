import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { killMigrations } from '../../scripts/trust/gallery-kills.js'

/** With two templates each: two pages of a migration. */
const people = 3000

describe('kill -9 while galleries are migrated', () => {
  for (const on of ['embedded', 'postgres'] as const) {
    test(`every template is there exactly once, translated, and searches answer as before (${on})`, async t => {
      const { wrong, kills, templates, searches, audited, migrations } = await killMigrations(3, on, { people })
      assert.deepEqual(wrong, [])
      t.diagnostic(`${JSON.stringify(kills)}, ${templates} templates of ${migrations} galleries, ${searches} searches`)
      assert.ok(kills.committing >= 1 && kills.purging >= 1, JSON.stringify(kills))
      assert.ok(templates >= 2 * people, `${templates} templates`)
      assert.ok(audited > 10, `${audited} records`)
    })
  }
})
