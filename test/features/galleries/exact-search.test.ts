import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { createRandom } from '../../../src/science/linear-algebra/random.js'
import type { SubjectMatch } from '../../../src/features/galleries/search/best-subjects.js'
import { createExactSearch } from '../../../src/features/galleries/search/exact-search.js'
import type { SubjectQuery } from '../../../src/features/galleries/search/subject-query.js'
import { createReferenceRows, type ReferenceBatch } from '../../../src/features/galleries/search/reference-rows.js'
import { sharePasses } from '../../../src/features/galleries/search/share-passes.js'
import { subjectSet } from '../../../src/features/galleries/search/subject-set.js'
import { batchOf, naiveSearch, randomReferences, type Reference } from '../../support/gallery-rows.js'

const search = createExactSearch({ threads: 2 })
after(() => search.close())

const first = (matches: SubjectMatch[], best: number) => matches.slice(0, best)

const inBatches = (references: readonly Reference[], size: number, dimension: number) =>
  Array.from(
    { length: Math.ceil(references.length / size) },
    (_, at) => batchOf(references.slice(at * size, (at + 1) * size), dimension)
  )

async function* streamed (batches: readonly ReferenceBatch[]) {
  for (const batch of batches) yield await Promise.resolve(batch)
}

function queryOf (probes: readonly Reference[], dimension: number, rest: Omit<SubjectQuery, 'probes'>): SubjectQuery {
  return { probes: batchOf(probes, dimension).vectors, ...rest }
}

test('a search finds what a loop over all references finds, with removals, filters and ties', async () => {
  const random = createRandom(5)
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

    const rows = createReferenceRows(dimension)
    for (const batch of inBatches(references, 1 + random.integer(3000), dimension)) rows.append(batch)
    rows.remove(removed)
    rows.publish()
    const query = queryOf(probes, dimension, {
      best,
      ...(allowed === undefined ? {} : { allowed: subjectSet(allowed) })
    })
    const kept = references.filter(({ ordinal }) => !removed.has(ordinal))
    const wanted = kept.filter(({ subject }) => allowed?.has(subject) !== false)
    const expected = probes.map(({ vector }) => naiveSearch(wanted, vector, best))

    assert.equal(rows.live, kept.length)
    assert.deepEqual(await search.search(rows.snapshot(), query), expected)
    assert.deepEqual(
      await search.stream(streamed(inBatches(kept, 1 + random.integer(3000), dimension)), query),
      expected
    )
  }
})

test('several threads search several blocks', async () => {
  const random = createRandom(6)
  const references = randomReferences(random, 100_000, 64, 30_000, 500)
  const probes = randomReferences(random, 3, 64, 1)
  const rows = createReferenceRows(64)
  for (const batch of inBatches(references, 5000, 64)) rows.append(batch)
  rows.publish()
  assert.ok(rows.snapshot().blocks.length > 3)
  assert.deepEqual(
    await search.search(rows.snapshot(), queryOf(probes, 64, { best: 50 })),
    probes.map(({ vector }) => naiveSearch(references, vector, 50))
  )
})

test('numbers whose product overflows single precision are compared too', async () => {
  const rows = createReferenceRows(2)
  rows.append(
    batchOf(
      [{ ordinal: 1, subject: 1, vector: [2e19, -2e19] }, { ordinal: 2, subject: 2, vector: [2e19, 0] }, {
        ordinal: 3,
        subject: 3,
        vector: [0, 1]
      }].map(reference => ({ ...reference, vector: reference.vector.map(Math.fround) })),
      2
    )
  )
  rows.publish()
  const [found] = await search.search(
    rows.snapshot(),
    queryOf([{ ordinal: 1, subject: 1, vector: [2e19, 2e19] }], 2, { best: 3 })
  )
  assert.deepEqual(found!.map(({ subject }) => subject), [2, 3, 1])
})

