import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { GroupViews, ShardView } from '../../../src/features/galleries/group-views.js'
import { createIndexing } from '../../../src/features/galleries/indexing.js'
import type { Catalogue } from '../../../src/features/catalogue/catalogue.js'
import type { GalleryReader } from '../../../src/features/galleries/store/contents.js'
import type { OpenShard } from '../../../src/features/galleries/store/head.js'
import type { IndexChange, IndexedView, VectorIndex } from '../../../src/features/galleries/store/vector-index.js'
import { batchOf } from '../../support/gallery-rows.js'

/** An index at a position, as the database keeps it for all searches. */
function createIndex (position: number) {
  let stored: IndexedView | undefined = {
    galleryId: 'g',
    view: 1,
    key: 'k',
    dimension: 1,
    epoch: 1,
    position,
    state: 'ready'
  }
  const ordinals: number[] = []
  const index = {
    views: async () => stored === undefined ? [] : [stored],
    async advance (_indexed: IndexedView, { since, position, added }: IndexChange) {
      if (stored?.position !== since) return false
      stored = { ...stored, position }
      ordinals.push(...added!.ordinals)
      return true
    }
  } as unknown as VectorIndex
  return {
    ordinals,
    drop () {
      stored = undefined
    },
    indexing: createIndexing(
      index,
      { countAfter: async () => 0 } as unknown as GalleryReader,
      {} as GroupViews,
      {} as Catalogue
    )
  }
}

const shard = { id: 'g', epoch: 1, encrypted: false } as OpenShard

/** A gallery with a template at each position up to its head, read ten at a time. */
const viewAt = (head: number, meanwhile: () => Promise<void> = async () => {}) =>
  ({
    shard,
    key: 'k',
    group: {},
    async *referencesAfter (position: number) {
      for (let from = position + 1; from <= head; from += 10) {
        const page = Array.from(
          { length: Math.min(10, head - from + 1) },
          (_, i) => ({ ordinal: from + i, subject: 1, vector: [1] })
        )
        if (from === position + 1) await meanwhile()
        yield batchOf(page, 1)
      }
    }
  }) as unknown as ShardView

test('an index that another search brings up to an older head is brought up to its own', async () => {
  const { indexing, ordinals } = createIndex(50)
  let other: Promise<unknown> | undefined
  const ready = await indexing.ready(
    viewAt(120, async () => {
      await (other ??= indexing.ready(viewAt(100)))
    })
  )
  assert.equal(ready?.indexed.view, 1)
  assert.deepEqual(ordinals, Array.from({ length: 70 }, (_, i) => 51 + i))
})

test('an index that is deleted meanwhile is not searched', async () => {
  const { indexing, drop } = createIndex(50)
  assert.equal(await indexing.ready(viewAt(120, async () => drop())), undefined)
})
