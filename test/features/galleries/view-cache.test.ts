import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { createRandom } from '../../../src/science/linear-algebra/random.js'
import { createExactSearch } from '../../../src/features/galleries/search/exact-search.js'
import { bytesOfView } from '../../../src/features/galleries/search/reference-block.js'
import { createViewCache, type ViewHead, type ViewSource } from '../../../src/features/galleries/search/view-cache.js'
import { Problem } from '../../../src/errors.js'
import { eventually } from '../../support/eventually.js'
import { batchOf, naiveSearch, randomReferences, type Reference } from '../../support/gallery-rows.js'

const search = createExactSearch({ threads: 2 })
after(() => search.close())

const dimension = 8
const random = createRandom(3)
const probe: Reference = { ordinal: 0, subject: 0, vector: [1, 0, 0, 0, 0, 0, 0, 0] }
const query = { probes: batchOf([probe], dimension).vectors, best: 5 }

/** A gallery with a log, as a database would keep it; what reads it can be made to wait, or to fail. */
function createGallery (references: readonly Reference[]) {
  let rows = [...references]
  const removals: { position: number, ordinal: number }[] = []
  let [epoch, position] = [1, rows.at(-1)?.ordinal ?? 0]
  const reads = { loads: 0, changes: 0 }
  const hooks: {
    duringLoad?: () => void | Promise<void>
    duringChanges?: () => void | Promise<void>
    duringHead?: () => void
    duringAt?: () => void | Promise<void>
  } = {}

  const gallery = {
    reads,
    hooks,
    get rows () {
      return rows
    },
    expected: () => [naiveSearch(rows, probe.vector, query.best)],
    add (subject: number, vector = randomReferences(random, 1, dimension, 1)[0]!.vector) {
      rows.push({ ordinal: ++position, subject, vector })
    },
    remove (subject: number) {
      for (const { ordinal } of rows.filter(row => row.subject === subject)) {
        removals.push({ position: ++position, ordinal })
      }
      rows = rows.filter(row => row.subject !== subject)
    },
    /** Everything is another thing from now on: as when a migration is committed. */
    commit (fresh: readonly Reference[]) {
      rows = fresh.map((reference, i) => ({ ...reference, ordinal: position + 1 + i }))
      position += fresh.length
      epoch++
    },
    source: {
      dimension,
      async head (): Promise<ViewHead> {
        hooks.duringHead?.()
        return await Promise.resolve({ epoch, position, references: rows.length })
      },
      async at (ordinals: readonly number[]) {
        await hooks.duringAt?.()
        return batchOf(rows.filter(({ ordinal }) => ordinals.includes(ordinal)), dimension)
      },
      async *load () {
        reads.loads++
        // Page by page, as rows are at that moment.
        for (let from = 0;;) {
          const page = rows.filter(({ ordinal }) => ordinal > from).slice(0, 100)
          if (page.length === 0) return
          yield batchOf(page, dimension)
          from = page.at(-1)!.ordinal
          await hooks.duringLoad?.()
        }
      },
      async *changes (since: number, head: ViewHead) {
        reads.changes++
        await hooks.duringChanges?.()
        yield {
          removed: removals.filter(removal => removal.position > since && removal.position <= head.position).map((
            { ordinal }
          ) => ordinal)
        }
        yield { added: batchOf(rows.filter(({ ordinal }) => ordinal > since && ordinal <= head.position), dimension) }
      }
    } satisfies ViewSource
  }
  return gallery
}

const bestOf = ([matches]: readonly { subject: number }[][]) => matches![0]!.subject

test('concurrent searches read a view once', async () => {
  const gallery = createGallery(randomReferences(random, 450, dimension, 200))
  const cache = createViewCache({ bytes: 2 ** 24, search })
  for (const found of await Promise.all(Array.from({ length: 8 }, () => cache.search('a', gallery.source, query)))) {
    assert.deepEqual(found, gallery.expected())
  }
  assert.deepEqual(await cache.search('a', gallery.source, query), gallery.expected())
  assert.equal(gallery.reads.loads, 1)
  const { views, loads, streams, bytes } = cache.statistics()
  assert.deepEqual({ views, loads, streams }, { views: 1, loads: 1, streams: 0 })
  assert.equal(bytes, bytesOfView(450, dimension, 'float32'))
})