test('a search sees what was published before it began', async () => {
  const random = createRandom(7)
  const before = randomReferences(random, 30_000, 8, 9000)
  const rows = createReferenceRows(8)
  rows.append(batchOf(before, 8))
  rows.publish()
  const probes = randomReferences(random, 2, 8, 1)
  const find = (references: readonly Reference[]) => probes.map(({ vector }) => naiveSearch(references, vector, 20))

  // Whoever is best is replaced by a template that is not: for a moment there would be neither.
  const found = new Set(find(before).flat().map(({ subject }) => subject))
  const leaving = before.filter(({ subject }) => found.has(subject))
  const arriving = leaving.map(({ subject }, i) => ({
    subject,
    ordinal: before.at(-1)!.ordinal + 1 + i,
    vector: before[i]!.vector
  }))
  const left = new Set(leaving.map(({ ordinal }) => ordinal))
  rows.remove(left)
  const staged = search.search(rows.snapshot(), queryOf(probes, 8, { best: 20 }))
  rows.append(batchOf(arriving, 8))
  const alsoStaged = search.search(rows.snapshot(), queryOf(probes, 8, { best: 20 }))
  rows.publish()
  const published = search.search(rows.snapshot(), queryOf(probes, 8, { best: 20 }))

  assert.deepEqual(await staged, find(before))
  assert.deepEqual(await alsoStaged, find(before))
  assert.deepEqual(await published, find([...before.filter(({ ordinal }) => !left.has(ordinal)), ...arriving]))
})

test('memory of removed rows is released, and a search that began before still finds them', async () => {
  const random = createRandom(8)
  const references = randomReferences(random, 100_000, 64, 5000, 700)
  const probes = randomReferences(random, 1, 64, 1)
  const rows = createReferenceRows(64)
  rows.append(batchOf(references, 64))
  rows.publish()
  const [snapshot, full] = [rows.snapshot(), rows.bytes]
  const kept = references.filter((_, i) => i % 10 === 0)
  rows.remove(references.filter((_, i) => i % 10 !== 0).map(({ ordinal }) => ordinal))
  rows.publish()

  assert.ok(rows.bytes < full / 5, `${rows.bytes} of ${full} bytes are left`)
  assert.equal(rows.live, kept.length)
  const query = queryOf(probes, 64, { best: 10 })
  assert.deepEqual(await search.search(snapshot, query), [naiveSearch(references, probes[0]!.vector, 10)])
  assert.deepEqual(await search.search(rows.snapshot(), query), [naiveSearch(kept, probes[0]!.vector, 10)])

  // What was put together can be taken apart, and grows again.
  const fewer = kept.filter((_, i) => i % 7 !== 0)
  rows.remove(kept.filter((_, i) => i % 7 === 0).map(({ ordinal }) => ordinal))
  const more = randomReferences(random, 20_000, 64, 5000, 700).map(reference => ({
    ...reference,
    ordinal: reference.ordinal + rows.lastOrdinal
  }))
  rows.append(batchOf(more, 64))
  rows.publish()
  assert.deepEqual(await search.search(rows.snapshot(), query), [
    naiveSearch([...fewer, ...more], probes[0]!.vector, 10)
  ])

  rows.remove([...fewer, ...more].map(({ ordinal }) => ordinal))
  rows.publish()
  assert.equal(rows.bytes, 0)
  assert.deepEqual(await search.search(rows.snapshot(), query), [[]])
})

test('queries that wait are searched together, each with its own answer', async () => {
  const random = createRandom(11)
  const references = randomReferences(random, 20_000, 16, 4000)
  const rows = createReferenceRows(16)
  rows.append(batchOf(references, 16))
  rows.publish()
  const allowed = new Set([1, 2, 3, 5, 8, 13])
  const asked = Array.from(
    { length: 25 },
    (_, i) => ({ probes: randomReferences(random, 1 + i % 3, 16, 1), best: 1 + i % 7, filtered: i % 5 === 4 })
  )
  const found = await Promise.all(
    asked.map(({ probes, best, filtered }) =>
      search.search(
        rows.snapshot(),
        queryOf(probes, 16, { best, ...(filtered ? { allowed: subjectSet(allowed) } : {}) })
      )
    )
  )
  assert.deepEqual(
    found,
    asked.map(({ probes, best, filtered }) =>
      probes.map(({ vector }) =>
        naiveSearch(filtered ? references.filter(({ subject }) => allowed.has(subject)) : references, vector, best)
      )
    )
  )
})

