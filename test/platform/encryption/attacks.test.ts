import assert from 'node:assert/strict'
import { createSecretKey, randomBytes } from 'node:crypto'
import { before, test } from 'node:test'
import { Problem } from '../../../src/errors.js'
import { createCorpusRepository } from '../../../src/features/corpora/store/corpora.js'
import { createGalleryReader, type GalleryReader } from '../../../src/features/galleries/store/contents.js'
import type { EnrolledTemplate } from '../../../src/features/galleries/store/enrolment.js'
import { createGalleryRepository } from '../../../src/features/galleries/store/galleries.js'
import { createSubjectRepository } from '../../../src/features/galleries/store/subjects.js'
import { applyEncryption, type Applied } from '../../../src/platform/encryption/apply.js'
import { checkEncryption, type Checked } from '../../../src/platform/encryption/check.js'
import { seal } from '../../../src/platform/encryption/sealing.js'
import type { UnopenedRows } from '../../../src/platform/encryption/unopened.js'
import { createVault } from '../../../src/platform/encryption/vault.js'
import { bytesOfFloat32 } from '../../../src/science/template/float32.js'
import { forEachDatabase } from '../../support/databases.js'
import { numbersOf, registerSpace, sha256 } from '../../support/stored-fixtures.js'
import { onlyShard } from '../../support/only-shard.js'

const isRefused = (error: unknown) => error instanceof Problem && error.code === 'integrity-failed'