test('a search sees what was written before it, and only that is read', async () => {
  const gallery = createGallery(randomReferences(random, 250, dimension, 200))
  const cache = createViewCache({ bytes: 2 ** 24, search })
  await cache.search('a', gallery.source, query)
  for (let round = 0; round < 30; round++) {
    if (round % 3 !== 0) gallery.add(1000 + round, [10 + round, 0, 0, 0, 0, 0, 0, 0])
    if (round % 3 !== 1) gallery.remove(bestOf(gallery.expected()))
    const found = await Promise.all([
      cache.search('a', gallery.source, query),
      cache.search('a', gallery.source, query)
    ])
    assert.deepEqual(found, [gallery.expected(), gallery.expected()])
  }
  assert.equal(gallery.reads.loads, 1)
})

test('changes while a view is read are neither missed nor seen twice', async () => {
  const gallery = createGallery(randomReferences(random, 450, dimension, 200))
  const cache = createViewCache({ bytes: 2 ** 24, search })
  let pages = 0
  gallery.hooks.duringLoad = () => {
    // On its way a row leaves that was read, and one that was not; the subjects come again at the end.
    if (++pages > 3) return
    for (const row of [gallery.rows[0]!, gallery.rows.at(-1)!]) {
      gallery.remove(row.subject)
      gallery.add(row.subject, [50 + pages, 0, 0, 0, 0, 0, 0, 0])
    }
  }
  assert.deepEqual(await cache.search('a', gallery.source, query), gallery.expected())
  assert.equal(gallery.reads.loads, 1)
})

test('a new epoch is read from the start, even if it begins while a view is read or updated', async () => {
  const gallery = createGallery(randomReferences(random, 250, dimension, 200))
  const cache = createViewCache({ bytes: 2 ** 24, search })
  await cache.search('a', gallery.source, query)
  gallery.commit(randomReferences(random, 250, dimension, 200))
  assert.deepEqual(await cache.search('a', gallery.source, query), gallery.expected())
  assert.equal(gallery.reads.loads, 2)

  const once = (during: 'duringLoad' | 'duringChanges') => {
    gallery.hooks[during] = () => {
      gallery.hooks[during] = () => {}
      gallery.commit(randomReferences(random, 350, dimension, 200))
    }
  }
  once('duringChanges')
  gallery.add(7)
  assert.deepEqual(await cache.search('a', gallery.source, query), gallery.expected())
  cache.forget('a')
  once('duringLoad')
  assert.deepEqual(await cache.search('a', gallery.source, query), gallery.expected())
})

test('only the views of one gallery are dropped', async () => {
  const gallery = createGallery(randomReferences(random, 250, dimension, 200))
  const cache = createViewCache({ bytes: 2 ** 24, search })
  for (const key of ['a own', 'a shared', 'ab own']) await cache.search(key, gallery.source, query)
  const { bytes } = cache.statistics()
  cache.forget('a ')
  assert.deepEqual([cache.statistics().views, cache.statistics().bytes], [1, bytes / 3])
  await cache.search('ab own', gallery.source, query)
  assert.equal(cache.statistics().loads, 3)
})

test('while a view is updated, searches that need nothing new continue in its previous state', async () => {
  const gallery = createGallery(randomReferences(random, 250, dimension, 200))
  const cache = createViewCache({ bytes: 2 ** 24, search })
  const before = await cache.search('a', gallery.source, query)
  const old: ViewSource = { ...gallery.source, head: async () => await Promise.resolve(head) }
  const head = await gallery.source.head()
  let release = () => {}
  const held = new Promise<void>(resolve => {
    release = resolve
  })
  gallery.hooks.duringChanges = () => held
  // The best is replaced by a template that is not: half of that would be neither.
  const best = bestOf(before)
  gallery.remove(best)
  gallery.add(best, [0, 1, 0, 0, 0, 0, 0, 0])
  const updated = cache.search('a', gallery.source, query)
  assert.deepEqual(await cache.search('a', old, query), before)
  release()
  assert.deepEqual(await updated, gallery.expected())
})