test('concurrent queries cost less than sequential ones', async () => {
  let passes = 0
  const shared = sharePasses<SubjectMatch[]>(async (_snapshot, { probes }) => {
    passes++
    await setImmediate()
    if (probes.rows > 1 && passes === 3) throw new Error('lost')
    return Array.from({ length: probes.rows }, (_, i) => [{ subject: i, ordinal: i, score: probes.data[i]! }])
  }, first)
  const { snapshot } = createReferenceRows(1)
  const ask = (value: number) =>
    shared(snapshot(), { probes: { rows: 1, cols: 1, data: Float32Array.of(value) }, best: 1 })
  const found = await Promise.all(Array.from({ length: 10 }, (_, i) => ask(i)))
  assert.deepEqual(found.map(([list]) => list![0]!.score), Array.from({ length: 10 }, (_, i) => i))
  assert.equal(passes, 2)

  // What fails, fails for those who shared it, and goes on with the next.
  await setImmediate()
  passes = 1
  const results = await Promise.allSettled(Array.from({ length: 3 }, (_, i) => ask(i)))
  assert.deepEqual(results.map(({ status }) => status), ['fulfilled', 'rejected', 'rejected'])
  assert.equal((await ask(7))[0]![0]!.score, 7)
})

/** Passes that a test lets end. */
function steppedPasses () {
  const passes: { readonly probes: number[], readonly end: () => void }[] = []
  const shared = sharePasses<SubjectMatch[]>((_snapshot, { probes: { data } }) =>
    new Promise(resolve => {
      passes.push({
        probes: [...data],
        end: () => {
          resolve(Array.from(data, value => [{ subject: value, ordinal: value, score: value }]))
        }
      })
    }), first)
  const { snapshot } = createReferenceRows(1)
  const ask = (values: readonly number[], best: number, signal?: AbortSignal) =>
    shared(snapshot(), { probes: { rows: values.length, cols: 1, data: Float32Array.from(values) }, best, signal })
  return {
    passes,
    ask,
    turn: async () => {
      await setImmediate()
    }
  }
}
const upTo = (count: number, first = 0) => Array.from({ length: count }, (_, i) => first + i)

test('a single probe waits for at most one pass of a thousand, and a pass has a bounded number of candidates', async () => {
  const { passes, ask, turn } = steppedPasses()
  const large = ask(upTo(1000), 1000)
  const small = ask([5000], 1)
  assert.deepEqual(passes.map(({ probes }) => probes.length), [16])
  passes[0]!.end()
  assert.deepEqual(await Promise.race([small, turn().then(() => 'waits')]), 'waits')
  assert.deepEqual(passes[1]!.probes, [5000, ...upTo(15, 16)])
  passes[1]!.end()
  assert.deepEqual((await small).flat(), [{ subject: 5000, ordinal: 5000, score: 5000 }])
  for (let at = 2; at < passes.length; at++) {
    passes[at]!.end()
    await turn()
  }
  assert.deepEqual((await large).flat().map(({ subject }) => subject), upTo(1000))
})

test('queries beyond the size of a pass are served in the order of their arrival', async () => {
  const { passes, ask, turn } = steppedPasses()
  const first = ask([0], 1000)
  const waiting = upTo(40, 1).map(value => ask([value, value], 1000))
  for (let at = 0; at < passes.length; at++) {
    passes[at]!.end()
    await turn()
  }
  await Promise.all([first, ...waiting])
  assert.deepEqual([...new Set(passes.slice(1, 3).flatMap(({ probes }) => probes))], upTo(16, 1))
})

