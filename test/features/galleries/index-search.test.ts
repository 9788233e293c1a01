import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRandom } from '../../../src/science/linear-algebra/random.js'
import type { GroupView, ShardView } from '../../../src/features/galleries/group-views.js'
import { createIndexSearch } from '../../../src/features/galleries/index-search.js'
import type { Indexing } from '../../../src/features/galleries/indexing.js'
import type { IndexQuery } from '../../../src/features/galleries/store/vector-index.js'
import { batchOf, naiveSearch, randomReferences, type Reference } from '../../support/gallery-rows.js'

const dimension = 8
const random = createRandom(7)

/** A search by an index that misses nothing, and how much it read at a time. */
function createSearch (references: readonly Reference[], { templates = dimension } = {}) {
  const byOrdinal = new Map(references.map(reference => [reference.ordinal, reference]))
  const reads: number[] = []
  const index = {
    async candidates (_indexed: unknown, { probes: { rows, data }, limit }: IndexQuery) {
      return Array.from({ length: rows }, (_, probe) => {
        const vector = data.subarray(probe * dimension, (probe + 1) * dimension)
        const score = (reference: Reference) => reference.vector.reduce((sum, value, i) => sum + value * vector[i]!, 0)
        return references.map(reference => ({
          ordinal: reference.ordinal,
          subject: reference.subject,
          score: score(reference)
        }))
          .sort((a, b) => b.score - a.score || a.ordinal - b.ordinal).slice(0, limit)
      })
    }
  }
  const view = {
    async referencesAt (ordinals: readonly number[]) {
      reads.push(ordinals.length)
      return batchOf(ordinals.map(ordinal => byOrdinal.get(ordinal)!).sort((a, b) => a.ordinal - b.ordinal), dimension)
    }
  } as unknown as ShardView
  const search = createIndexSearch({ ready: async () => ({ index, indexed: { dimension } }) } as unknown as Indexing)
  return {
    reads,
    search: async (probes: readonly Reference[], best: number) =>
      await search({ space: { dimension: templates } } as GroupView, view, {
        probes: batchOf(probes, dimension).vectors,
        best
      }, {})
  }
}

test('many probes are searched in parts, and each finds what it would alone', async () => {
  const references = randomReferences(random, 3000, dimension, 3000)
  const probes = randomReferences(random, 60, dimension, 60)
  const { reads, search } = createSearch(references, { templates: 4096 })
  assert.deepEqual(await search(probes, 100), probes.map(({ vector }) => naiveSearch(references, vector, 100)))
  // 16 MiB of templates of 4096 numbers.
  assert.ok(Math.max(...reads) <= 1024, `${Math.max(...reads)} templates at once`)
  assert.ok(reads.length > 10)
})

test('only probes whose candidates are crowded out by few subjects are searched again for more', async () => {
  const crowd = Array.from(
    { length: 200 },
    (_, i) => ({ ordinal: i + 1, subject: 1, vector: [9, 0, 0, 0, 0, 0, 0, 0] })
  )
  const others = Array.from(
    { length: 20 },
    (_, i) => ({ ordinal: 1000 + i, subject: 2 + i, vector: [2 ** -i, 1, 0, 0, 0, 0, 0, 0] })
  )
  const references = [...crowd, ...others]
  const probes = [[1, 0, 0, 0, 0, 0, 0, 0], [0, 1, 0, 0, 0, 0, 0, 0]].map((vector, i) => ({
    ordinal: i,
    subject: i,
    vector
  }))
  const { reads, search } = createSearch(references)
  assert.deepEqual(await search(probes, 10), probes.map(({ vector }) => naiveSearch(references, vector, 10)))
  assert.deepEqual(reads.slice(1), [120, 220])
})