test('the most recently searched views stay within the bound; a larger one is streamed', async () => {
  const rows = 16_000
  const galleries = [1, 2, 3].map(() => createGallery(randomReferences(random, rows, dimension, 200)))
  const cache = createViewCache({ bytes: 2.5 * bytesOfView(rows, dimension, 'float32'), search })
  const find = async (which: number) => {
    const gallery = galleries[which]!
    assert.deepEqual(await cache.search(String(which), gallery.source, query), gallery.expected())
    assert.ok(cache.statistics().bytes <= 2.5 * bytesOfView(rows, dimension, 'float32'))
  }
  for (const which of [0, 1, 0, 2, 0]) await find(which)
  assert.deepEqual(galleries.map(({ reads }) => reads.loads), [1, 1, 1])
  await find(1)
  assert.deepEqual(galleries.map(({ reads }) => reads.loads), [1, 2, 1])
  assert.equal(cache.statistics().evictions, 2)

  const large = createGallery(randomReferences(random, 3 * rows, dimension, 200))
  for (let times = 1; times <= 2; times++) {
    assert.deepEqual(await cache.search('large', large.source, query), large.expected())
    assert.deepEqual([large.reads.loads, cache.statistics().streams, cache.statistics().views], [times, times, 2])
  }

  // Others are not driven out for one that does not fit, and one that outgrows the bound leaves.
  const small = createViewCache({ bytes: 2 ** 14, search })
  const growing = createGallery(randomReferences(random, 250, dimension, 200))
  await small.search('growing', growing.source, query)
  for (let i = 0; i < 100; i++) growing.add(500 + i)
  assert.deepEqual(await small.search('growing', growing.source, query), growing.expected())
  const { views, quantised, bytes, streams } = small.statistics()
  assert.deepEqual({ views, quantised, bytes, streams }, { views: 1, quantised: 1, bytes: 2 ** 14, streams: 0 })
  for (let i = 0; i < 100; i++) growing.add(700 + i)
  assert.deepEqual(await small.search('growing', growing.source, query), growing.expected())
  assert.deepEqual([small.statistics().views, small.statistics().bytes], [0, 0])
})

test('a view without room for whole vectors is held quantised, and searches see every change', async () => {
  const gallery = createGallery(randomReferences(random, 700, dimension, 200))
  const cache = createViewCache({ bytes: bytesOfView(700, dimension, 'float32') - 1, search })
  for (let round = 0; round < 20; round++) {
    assert.deepEqual(await cache.search('a', gallery.source, query), gallery.expected())
    if (round % 3 !== 0) gallery.add(1000 + round, [10 + round, 0, 0, 0, 0, 0, 0, 0])
    if (round % 3 !== 1) gallery.remove(bestOf(gallery.expected()))
  }
  const { quantised, loads, streams, rescored } = cache.statistics()
  assert.deepEqual({ quantised, loads, streams }, { quantised: 1, loads: 1, streams: 0 })
  assert.ok(rescored >= 20 * query.best)

  // What leaves between the sieve and the reading of what passed may have ruled others out.
  gallery.hooks.duringAt = () => {
    delete gallery.hooks.duringAt
    for (const { subject } of gallery.expected()[0]!.slice(0, 3)) gallery.remove(subject)
  }
  assert.deepEqual(await cache.search('a', gallery.source, query), gallery.expected())
  // Faster than that nobody can search: the gallery is read as it is.
  gallery.hooks.duringAt = () => {
    gallery.remove(bestOf(gallery.expected()))
  }
  const found = await cache.search('a', gallery.source, query)
  assert.deepEqual(found, gallery.expected())
  assert.equal(cache.statistics().streams, 1)
})

