import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { createCorpusRepository } from '../../../src/features/corpora/store/corpora.js'
import { StatementError } from '../../../src/platform/database/failures.js'
import { createMapRepository } from '../../../src/features/catalogue/store/maps.js'
import { forEachDatabase } from '../../support/databases.js'
import { newMap, registerSpace, sha256 } from '../../support/stored-fixtures.js'

/** SQLSTATEs of the manual. */
const states = { check: '23514', foreignKey: '23503', unique: '23505', restrict: '23001' }

/** What the database refuses by itself, whoever writes to it. */
forEachDatabase('schema', (store) => {
  const refused = async (state: keyof typeof states, statement: string, values: readonly unknown[] = []) => {
    await assert.rejects(store.database.query(statement, values), (error: unknown) => {
      assert.ok(error instanceof StatementError, String(error))
      assert.equal(error.sqlState, states[state], `${statement}: ${error.message}`)
      return true
    })
  }
  const twoMaps = async (name: string) => {
    const [a, b] = [
      await registerSpace(store.database, `${name}-a`, 4),
      await registerSpace(store.database, `${name}-b`, 3)
    ]
    const maps = createMapRepository(store.database)
    const insert = async (seed: number) =>
      (await maps.insert({ ...newMap(a, b, { source: 4, target: 3 }, seed), requestSha256: sha256('r') })).map.id
    return { maps, a, b, first: await insert(1), second: await insert(2) }
  }

  test('models: dimension, fingerprint, id, kind, one current per id', async () => {
    const insert =
      'INSERT INTO models (fingerprint, id, kind, dimension, title, licence, manifest) VALUES ($1, $2, $3, $4, $5, $6, $7)'
    const valid = [sha256('schema'), 'schema-model', 'recogniser', 4, 'title', 'MIT', '{}']
    const changed = (index: number, value: unknown) => valid.with(index, value as string)
    for (const dimension of [0, 1, 4097]) await refused('check', insert, changed(3, dimension))
    for (const fingerprint of ['', 'abc', sha256('x').toUpperCase()]) {
      await refused('check', insert, changed(0, fingerprint))
    }
    for (const id of ['', 'Upper', '-dash', 'a'.repeat(64), 'a\nb']) await refused('check', insert, changed(1, id))
    await refused('check', insert, changed(2, 'detector'))
    await refused('check', insert, changed(6, '[]'))
    await store.database.query(insert, valid)
    await refused('unique', insert, changed(0, sha256('same id, other space')))
  })

  test('templates: their length fits their space, and they need a sample', async () => {
    const space = await registerSpace(store.database, 'template-space', 4)
    const { corpus } = await createCorpusRepository(store.database).create({ name: 'c', requestSha256: sha256('c') })
    await store.database.query("INSERT INTO samples (corpus_id, sample) VALUES ($1, 's')", [corpus.id])
    const insert =
      'INSERT INTO sample_templates (corpus_id, sample, fingerprint, dimension, vector) VALUES ($1, $2, $3, $4, $5)'
    await refused('check', insert, [corpus.id, 's', space, 4, Buffer.alloc(15)])
    await refused('foreignKey', insert, [corpus.id, 's', space, 5, Buffer.alloc(20)])
    await refused('foreignKey', insert, [corpus.id, 'other', space, 4, Buffer.alloc(16)])
    await refused('foreignKey', insert, [randomUUID(), 's', space, 4, Buffer.alloc(16)])
    await refused('check', 'INSERT INTO samples (corpus_id, sample) VALUES ($1, $2)', [corpus.id, ''])
    await refused('check', 'INSERT INTO samples (corpus_id, sample) VALUES ($1, $2)', [corpus.id, 'x'.repeat(257)])
    await store.database.query(insert, [corpus.id, 's', space, 4, Buffer.alloc(16)])
    await refused('foreignKey', 'DELETE FROM models WHERE fingerprint = $1', [space])
  })

  test('maps: shapes and digest belong to the numbers and the spaces', async () => {
    const { first } = await twoMaps('shape')
    // A copy of a valid row with one value changed.
    const copy = (changes: Record<string, string>) => {
      const columns = [
        'id',
        'source_fingerprint',
        'target_fingerprint',
        'version',
        'rows',
        'cols',
        'weights',
        'mean_source',
        'mean_target',
        'sha256',
        'method',
        'parameters',
        'seed',
        'corpus_hash',
        'card',
        'state',
        'activated_at',
        'retired_at'
      ]
      const values = columns.map((column) =>
        ({ id: 'gen_random_uuid()', version: '100', ...changes })[column] ?? column
      )
      return `INSERT INTO maps (${columns.join(', ')}) SELECT ${values.join(', ')} FROM maps WHERE id = '${first}'`
    }
    await refused('check', copy({ weights: "weights || '\\x00'" }))
    await refused('check', copy({ mean_source: "mean_source || '\\x00000000'" }))
    await refused('check', copy({ mean_target: "''::bytea" }))
    await refused('check', copy({ weights: 'set_byte(weights, 0, (get_byte(weights, 0) + 1) % 256)' }))
    await refused('check', copy({ sha256: "'abc'" }))
    await refused('check', copy({ seed: '-1' }))
    await refused('check', copy({ state: "'draft'" }))
    await refused('check', copy({ state: "'active'" }))
    await refused('check', copy({ state: "'retired'" }))
    await refused('check', copy({ version: '0' }))
    await refused('check', copy({ target_fingerprint: 'source_fingerprint' }))
    await refused('foreignKey', copy({ source_fingerprint: `'${sha256('no space')}'` }))
    await refused('unique', copy({ version: 'version' }))
    await store.database.query(copy({}))
  })

  test('maps: one active per directed pair', async () => {
    const { maps, first, second } = await twoMaps('active')
    await maps.activate(first)
    await refused('unique', "UPDATE maps SET state = 'active', activated_at = now() WHERE id = $1", [second])
  })

  test('maps: content is immutable', async () => {
    const { first } = await twoMaps('immutable')
    const changes = {
      weights: 'set_byte(weights, 0, (get_byte(weights, 0) + 1) % 256)',
      mean_source: 'mean_target',
      sha256: "repeat('0', 64)",
      card: "'{}'",
      parameters: "'{}'",
      method: "'linear'",
      seed: 'seed + 1',
      version: 'version + 1',
      id: 'gen_random_uuid()',
      source_fingerprint: 'target_fingerprint',
      corpus_hash: "repeat('0', 64)",
      created_at: "created_at - interval '1 day'",
      revision: 'revision + 1'
    }
    for (const [column, value] of Object.entries(changes)) {
      await refused('restrict', `UPDATE maps SET ${column} = ${value} WHERE id = $1`, [first])
    }
  })

  test('maps: the corpus is forgotten only when it is removed', async () => {
    const { maps, a, b } = await twoMaps('forget')
    const corpora = createCorpusRepository(store.database)
    const { corpus } = await corpora.create({ name: 'c', requestSha256: sha256('c') })
    const { map } = await maps.insert({ ...newMap(a, b), corpusId: corpus.id, requestSha256: sha256('r') })
    await refused('restrict', 'UPDATE maps SET corpus_id = NULL WHERE id = $1', [map.id])
    await maps.retire(map.id)
    await corpora.remove(corpus.id)
    assert.equal((await maps.get(map.id)).corpusId, null)
  })

  test('maps: retired stays retired', async () => {
    const { maps, first } = await twoMaps('retired')
    await maps.retire(first)
    for (
      const change of [
        "state = 'fitted', retired_at = NULL",
        "state = 'active', activated_at = now(), retired_at = NULL",
        'retired_at = now()'
      ]
    ) {
      await refused('restrict', `UPDATE maps SET ${change} WHERE id = $1`, [first])
    }
  })
})