test('an abandoned search is not continued', async () => {
  const { passes, ask, turn } = steppedPasses()
  const leaving = new AbortController()
  const large = assert.rejects(ask(upTo(1000), 1, leaving.signal), /left/)
  leaving.abort(new Error('left'))
  passes[0]!.end()
  await large
  await turn()
  assert.equal(passes.length, 1)
})

test('no references, no probes, or no candidates requested', async () => {
  const rows = createReferenceRows(3)
  rows.publish()
  const probe = { ordinal: 1, subject: 1, vector: [1, 2, 3] }
  assert.deepEqual(await search.search(rows.snapshot(), queryOf([probe], 3, { best: 5 })), [[]])
  assert.deepEqual(await search.search(rows.snapshot(), queryOf([], 3, { best: 5 })), [])
  rows.append(batchOf([probe], 3))
  rows.publish()
  assert.deepEqual(await search.search(rows.snapshot(), queryOf([probe], 3, { best: 0 })), [[]])
  assert.deepEqual(await search.search(rows.snapshot(), queryOf([probe], 3, { best: 5, allowed: subjectSet([]) })), [
    []
  ])
  assert.deepEqual(await search.stream(streamed([batchOf([], 3)]), queryOf([probe], 3, { best: 5 })), [[]])
})

test('mismatched dimensions are refused', async () => {
  const rows = createReferenceRows(3)
  const reference = { ordinal: 4, subject: 1, vector: [1, 2, 3] }
  rows.append(batchOf([reference], 3))
  rows.publish()
  assert.throws(() => {
    rows.append(batchOf([{ ...reference, ordinal: 5, vector: [1, 2] }], 2))
  }, /expected references of 3 numbers, received 2/)
  assert.throws(() => {
    rows.append(batchOf([reference], 3))
  }, /expected an ordinal above 4, received 4/)
  assert.throws(() => {
    rows.append({ ...batchOf([{ ...reference, ordinal: 5 }], 3), subjects: new Float64Array(2) })
  }, /expected 1 subjects, ordinals and rows, received 2, 1 and 1/)
  const query = queryOf([{ ...reference, vector: [1, 2] }], 2, { best: 1 })
  await assert.rejects(search.search(rows.snapshot(), query), /expected probes of 3 numbers, received 2/)
  await assert.rejects(
    search.stream(streamed([batchOf([reference], 3)]), query),
    /expected probes of 3 numbers, received 2/
  )
})

test('the memory of a stream is transferred, and its failure is reported once nothing runs', async () => {
  const references = randomReferences(createRandom(9), 2000, 8, 100)
  let read = 0
  async function* failing () {
    for (const batch of inBatches(references, 100, 8)) {
      read++
      yield await Promise.resolve(batch)
      assert.equal(batch.vectors.data.byteLength, 0, 'the memory has been given to a worker')
    }
    throw new Error('the database went away')
  }
  await assert.rejects(
    search.stream(failing(), queryOf(references.slice(0, 1), 8, { best: 3 })),
    /the database went away/
  )
  assert.equal(read, 20)
})

test('the calling thread stays free', async () => {
  const references = randomReferences(createRandom(10), 20_000, 64, 20_000)
  const rows = createReferenceRows(64)
  rows.append(batchOf(references, 64))
  rows.publish()
  const query = queryOf(references.slice(0, 1000), 64, { best: 10 })
  await search.search(rows.snapshot(), {
    ...query,
    probes: { ...query.probes, rows: 1, data: query.probes.data.slice(0, 64) }
  })
  const found = search.search(rows.snapshot(), query)
  let turns = 0
  const turning = setInterval(() => {
    turns++
  }, 1)
  assert.equal((await found).length, 1000)
  clearInterval(turning)
  assert.ok(turns > 20, `a timer of 1 ms fired ${turns} times`)
})