test('a view that failed to load is read again, and one that failed to update is kept', async () => {
  const gallery = createGallery(randomReferences(random, 450, dimension, 200))
  const cache = createViewCache({ bytes: 2 ** 24, search })
  const fail = () => {
    throw new Error('the database went away')
  }
  gallery.hooks.duringLoad = fail
  const results = await Promise.allSettled([
    cache.search('a', gallery.source, query),
    cache.search('a', gallery.source, query)
  ])
  assert.ok(results.every(({ status }) => status === 'rejected'))
  assert.deepEqual([cache.statistics().views, cache.statistics().bytes], [0, 0])
  delete gallery.hooks.duringLoad
  assert.deepEqual(await cache.search('a', gallery.source, query), gallery.expected())

  const { loads } = gallery.reads
  gallery.add(3)
  gallery.hooks.duringChanges = fail
  await assert.rejects(cache.search('a', gallery.source, query), /went away/)
  delete gallery.hooks.duringChanges
  gallery.remove(bestOf(gallery.expected()))
  assert.deepEqual(await cache.search('a', gallery.source, query), gallery.expected())
  assert.equal(gallery.reads.loads, loads)
})

test('concurrent random writes and searches: every search finds a state of the gallery since it began', async () => {
  const gallery = createGallery(randomReferences(random, 300, dimension, 60))
  const cache = createViewCache({ bytes: 2 ** 24, search })
  const states: string[] = [JSON.stringify(gallery.expected())]
  const write = () => {
    const subject = 1 + random.integer(60)
    gallery.remove(subject)
    gallery.add(subject)
    states.push(JSON.stringify(gallery.expected()))
  }
  gallery.hooks.duringHead = () => {
    if (random.next() < 0.2) write()
  }
  gallery.hooks.duringLoad = () => {
    if (random.next() < 0.5) write()
  }
  await Promise.all(Array.from({ length: 60 }, async (_, at) => {
    for (let turn = 0; turn < at; turn++) await Promise.resolve()
    if (at % 7 === 0) cache.forget('a')
    const since = states.length - 1
    const found = JSON.stringify(await cache.search('a', gallery.source, query))
    assert.ok(states.slice(since).includes(found), `search ${at} found what never was`)
  }))
})

test('a search waits for a view only so long, and the reading goes on', async () => {
  const gallery = createGallery(randomReferences(random, 450, dimension, 200))
  const cache = createViewCache({ bytes: 2 ** 24, search, patience: 1 })
  let go: () => void = () => {}
  const gate = new Promise<void>(resolve => {
    go = resolve
  })
  gallery.hooks.duringLoad = () => gate
  for (let i = 0; i < 2; i++) {
    await assert.rejects(cache.search('a', gallery.source, query), (error: Error) => {
      assert.ok(error instanceof Problem)
      const { loading } = error.extensions as { loading: { loaded: number, references: number, retryAfter: number } }
      assert.deepEqual([error.code, loading.references], ['gallery-loading', 450])
      return loading.loaded < 450 && loading.retryAfter >= 1
    })
  }
  assert.equal(cache.holds('a'), false)
  go()
  await eventually('the view', () => cache.holds('a') || undefined)
  assert.deepEqual(await cache.search('a', gallery.source, query), gallery.expected())
  assert.equal(gallery.reads.loads, 1)
})

test('a view is filled beforehand where there is room, and evicts nothing', async () => {
  const [first, second] = [1, 2].map(() => createGallery(randomReferences(random, 450, dimension, 200)))
  const cache = createViewCache({ bytes: 1.5 * bytesOfView(450, dimension, 'int8'), search })
  assert.equal(await cache.fill('a', first!.source), true)
  assert.equal(await cache.fill('a', first!.source), true)
  assert.equal(await cache.fill('b', second!.source), false)
  assert.deepEqual([cache.holds('a'), cache.holds('b')], [true, false])
  first!.commit(randomReferences(random, 300, dimension, 200))
  assert.equal(await cache.fill('a', first!.source), true)
  assert.deepEqual(await cache.search('a', first!.source, query), first!.expected())
  const { loads, evictions } = cache.statistics()
  assert.deepEqual({ loads, evictions }, { loads: 2, evictions: 0 })
})
