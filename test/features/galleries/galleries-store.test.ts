import assert from 'node:assert/strict'
import { createSecretKey, randomBytes, randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { Problem } from '../../../src/errors.js'
import { createGalleryCounts } from '../../../src/features/galleries/store/gallery-counts.js'
import { applyEncryption } from '../../../src/platform/encryption/apply.js'
import { createVault, type Vault } from '../../../src/platform/encryption/vault.js'
import { createGalleryReader, groupsAfter } from '../../../src/features/galleries/store/contents.js'
import type { TemplateGroup } from '../../../src/features/galleries/store/template-groups.js'
import type { EnrolledSpace } from '../../../src/features/galleries/store/enrolment.js'
import { createGalleryRepository } from '../../../src/features/galleries/store/galleries.js'
import type { OpenGallery } from '../../../src/features/galleries/store/head.js'
import { createSubjectRepository } from '../../../src/features/galleries/store/subjects.js'
import { openVectorIndex } from '../../../src/features/galleries/store/vector-index.js'
import { bytesOfFloat32 } from '../../../src/science/template/float32.js'
import { forEachDatabase } from '../../support/databases.js'
import { numbersOf, registerSpace, sha256 } from '../../support/stored-fixtures.js'
import { onlyShard } from '../../support/only-shard.js'

const hasCode = (code: string) => (error: unknown) => error instanceof Problem && error.code === code
const newKey = (id: string) => ({ id, secret: createSecretKey(randomBytes(32)) })

forEachDatabase('galleries', store => {
  const plain = createVault([])
  const key = newKey('of-galleries')
  let serial = 0

  async function open (vault: Vault = plain) {
    const galleries = createGalleryRepository(store.database, vault)
    const name = `gallery ${serial++}`
    const { gallery } = await galleries.create({ name, requestSha256: sha256(name) })
    const space: EnrolledSpace = {
      model: 'gallery-a',
      dimension: 4,
      fingerprint: await registerSpace(store.database, 'gallery-a')
    }
    const reader = createGalleryReader(store.database, vault)
    const subjects = createSubjectRepository(store.database, vault)
    return {
      id: gallery.id,
      galleries,
      space,
      reader,
      subjects,
      enrol: async (...rows: [subject: string, seed: number, reference?: string][]) =>
        await subjects.enrol(gallery.id, [{
          space,
          rows: rows.map(([subject, seed, reference = '1']) => ({
            subject,
            reference,
            quality: null,
            vector: numbersOf(seed, 4)
          }))
        }]),
      /** Seeds of what serves: first numbers of the vectors by subject and reference. */
      async serving () {
        const head = await onlyShard(reader, gallery.id)
        const found: [string, string, Float32Array][] = []
        for await (
          const { ordinals, templates } of reader.pages(head, { fingerprint: space.fingerprint, migration: null }, 4)
        ) {
          const described = await reader.describe(head, [...ordinals])
          ordinals.forEach((ordinal, row) => {
            const { subject, reference } = described.get(ordinal)!
            found.push([subject, reference, templates.data.slice(row * 4, row * 4 + 4)])
          })
        }
        return found
      }
    }
  }
  const counts = (groups: readonly TemplateGroup[]) => groups.map(({ templates }) => templates)

  test('a repeated creation makes one gallery', async () => {
    const galleries = createGalleryRepository(store.database, plain)
    const request = { name: 'site', idempotencyKey: randomUUID(), requestSha256: sha256('site') }
    const first = await galleries.create(request)
    assert.equal(first.created, true)
    assert.deepEqual(await galleries.create(request), { gallery: first.gallery, created: false })
    await assert.rejects(
      galleries.create({ ...request, requestSha256: sha256('other') }),
      hasCode('idempotency-conflict')
    )
    await assert.rejects(galleries.get(randomUUID()), hasCode('gallery-unknown'))
    await assert.rejects(galleries.get('no id'), hasCode('gallery-unknown'))
  })

  test('enrolled templates serve, and are stored once however often they are sent', async () => {
    const { id, galleries, space, enrol, serving } = await open()
    assert.deepEqual(await enrol(['ann', 1], ['bob', 2], ['ann', 3, 'side']), {
      added: 3,
      unchanged: 0,
      replaced: 0,
      corrected: 0
    })
    assert.deepEqual(await enrol(['ann', 1], ['cem', 4]), { added: 1, unchanged: 1, replaced: 0, corrected: 0 })
    assert.deepEqual(await serving(), [['ann', '1', numbersOf(1, 4)], ['bob', '1', numbersOf(2, 4)], [
      'ann',
      'side',
      numbersOf(3, 4)
    ], ['cem', '1', numbersOf(4, 4)]])
    const { subjects, templates } = await galleries.get(id)
    assert.equal(subjects, 3)
    assert.deepEqual(templates, [{
      model: 'gallery-a',
      fingerprint: space.fingerprint,
      provenance: 'native',
      map: null,
      count: 4
    }])
  })

  test('a different template under a taken name is refused, with its whole batch', async () => {
    const { enrol, serving } = await open()
    await enrol(['ann', 1])
    await assert.rejects(enrol(['bob', 2], ['ann', 9]), hasCode('template-exists'))
    await assert.rejects(enrol(['bob', 2], ['bob', 3]), hasCode('template-exists'))
    assert.deepEqual((await serving()).map(([subject]) => subject), ['ann'])
  })

  test('a subject is replaced and removed as a whole, and earlier readers learn of it', async () => {
    const { id, space, subjects, reader, enrol, serving } = await open()
    await enrol(['ann', 1], ['ann', 2, 'side'], ['bob', 3])
    const before = await onlyShard(reader, id)
    const replaced = { subject: 'ann', reference: '1', quality: 0.5, vector: numbersOf(7, 4) }
    const { subject, ...replacement } = await subjects.replace(id, 'ann', { site: 'west' }, [{
      space,
      rows: [replaced]
    }])
    assert.deepEqual([subject.attributes, replacement], [{ site: 'west' }, { created: false, removed: 2 }])
    assert.deepEqual(await serving(), [['bob', '1', numbersOf(3, 4)], ['ann', '1', numbersOf(7, 4)]])
    const after = await reader.open(id)
    const shard = after.shards[0]!
    const removals = await reader.removals(shard, before)
    assert.equal(removals.length, 2)
    assert.deepEqual(counts(await groupsAfter(store.database, shard, before.position)), [1])
    assert.deepEqual(counts(await reader.groups(after)), [2])
    const { templates: [reference], attributes } = await subjects.get(id, 'ann')
    assert.deepEqual(attributes, { site: 'west' })
    assert.deepEqual([reference!.provenance, reference!.quality, reference!.map], ['native', 0.5, null])

    assert.equal(await subjects.remove(id, 'ann'), 1)
    await assert.rejects(subjects.remove(id, 'ann'), hasCode('subject-unknown'))
    await assert.rejects(subjects.get(id, 'ann'), hasCode('subject-unknown'))
    assert.deepEqual((await serving()).map(([subject]) => subject), ['bob'])
    // What came and went after a position was never there for whoever has read up to it.
    assert.deepEqual(await reader.removals(await onlyShard(reader, id), before), removals)
  })

  test('templates are counted as of the head, even if some are removed meanwhile', async () => {
    const { id, space, subjects, reader, enrol } = await open()
    const known = createGalleryCounts()
    const counted = async (gallery: OpenGallery, by = known) => {
      const { groups, subjects } = await by.all(store.database, gallery)
      return [...counts(groups), subjects]
    }
    const replace = async (seed: number) =>
      await subjects.replace(id, 'ann', {}, [{
        space,
        rows: [{ subject: 'ann', reference: '1', quality: null, vector: numbersOf(seed, 4) }]
      }])
    await enrol(['ann', 1])
    const before = await reader.open(id)
    await replace(2)
    assert.deepEqual(counts(await known.groups(store.database, before)), [1])
    const between = await reader.open(id)
    await enrol(['bob', 3], ['cem', 4])
    await replace(5)
    assert.deepEqual(counts(await known.groups(store.database, between)), [1])
    await subjects.remove(id, 'bob')
    assert.deepEqual(await counted(await reader.open(id)), [2, 2])
    assert.deepEqual(await counted(await reader.open(id), createGalleryCounts()), [2, 2])
    await enrol(['cem', 6, 'side'], ['dan', 7])
    assert.deepEqual(await counted(await reader.open(id)), [4, 3])
    await subjects.removeTemplates(id, 'cem', space.model, 'side')
    assert.deepEqual(await counted(await reader.open(id)), [3, 3])
    for (const subject of ['cem', 'ann', 'dan']) await subjects.remove(id, subject)
    assert.deepEqual(await counted(await reader.open(id)), [0])
  })

  test('what is known of a gallery is not counted again', async () => {
    const { id, reader, enrol } = await open()
    /** Positions that something was counted from. */
    const counted: unknown[] = []
    const galleries = createGalleryRepository({
      ...store.database,
      transaction: async (work, options) =>
        await store.database.transaction(async session =>
          await work({
            ...session,
            async query (text, values) {
              if (text.includes('count(*)')) counted.push(values![1])
              return await session.query(text, values)
            }
          }), options)
    }, plain)
    await enrol(['ann', 1], ['bob', 2])
    assert.equal((await galleries.get(id)).subjects, 2)
    assert.deepEqual(counted.splice(0), [0, 0])
    assert.equal((await galleries.get(id)).subjects, 2)
    assert.deepEqual(counted, [])
    const { position } = await onlyShard(reader, id)
    await enrol(['cem', 3], ['ann', 4, 'side'])
    const { subjects, templates } = await galleries.get(id)
    assert.deepEqual([subjects, templates.map(({ count }) => count)], [3, [4]])
    assert.deepEqual(counted, [position, position])
  })

  test('subjects are listed by name and filtered by attributes', async () => {
    const { id, space, subjects, reader } = await open()
    const row = (subject: string, site?: string) => ({
      subject,
      reference: '1',
      quality: null,
      vector: numbersOf(1, 4),
      ...(site === undefined ? {} : { attributes: { site, staff: true } })
    })
    await subjects.enrol(id, [{ space, rows: [row('d', 'west'), row('a', 'east'), row('c', 'west'), row('b')] }])
    const page = await subjects.list(id, { limit: 2 })
    assert.deepEqual([page.items.map(({ subject }) => subject), page.next], [['a', 'b'], 'b'])
    assert.deepEqual((await subjects.list(id, { limit: 2, after: 'b' })).items.map(({ subject }) => subject), [
      'c',
      'd'
    ])
    assert.deepEqual(
      (await subjects.list(id, { limit: 9, attributes: { site: 'west', staff: true } })).items.map(({ subject }) =>
        subject
      ),
      ['c', 'd']
    )
    assert.equal((await reader.subjectsWith(await onlyShard(reader, id), { site: 'west' })).length, 2)
    assert.deepEqual(await reader.subjectsWith(await onlyShard(reader, id), { site: 'north' }), [])
  })

  test('a gallery is removed with all its contents, even if a process ended halfway', async () => {
    const { id, galleries, enrol } = await open()
    await enrol(['ann', 1], ['ann', 2, 'side'], ['bob', 3])
    assert.deepEqual(await galleries.remove(id), { subjects: 2, templates: 3 })
    await assert.rejects(galleries.remove(id), hasCode('gallery-unknown'))
    const other = await open()
    await other.enrol(['ann', 1])
    await store.database.query('UPDATE galleries SET deleted_at = now() WHERE id = $1', [other.id])
    await assert.rejects(other.galleries.get(other.id), hasCode('gallery-unknown'))
    await assert.rejects(other.enrol(['bob', 1]), hasCode('gallery-unknown'))
    while (await galleries.purgeSome());
    for (const table of ['gallery_templates', 'gallery_subjects', 'gallery_removals', 'gallery_heads']) {
      const { rows } = await store.database.query(`SELECT FROM ${table} WHERE gallery_id = ANY ($1::uuid[])`, [[
        id,
        other.id
      ]])
      assert.equal(rows.length, 0, table)
    }
  })

  test('with a key templates are read as given, and stored unreadably', async () => {
    const vault = createVault([key])
    await vault.registerKeys(store.database)
    const { id, enrol, serving } = await open(vault)
    await enrol(['ann', 1], ['bob', 2])
    assert.deepEqual(await enrol(['ann', 1]), { added: 0, unchanged: 1, replaced: 0, corrected: 0 })
    assert.deepEqual((await serving())[0], ['ann', '1', numbersOf(1, 4)])
    const { rows } = await store.database.query<{ vector: Buffer }>(
      'SELECT vector FROM gallery_templates WHERE gallery_id = $1',
      [id]
    )
    for (const { vector } of rows) assert.ok(!vector.includes(bytesOfFloat32(numbersOf(1, 4)).subarray(0, 8)))
  })

  test('a gallery is encrypted later, in place', async () => {
    const before = await open()
    await before.enrol(['ann', 1], ['bob', 2], ['bob', 3, 'side'])
    const vault = createVault([key], { plaintext: 'admit' })
    await vault.registerKeys(store.database)
    const head = await before.reader.open(before.id)
    const index = await openVectorIndex(store.database)
    const indexed = await index?.create(before.id, { key: 'k', dimension: 4, epoch: head.epoch })
    const ordinals = Float64Array.of(
      (await store.database.query<{ ordinal: string }>(
        'SELECT ordinal FROM gallery_templates WHERE gallery_id = $1 LIMIT 1',
        [before.id]
      )).rows.map(row => Number(row.ordinal))[0]!
    )
    if (indexed !== undefined) {
      await index!.advance(indexed, {
        since: 0,
        position: 1,
        added: { ordinals, subjects: ordinals, vectors: { rows: 1, cols: 4, data: numbersOf(1, 4) } }
      })
    }
    const done: unknown[] = []
    await applyEncryption(store.database, vault, one => {
      if (one.label === before.id) done.push(one)
    })
    assert.deepEqual(done, [{ kind: 'gallery', label: before.id, change: 'encrypted', templates: 3, unopened: 0 }])
    const reader = createGalleryReader(store.database, vault)
    const after = await reader.open(before.id)
    assert.equal(after.encrypted, true)
    assert.equal(after.epoch, head.epoch + 1)
    // What an index had of them is gone, and the index is not used any more.
    if (indexed !== undefined) {
      assert.deepEqual(
        (await store.database.query('SELECT FROM gallery_projections WHERE gallery_id = $1', [before.id])).rows,
        []
      )
      assert.deepEqual((await index!.outdated())?.galleryId, before.id)
    }
    for await (
      const { templates } of reader.pages(
        after.shards[0]!,
        { fingerprint: before.space.fingerprint, migration: null },
        4
      )
    ) {
      assert.deepEqual(templates.data.slice(0, 4), numbersOf(1, 4))
    }
  })

  test('every shard of a gallery is encrypted, and told by its gallery', async () => {
    const galleries = createGalleryRepository(store.database, plain)
    const { gallery: { id } } = await galleries.create({ name: 'divided', shards: 2, requestSha256: sha256('divided') })
    const fingerprint = await registerSpace(store.database, 'gallery-a')
    const space = { model: 'gallery-a', dimension: 4, fingerprint }
    const rows = Array.from({ length: 8 }, (_, i) => ({
      subject: `s${i}`,
      reference: '1',
      quality: null,
      vector: numbersOf(i, 4)
    }))
    await createSubjectRepository(store.database, plain).enrol(id, [{ space, rows }])
    const { shards } = await createGalleryReader(store.database, plain).heads(id)
    const vault = createVault([key], { plaintext: 'admit' })
    await vault.registerKeys(store.database)
    const done: string[] = []
    await applyEncryption(store.database, vault, ({ label, change }) => done.push(`${label}: ${change}`), [
      ...shards.map(shard => shard.id)
    ])
    assert.deepEqual(done.sort(), [`${id}, shard 2: encrypted`, `${id}: encrypted`].sort())
    const reader = createGalleryReader(store.database, vault)
    let read = 0
    for (const shard of (await reader.open(id)).shards) {
      assert.equal(shard.encrypted, true)
      for await (const { ordinals } of reader.pages(shard, { fingerprint, migration: null }, 4)) read += ordinals.length
    }
    assert.equal(read, rows.length)
  })
}, { citus: true })
