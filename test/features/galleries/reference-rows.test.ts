import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { createRandom } from '../../../src/science/linear-algebra/random.js'
import { createExactSearch } from '../../../src/features/galleries/search/exact-search.js'
import {
  createReferenceRows,
  type ReferenceRows,
  type ReferenceSnapshot
} from '../../../src/features/galleries/search/reference-rows.js'
import { createSharedMemory, type SharedMemory } from '../../../src/features/galleries/search/shared-memory.js'
import { batchOf, naiveSearch, randomReferences, type Reference } from '../../support/gallery-rows.js'

const search = createExactSearch({ threads: 2 })
after(() => search.close())

const dimension = 64
const query = {
  probes: batchOf([{
    ordinal: 1,
    subject: 1,
    vector: Array.from({ length: dimension }, (_, i) => Math.fround(Math.cos(i)))
  }], dimension).vectors,
  best: 5
}
const probe = Array.from(query.probes.data)

/** Memory that knows what is out, and fails when a piece comes back twice. */
function watched (): SharedMemory & {
  readonly out: ReadonlySet<SharedArrayBuffer>
  readonly all: ReadonlySet<SharedArrayBuffer>
} {
  const memory = createSharedMemory()
  const out = new Set<SharedArrayBuffer>()
  const all = new Set<SharedArrayBuffer>()
  return {
    out,
    all,
    take (bytes) {
      const piece = memory.take(bytes)
      assert.ok(!out.has(piece), 'a piece that is in use was given to another one')
      out.add(piece)
      all.add(piece)
      return piece
    },
    give (piece) {
      assert.ok(out.delete(piece), 'a piece was given back twice')
      memory.give(piece)
    }
  }
}

test('among views that share memory, a snapshot stays the same until it is released, and all memory is returned', async () => {
  const random = createRandom(1)
  const memory = watched()
  interface View {
    rows: ReferenceRows
    staged: Reference[]
    published: Reference[]
  }
  interface Held {
    snapshot: ReferenceSnapshot
    expected: unknown
  }
  let held: Held[] = []
  const fresh = (): View => ({ rows: createReferenceRows(dimension, memory), staged: [], published: [] })
  const views = [fresh(), fresh(), fresh()]
  for (let step = 0; step < 400; step++) {
    const at = random.integer(views.length)
    const view = views[at]!
    const choice = random.next()
    if (choice < 0.35) {
      const more = randomReferences(random, random.integer(choice < 0.02 ? 40_000 : 400), dimension, 200, 20).map(
        reference => ({ ...reference, ordinal: reference.ordinal + view.rows.lastOrdinal })
      )
      view.rows.append(batchOf(more, dimension))
      view.staged = [...view.staged, ...more]
    } else if (choice < 0.55) {
      const share = random.next()
      const leaving = new Set(view.staged.filter(() => random.next() < share).map(({ ordinal }) => ordinal))
      view.rows.remove(leaving)
      view.staged = view.staged.filter(({ ordinal }) => !leaving.has(ordinal))
    } else if (choice < 0.75) {
      view.rows.publish()
      view.published = view.staged
    } else if (choice < 0.85) {
      held.push({ snapshot: view.rows.snapshot(), expected: [naiveSearch(view.published, probe, query.best)] })
    } else if (choice < 0.96) {
      const chosen = held[random.integer(held.length)]
      if (chosen === undefined) continue
      assert.deepEqual(await search.search(chosen.snapshot, query), chosen.expected)
      chosen.snapshot.release()
      held = held.filter(other => other !== chosen)
    } else {
      view.rows.close()
      views[at] = fresh()
    }
    assert.equal(view.rows.live, views[at] === view ? view.staged.length : 0)
  }
  for (const { rows } of views) rows.close()
  for (const { snapshot, expected } of held) {
    assert.deepEqual(await search.search(snapshot, query), expected)
    snapshot.release()
  }
  assert.equal(memory.out.size, 0)
})

test('successive views take the memory of one', async () => {
  const memory = watched()
  const batch = batchOf(randomReferences(createRandom(2), 3000, dimension, 100, 20), dimension)
  let after: number | undefined
  for (let round = 0; round < 10; round++) {
    const rows = createReferenceRows(dimension, memory)
    rows.append(batch)
    rows.publish()
    const snapshot = rows.snapshot()
    const searching = search.search(snapshot, query)
    rows.close()
    await searching
    snapshot.release()
    after ??= memory.all.size
  }
  assert.equal(memory.all.size, after)
})