/** What somebody with psql and without the key may try. */
forEachDatabase('attacks on what is encrypted', store => {
  const key = { id: 'of-attacks', secret: createSecretKey(randomBytes(32)) }
  const found: UnopenedRows[] = []
  const vault = createVault([key], {
    onUnopened: rows => {
      found.push(rows)
    }
  })
  const admitting = createVault([key], { plaintext: 'admit' })
  let corpora: ReturnType<typeof createCorpusRepository>
  let reader: GalleryReader
  let subjects: ReturnType<typeof createSubjectRepository>
  before(async () => {
    await vault.registerKeys(store.database)
    corpora = createCorpusRepository(store.database, vault)
    reader = createGalleryReader(store.database, vault)
    subjects = createSubjectRepository(store.database, vault)
  })
  let serial = 0

  const sql = async (text: string, values: readonly unknown[] = []) => await store.database.query(text, values)
  const checkOf = async (id: string): Promise<Checked> => {
    let checked: Checked | undefined
    await checkEncryption(store.database, vault, one => {
      if (one.label === id) checked = one
    })
    assert.ok(checked !== undefined)
    return checked
  }

  /** Ten samples of five people under two models. */
  async function corpus () {
    const [a, b] = [
      await registerSpace(store.database, 'attacked-a'),
      await registerSpace(store.database, 'attacked-b', 3)
    ]
    const name = `attacked corpus ${serial++}`
    const { id } = (await corpora.create({ name, requestSha256: sha256(name) })).corpus
    const rows = (seed: number, dimension: number) =>
      Array.from(
        { length: 10 },
        (_, i) => ({
          sample: `s${i}`,
          identity: `p${i >> 1}`,
          group: i < 5 ? 'x' : 'y',
          vector: numbersOf(seed + i, dimension)
        })
      )
    const batches = [{ fingerprint: a, rows: rows(1, 4) }, { fingerprint: b, rows: rows(100, 3) }]
    await corpora.addTemplates(id, batches)
    return { id, a, b, batches, samples: async () => (await corpora.pairs(id, a, b)).samples }
  }

  /** Three people: ann with two templates. */
  async function gallery () {
    const fingerprint = await registerSpace(store.database, 'attacked-a')
    const space = { model: 'attacked-a', fingerprint, dimension: 4 }
    const name = `attacked gallery ${serial++}`
    const { id } =
      (await createGalleryRepository(store.database, vault).create({ name, requestSha256: sha256(name) })).gallery
    const row = (
      subject: string,
      reference: string,
      seed: number,
      attributes?: EnrolledTemplate['attributes']
    ): EnrolledTemplate => ({ subject, reference, attributes, quality: null, vector: numbersOf(seed, 4) })
    await subjects.enrol(id, [{
      space,
      rows: [
        row('ann', '1', 1, { site: 'n' }),
        row('ann', '2', 2),
        row('bob', '1', 3, { site: 's', door: 2 }),
        row('cid', '1', 4)
      ]
    }])
    return {
      id,
      space,
      row,
      /** names of what a search reads, and of what it says of them */
      async serving () {
        const open = await onlyShard(reader, id)
        const names: string[] = []
        for await (const { ordinals } of reader.pages(open, { fingerprint, migration: null }, 4)) {
          for (const { subject, reference } of (await reader.describe(open, [...ordinals])).values()) {
            names.push(`${subject} ${reference}`)
          }
        }
        return names.sort()
      }
    }
  }
  const everybody = ['ann 1', 'ann 2', 'bob 1', 'cid 1']

  const onSample = 'UPDATE sample_templates SET vector = '
  const ofS3 = " WHERE corpus_id = $1 AND sample = 's3' AND fingerprint = $2"
  const swapped = (column: string, table: string, where: string, x: string, y: string) =>
    `UPDATE ${table} t SET ${column} = o.${column} FROM ${table} o WHERE t.corpus_id = $1 AND o.corpus_id = $1 AND ${where} AND (t.sample, o.sample) IN (('${x}', '${y}'), ('${y}', '${x}'))`
  const attacksOnCorpora: readonly (readonly [string, string, readonly string[]])[] = [
    ['a bit of the nonce', `${onSample}set_byte(vector, 3, get_byte(vector, 3) # 1)${ofS3}`, ['s3']],
    ['a bit of the numbers', `${onSample}set_byte(vector, 20, get_byte(vector, 20) # 1)${ofS3}`, ['s3']],
    ['a bit of the tag', `${onSample}set_byte(vector, 43, get_byte(vector, 43) # 128)${ofS3}`, ['s3']],
    ['numbers as they are', `${onSample}substring(vector FROM 1 FOR 16)${ofS3}`, ['s3']],
    ['a truncated row', `${onSample}substring(vector FROM 1 FOR 43)${ofS3}`, ['s3']],
    ['an empty row', `${onSample}''${ofS3}`, ['s3']],
    [
      'the rows of two people, swapped',
      swapped('vector', 'sample_templates', 't.fingerprint = $2 AND o.fingerprint = $2', 's3', 's6'),
      ['s3', 's6']
    ],
    ['the identities of two people, swapped', swapped('identity', 'samples', '$2::text IS NOT NULL', 's3', 's6'), [
      's3',
      's6'
    ]],
    [
      'another group',
      "UPDATE samples SET group_label = 'y' WHERE corpus_id = $1 AND sample = 's3' AND $2::text IS NOT NULL",
      ['s3']
    ],
    [
      'no identity',
      "UPDATE samples SET identity = NULL WHERE corpus_id = $1 AND sample = 's3' AND $2::text IS NOT NULL",
      ['s3']
    ],
    [
      'one identity for two',
      "UPDATE samples SET identity = 'p0' WHERE corpus_id = $1 AND sample = 's3' AND $2::text IS NOT NULL",
      ['s3']
    ],
    [
      'a row of another sample',
      `${onSample}(SELECT vector FROM sample_templates WHERE corpus_id = $1 AND sample = 's4' AND fingerprint = $2)${ofS3}`,
      ['s3']
    ]
  ]

  test('any change to a row of a corpus costs that row, and is reported', async () => {
    await sql('ALTER TABLE sample_templates DROP CONSTRAINT sample_templates_check')
    for (const [what, attack, lost] of attacksOnCorpora) {
      const { id, a, b, batches, samples } = await corpus()
      const all = await samples()
      assert.equal(all.length, 10)
      const { rowCount } = await sql(attack, [id, a])
      assert.ok(rowCount > 0, what)
      assert.deepEqual(await samples(), all.filter(sample => !lost.includes(sample)), what)
      assert.equal((await corpora.pairs(id, a, b)).unusable, lost.length, what)
      const joined = await corpora.join(id, [b, a])
      assert.deepEqual([joined.samples.length, joined.unusable], [10 - lost.length, lost.length], what)
      assert.deepEqual([...new Set((await checkOf(id)).unopened.map(([, sample]) => sample))].sort(), lost, what)
      // Said once, however often they are read.
      const said = found.filter(({ container }) => container === id).flatMap(({ rows }) =>
        rows.map(({ key }) => JSON.parse(key)[1] as string)
      )
      assert.deepEqual([...new Set(said)].sort(), lost, what)
      assert.equal(
        new Set(found.filter(({ container }) => container === id).flatMap(({ rows }) => rows.map(({ key }) => key)))
          .size,
        said.length,
        what
      )
      // An upload of what was there before mends what was done to templates; other labels are not taken.
      if (/UPDATE samples|identity/.test(attack)) continue
      assert.equal((await corpora.addTemplates(id, batches)).added, lost.length, what)
      assert.deepEqual(await samples(), all, what)
    }
  })

  test('a template of a deleted sample does not open in its successor', async () => {
    const { id, a, samples, batches } = await corpus()
    const old = (await sql('SELECT * FROM sample_templates WHERE corpus_id = $1 AND sample = $2 AND fingerprint = $3', [
      id,
      's2',
      a
    ])).rows[0]!
    await corpora.removeIdentity(id, 'p1')
    await corpora.addTemplates(
      id,
      batches.map(({ fingerprint, rows }) => ({
        fingerprint,
        rows: rows.filter(({ identity }) => identity === 'p1').map(row => ({
          ...row,
          vector: row.vector.map(value => -value)
        }))
      }))
    )
    assert.equal((await samples()).length, 10)
    await sql('DELETE FROM sample_templates WHERE corpus_id = $1 AND sample = $2 AND fingerprint = $3', [id, 's2', a])
    await sql(
      'INSERT INTO sample_templates (corpus_id, sample, fingerprint, dimension, vector) VALUES ($1, $2, $3, $4, $5)',
      [id, 's2', a, old['dimension'], old['vector']]
    )
    assert.deepEqual((await checkOf(id)).unopened, [[a, 's2']])
    assert.ok(!(await samples()).includes('s2'))
  })

  test('a label added later binds the existing templates', async () => {
    const { id, a, b, samples } = await corpus()
    const rows = [{ sample: 'late', identity: null, vector: numbersOf(50, 4) }]
    await corpora.addTemplates(id, [{ fingerprint: a, rows }])
    await corpora.addTemplates(id, [{
      fingerprint: b,
      rows: [{ sample: 'late', identity: 'p9', group: 'z', vector: numbersOf(51, 3) }]
    }])
    assert.deepEqual((await samples()).length, 11)
    await sql("UPDATE samples SET identity = NULL WHERE corpus_id = $1 AND sample = 'late'", [id])
    assert.deepEqual((await checkOf(id)).unopened.length, 2)
  })

  const onReference = 'UPDATE gallery_templates t SET vector = '
  const ofBob =
    " FROM gallery_subjects s WHERE t.gallery_id = $1 AND s.gallery_id = $1 AND s.number = t.subject_number AND s.subject = 'bob'"
  const other = (column: string) =>
    `(SELECT ${column} FROM gallery_templates o JOIN gallery_subjects p ON p.gallery_id = $1 AND p.number = o.subject_number WHERE o.gallery_id = $1 AND p.subject = 'cid')`
  const attacksOnGalleries: readonly (readonly [string, string, readonly string[]])[] = [
    ['a bit of the nonce', `${onReference}set_byte(vector, 3, get_byte(vector, 3) # 1)${ofBob}`, ['bob 1']],
    ['a bit of the numbers', `${onReference}set_byte(vector, 20, get_byte(vector, 20) # 1)${ofBob}`, ['bob 1']],
    ['a bit of the tag', `${onReference}set_byte(vector, 43, get_byte(vector, 43) # 128)${ofBob}`, ['bob 1']],
    ['numbers as they are', `${onReference}substring(vector FROM 1 FOR 16)${ofBob}`, ['bob 1']],
    ['a truncated row', `${onReference}substring(vector FROM 1 FOR 43)${ofBob}`, ['bob 1']],
    ['the row of another', `${onReference}${other('o.vector')}${ofBob}`, ['bob 1']],
    ['another name of a template', `UPDATE gallery_templates t SET reference = '7'${ofBob}`, ['bob 7']],
    ['another time of enrolment in the log', `UPDATE gallery_templates t SET ordinal = 3${ofBob}`, ['bob 1']],
    [
      'attributes',
      'UPDATE gallery_subjects SET attributes = \'{"site":"n","door":2}\' WHERE gallery_id = $1 AND subject = \'bob\'',
      ['bob 1']
    ],
    [
      'attributes where there were none',
      'UPDATE gallery_subjects SET attributes = \'{"site":"n"}\' WHERE gallery_id = $1 AND subject = \'cid\'',
      ['cid 1']
    ],
    ['another name', "UPDATE gallery_subjects SET subject = 'dan' WHERE gallery_id = $1 AND subject = 'bob'", [
      'dan 1'
    ]],
    [
      'numbers that were swapped',
      `UPDATE gallery_templates t SET subject_number = (SELECT number FROM gallery_subjects WHERE gallery_id = $1 AND subject = 'cid'), reference = 'x'${ofBob}`,
      ['cid x']
    ]
  ]

  test('any change to a row of a gallery costs that row, and is reported', async () => {
    await sql('ALTER TABLE gallery_templates DROP CONSTRAINT gallery_templates_check')
    for (const [what, attack, lost] of attacksOnGalleries) {
      const { id, serving } = await gallery()
      assert.deepEqual(await serving(), everybody)
      const { rowCount } = await sql(attack, [id])
      assert.ok(rowCount > 0, what)
      const names = (await checkOf(id)).unopened.map(([, subject, reference]) => `${subject} ${reference}`)
      assert.deepEqual(names.sort(), lost, what)
      const served = await serving()
      assert.equal(served.length, 4 - lost.length, what)
      assert.ok(served.every(name => everybody.includes(name) && !lost.includes(name)), what)
      assert.equal((await reader.unusable(await onlyShard(reader, id))).length, lost.length, what)
      assert.equal(
        found.filter(({ container }) => container === id).flatMap(({ rows }) => rows).length,
        lost.length,
        what
      )
    }
  })

  test('names changed after a gallery was read are not given to other people', async () => {
    const { id, space, serving } = await gallery()
    const open = await onlyShard(reader, id)
    const ordinals: number[] = []
    for await (const page of reader.pages(open, { fingerprint: space.fingerprint, migration: null }, 4)) {
      ordinals.push(...page.ordinals)
    }
    for (const [from, to] of [['bob', '?'], ['cid', 'bob'], ['?', 'cid']]) {
      await sql('UPDATE gallery_subjects SET subject = $3 WHERE gallery_id = $1 AND subject = $2', [id, from, to])
    }
    assert.deepEqual([...(await reader.describe(open, ordinals)).values()].map(({ subject }) => subject), [
      'ann',
      'ann'
    ])
    assert.deepEqual(await serving(), ['ann 1', 'ann 2'])
    assert.deepEqual((await checkOf(id)).unopened.map(([, subject]) => subject).sort(), ['bob', 'cid'])
  })

  test('an old template does not open again, in the row that replaced it or with all of its own row', async () => {
    for (const replace of ['the person', 'the template', 'the attributes']) {
      const { id, space, row, serving } = await gallery()
      const { rows: [old] } = await sql(
        `SELECT t.* FROM gallery_templates t JOIN gallery_subjects s ON s.gallery_id = $1 AND s.number = t.subject_number
         WHERE t.gallery_id = $1 AND s.subject = 'ann' AND t.reference = '1'`,
        [id]
      )
      const enrolled = row('ann', '1', 9)
      if (replace === 'the person') {
        await subjects.replace(id, 'ann', { site: 'n' }, [{ space, rows: [enrolled, row('ann', '2', 2)] }])
      } else if (replace === 'the template') {
        // As it happens when a template that does not open is enrolled again.
        await sql(
          'UPDATE gallery_templates SET vector = set_byte(vector, 20, get_byte(vector, 20) # 1) WHERE gallery_id = $1 AND ordinal = $2',
          [id, old!['ordinal']]
        )
        assert.deepEqual(await subjects.enrol(id, [{ space, rows: [enrolled] }]), {
          added: 1,
          unchanged: 0,
          replaced: 1,
          corrected: 0
        })
      } else {
        await subjects.enrol(id, [{ space, rows: [row('ann', '2', 2, { site: 'm' })] }])
      }
      assert.deepEqual(await serving(), everybody, replace)
      const where =
        "gallery_id = $1 AND reference = '1' AND subject_number = (SELECT number FROM gallery_subjects WHERE gallery_id = $1 AND subject = 'ann')"
      const { rows: [now] } = await sql(`SELECT * FROM gallery_templates WHERE ${where}`, [id])
      await sql(`UPDATE gallery_templates SET vector = $2 WHERE ${where}`, [id, old!['vector']])
      assert.deepEqual((await checkOf(id)).unopened, [[space.fingerprint, 'ann', '1']], replace)
      await sql(`UPDATE gallery_templates SET vector = $2, ordinal = $3 WHERE ${where}`, [
        id,
        old!['vector'],
        old!['ordinal']
      ])
      assert.deepEqual((await checkOf(id)).unopened, [[space.fingerprint, 'ann', '1']], replace)
      await sql(`UPDATE gallery_templates SET vector = $2, ordinal = $3 WHERE ${where}`, [
        id,
        now!['vector'],
        now!['ordinal']
      ])
      assert.deepEqual((await checkOf(id)).unopened, [], replace)
    }
  })

  test('plaintext is refused, and so is the key of another container', async () => {
    const planted = bytesOfFloat32(numbersOf(77, 4))
    const [one, two] = [await corpus(), await corpus()]
    await sql('UPDATE corpora SET data_key = (SELECT data_key FROM corpora WHERE id = $2) WHERE id = $1', [
      one.id,
      two.id
    ])
    await assert.rejects(one.samples(), isRefused)
    await sql('UPDATE corpora SET key_id = NULL, data_key = NULL WHERE id = $1', [one.id])
    await sql('UPDATE sample_templates SET vector = $3 WHERE corpus_id = $1 AND fingerprint = $2', [
      one.id,
      one.a,
      planted
    ])
    await assert.rejects(one.samples(), isRefused)
    await assert.rejects(corpora.addTemplates(one.id, one.batches), isRefused)
    assert.match((await checkOf(one.id)).refused ?? '', /expected encrypted templates/)

    const [first, second] = [await gallery(), await gallery()]
    await sql('UPDATE galleries SET data_key = (SELECT data_key FROM galleries WHERE id = $2) WHERE id = $1', [
      first.id,
      second.id
    ])
    await assert.rejects(first.serving(), isRefused)
    await sql('UPDATE galleries SET key_id = NULL, data_key = NULL WHERE id = $1', [first.id])
    await sql('UPDATE gallery_templates SET vector = $2 WHERE gallery_id = $1', [first.id, planted])
    await assert.rejects(first.serving(), isRefused)
    await assert.rejects(
      subjects.enrol(first.id, [{ space: first.space, rows: [first.row('eve', '1', 5)] }]),
      isRefused
    )
    // It would be read where that is asked for: the refusal is what keeps it out.
    const open = await createGalleryReader(store.database, admitting).open(first.id)
    assert.equal(open.encrypted, false)
    // Nobody has to read them to be rid of them.
    await createGalleryRepository(store.database, vault).remove(first.id)
    await corpora.remove(one.id)
  })

  test('templates sealed by an earlier version are read, and re-sealed by apply', async () => {
    const { id, a, b, samples, batches } = await corpus()
    const { id: galleryId, space, serving } = await gallery()
    const dataKey = randomBytes(32)
    for (const [table, container] of [['corpora', id], ['galleries', galleryId]] as const) {
      await sql(`UPDATE ${table} SET data_key = $2 WHERE id = $1`, [
        container,
        seal(key.secret, dataKey, `data key\0${container}`)
      ])
    }
    const sealed = (container: string, place: readonly string[], vector: Float32Array) =>
      seal(createSecretKey(dataKey), bytesOfFloat32(vector), ['template', container, ...place].join('\0'))
    for (const { fingerprint, rows } of batches) {
      for (const { sample, vector } of rows) {
        await sql('UPDATE sample_templates SET vector = $4 WHERE corpus_id = $1 AND fingerprint = $2 AND sample = $3', [
          id,
          fingerprint,
          sample,
          sealed(id, [fingerprint, sample], vector)
        ])
      }
    }
    const people = [['ann', '1', 1], ['ann', '2', 2], ['bob', '1', 3], ['cid', '1', 4]] as const
    for (const [subject, reference, seed] of people) {
      await sql(
        'UPDATE gallery_templates SET vector = $4 WHERE gallery_id = $1 AND reference = $3 AND subject_number = (SELECT number FROM gallery_subjects WHERE gallery_id = $1 AND subject = $2)',
        [galleryId, subject, reference, sealed(galleryId, [space.fingerprint, subject, reference], numbersOf(seed, 4))]
      )
    }
    await sql('UPDATE samples SET version = NULL WHERE corpus_id = $1', [id])
    await sql('UPDATE gallery_subjects SET version = NULL WHERE gallery_id = $1', [galleryId])
    const before = await corpora.pairs(id, a, b)
    assert.deepEqual(before.samples.length, 10)
    assert.deepEqual(await serving(), everybody)
    // It is written as it was, until all of it is sealed anew.
    await corpora.addTemplates(id, [{
      fingerprint: a,
      rows: [{ sample: 'more', identity: 'p7', vector: numbersOf(60, 4) }]
    }])
    const { rows: [old] } = await sql(
      "SELECT vector FROM sample_templates WHERE corpus_id = $1 AND sample = 's0' AND fingerprint = $2",
      [id, a]
    )

    const done: Applied[] = []
    const current = createVault([key], { plaintext: 'admit' })
    await applyEncryption(store.database, current, one => {
      if (one.label === id || one.label === galleryId) done.push(one)
    })
    assert.deepEqual(done.map(({ change, templates, unopened }) => [change, templates, unopened]), [
      ['upgraded', 21, 0],
      ['upgraded', 4, 0]
    ])
    assert.deepEqual(await corpora.pairs(id, a, b), { ...before, oneSided: { source: 1, target: 0 } })
    assert.deepEqual(await serving(), everybody)
    // What was sealed before opens no more.
    await sql("UPDATE sample_templates SET vector = $3 WHERE corpus_id = $1 AND sample = 's0' AND fingerprint = $2", [
      id,
      a,
      old!['vector']
    ])
    assert.deepEqual(await samples(), before.samples.slice(1))
    done.length = 0
    await applyEncryption(store.database, current, one => {
      if (one.label === id || one.label === galleryId) done.push(one)
    })
    assert.deepEqual(done, [])
  })
})
