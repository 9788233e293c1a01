import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRandom } from '../../../src/science/linear-algebra/random.js'
import { clusterByAverageLinkage } from '../../../src/science/cards/clustering.js'

function symmetric (n: number, value: () => number): number[][] {
  const distances = Array.from({ length: n }, () => new Array<number>(n).fill(0))
  for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) distances[i]![j] = distances[j]![i] = value()
  return distances
}

/** By the definition: the mean over all pairs of members, computed anew for every merge. */
function naive (distances: number[][]): { members: number[], height: number }[] {
  let clusters = distances.map((_, i) => [i])
  const merges = []
  while (clusters.length > 1) {
    let best = { a: 0, b: 0, height: Infinity }
    for (let a = 0; a < clusters.length; a++) {
      for (let b = 0; b < a; b++) {
        const all = clusters[a]!.flatMap(i => clusters[b]!.map(j => distances[i]![j]!))
        const height = all.reduce((sum, value) => sum + value, 0) / all.length
        if (height < best.height) best = { a, b, height }
      }
    }
    const members = [...clusters[best.a]!, ...clusters[best.b]!].sort((x, y) => x - y)
    clusters = [...clusters.filter((_, k) => k !== best.a && k !== best.b), members]
    merges.push({ members, height: best.height })
  }
  return merges
}

test('average linkage agrees with its definition', () => {
  const random = createRandom(3)
  for (const n of [2, 3, 5, 9, 14]) {
    const distances = symmetric(n, () => random.next())
    const { merges, order } = clusterByAverageLinkage(distances)
    const members: number[][] = distances.map((_, i) => [i])
    const found = merges.map(({ left, right, height, size }) => {
      const joined = [...members[left]!, ...members[right]!].sort((x, y) => x - y)
      members.push(joined)
      assert.equal(size, joined.length)
      return { members: joined, height }
    })
    const expected = naive(distances)
    assert.deepEqual(found.map(merge => merge.members), expected.map(merge => merge.members))
    found.forEach(({ height }, k) => assert.ok(Math.abs(height - expected[k]!.height) < 1e-12))
    assert.deepEqual([...order].sort((x, y) => x - y), distances.map((_, i) => i))
  }
})

test('the order of the leaves keeps every cluster together', () => {
  const random = createRandom(8)
  const { merges, order } = clusterByAverageLinkage(symmetric(12, () => random.next()))
  const members: number[][] = Array.from({ length: 12 }, (_, i) => [i])
  for (const { left, right } of merges) {
    const joined = [...members[left]!, ...members[right]!]
    members.push(joined)
    const positions = joined.map(model => order.indexOf(model))
    assert.equal(Math.max(...positions) - Math.min(...positions), joined.length - 1)
  }
})

test('clusters at the same distance refer to earlier merges only', () => {
  const { merges } = clusterByAverageLinkage(symmetric(6, () => 0.3))
  merges.forEach(({ left, right, height }, k) => {
    assert.ok(left < 6 + k && right < 6 + k)
    assert.ok(Math.abs(height - 0.3) < 1e-12)
  })
})

test('what is no matrix of distances is refused', () => {
  for (
    const [distances, message] of [
      [[[0]], /at least 2 models, received 1/],
      [[[0, 1], [1]], /expected 2 numbers in row 1, received 1/],
      [[[0, 1], [2, 0]], /symmetric.*received 1 in row 0, column 1/],
      [[[0, -1], [-1, 0]], /received -1/],
      [[[0, NaN], [NaN, 0]], /received NaN/],
      [[[1, 1], [1, 0]], /received 1 in row 0, column 0/]
    ] as const
  ) assert.throws(() => clusterByAverageLinkage(distances), message)
})
