import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { createExactSearch } from '../../../src/features/galleries/search/exact-search.js'
import { createReferenceRows, type ReferenceRows } from '../../../src/features/galleries/search/reference-rows.js'
import { createSharedMemory } from '../../../src/features/galleries/search/shared-memory.js'
import { subjectSet } from '../../../src/features/galleries/search/subject-set.js'
import { createRandom, type Random } from '../../../src/science/linear-algebra/random.js'
import { batchOf, naiveSearch, randomReferences, type Reference } from '../../support/gallery-rows.js'
import { gaussian } from '../../support/synthetic-pairs.js'

const search = createExactSearch({ threads: 2 })
after(() => search.close())

const memory = createSharedMemory()

function quantised (references: readonly Reference[], dimension: number): ReferenceRows {
  const rows = createReferenceRows(dimension, memory, 'int8')
  rows.append(batchOf(references, dimension))
  rows.publish()
  return rows
}

/** Reads references as a database would, and counts them. */
function reader (references: readonly Reference[], dimension: number) {
  const byOrdinal = new Map(references.map(reference => [reference.ordinal, reference]))
  const counted = { rows: 0 }
  return {
    counted,
    read: async (ordinals: readonly number[]) => {
      counted.rows += ordinals.length
      return await Promise.resolve(batchOf(ordinals.flatMap(ordinal => byOrdinal.get(ordinal) ?? []), dimension))
    }
  }
}

const probesOf = (probes: readonly Reference[], dimension: number) => batchOf(probes, dimension).vectors

test('quantised vectors give what a loop over all references gives, with removals, filters and ties', async () => {
  const random = createRandom(15)
  for (let round = 0; round < 40; round++) {
    const dimension = 1 + random.integer(70)
    const subjects = 1 + random.integer(300)
    const references = randomReferences(
      random,
      random.integer(5000),
      dimension,
      subjects,
      round % 2 === 0 ? 3 + random.integer(20) : Infinity
    )
    const probes = randomReferences(random, 1 + random.integer(round % 10 === 0 ? 140 : 3), dimension, 1)
    const best = 1 + random.integer(round % 3 === 0 ? 2 * subjects : 12)
    const removed = new Set(references.filter(() => random.next() < (round % 4) / 4).map(({ ordinal }) => ordinal))
    const allowed = round % 3 === 1
      ? undefined
      : new Set(references.filter(() => random.next() < 0.01).map(({ subject }) => subject))
    const rows = quantised(references, dimension)
    rows.remove(removed)
    rows.publish()
    const wanted = references.filter(({ ordinal, subject }) => !removed.has(ordinal) && allowed?.has(subject) !== false)
    assert.deepEqual(
      await search.searchQuantised(rows.snapshot(), {
        probes: probesOf(probes, dimension),
        best,
        ...(allowed === undefined ? {} : { allowed: subjectSet(allowed) })
      }, reader(references, dimension).read),
      probes.map(({ vector }) => naiveSearch(wanted, vector, best))
    )
    rows.close()
  }
})

/** Rows that quantise badly: tiny, huge, of a huge dynamic range, nearly equal, equal, zero. */
function adversarial (random: Random, count: number, dimension: number): Reference[] {
  const draw = (scale = 1) => Array.from({ length: dimension }, () => Math.fround(scale * gaussian(random)))
  const common = draw()
  const kinds: (() => number[])[] = [
    draw,
    () => draw(1e-30),
    () => draw(1e-44),
    () => draw(1e15),
    () => draw().map((value, i) => i === random.integer(dimension) ? 1e6 : value),
    () => draw().map((value, i) => Math.fround(value * 10 ** (i % 12 - 6))),
    () => common,
    () => common.map(value => Math.fround(value * (1 + 1e-6 * random.next()))),
    () => common.map((value, i) => i === 0 ? Math.fround(value + 1e-4) : value),
    () => common.map(() => 0)
  ]
  return Array.from({ length: count }, (_, i) => ({
    ordinal: i + 1,
    subject: 1 + random.integer(count / 3),
    vector: kinds[random.integer(kinds.length)]!()
  }))
}

test('recall is 1 for 1,000 probes of adversarial rows, and the scores are those of an exact search', async () => {
  const random = createRandom(16)
  const dimension = 48
  const references = adversarial(random, 6000, dimension)
  const whole = createReferenceRows(dimension)
  whole.append(batchOf(references, dimension))
  whole.publish()
  const rows = quantised(references, dimension)
  const probes = probesOf(adversarial(random, 1000, dimension), dimension)
  const { read } = reader(references, dimension)
  const query = { probes, best: 10 }
  assert.deepEqual(
    await search.searchQuantised(rows.snapshot(), query, read),
    await search.search(whole.snapshot(), query)
  )
})

test('few of the rows are read', async () => {
  const random = createRandom(17)
  const dimension = 256
  const references = randomReferences(random, 40_000, dimension, 40_000)
  const rows = quantised(references, dimension)
  const probes = randomReferences(random, 20, dimension, 1)
  const { read, counted } = reader(references, dimension)
  assert.deepEqual(
    await search.searchQuantised(rows.snapshot(), { probes: probesOf(probes, dimension), best: 5 }, read),
    probes.map(({ vector }) => naiveSearch(references, vector, 5))
  )
  assert.ok(counted.rows < 20 * 100, `${counted.rows} rows were read`)
})

test('where too many rows pass, the caller is told', async () => {
  const copies = Array.from({ length: 70_000 }, (_, i) => ({ ordinal: i + 1, subject: i + 1, vector: [0.6, 0.8] }))
  const rows = quantised(copies, 2)
  const probes = probesOf(Array.from({ length: 32 }, () => copies[0]!), 2)
  const { read } = reader(copies, 2)
  assert.equal(await search.searchQuantised(rows.snapshot(), { probes, best: 1 }, read), undefined)
})
