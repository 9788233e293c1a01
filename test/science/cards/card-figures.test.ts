import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { TemplateMatrix } from '../../../src/science/linear-algebra/matrix.js'
import { createRandom, type Random } from '../../../src/science/linear-algebra/random.js'
import { compare } from '../../../src/science/scores/comparisons.js'
import { detPoints } from '../../../src/science/scores/det.js'
import { identificationRates, identify, type IdentificationRates } from '../../../src/science/scores/identification.js'
import { measure } from '../../../src/science/scores/metrics.js'
import { scoreDistribution } from '../../../src/science/scores/score-distribution.js'
import { createEngineProducts } from '../../../src/engines/onnx/products.js'

const engine = createEngineProducts({ threads: 1 })
after(() => engine.release())

/** Unit vectors of few different values in four dimensions: their products coincide often, and are exact. */
function templatesWithTies (rows: number, random: Random): TemplateMatrix {
  const data = new Float32Array(rows * 4)
  for (let i = 0; i < rows; i++) {
    if (random.next() < 0.3) data[i * 4 + random.integer(4)] = random.next() < 0.5 ? 1 : -1
    else for (let k = 0; k < 4; k++) data[i * 4 + k] = random.next() < 0.5 ? 0.5 : -0.5
  }
  return { rows, cols: 4, data }
}

interface Scored {
  readonly score: number
  readonly mated: boolean
}

/** Average precision and rank of the best mate by sorting the whole gallery, other identities first among equals. */
function byDefinition (gallery: readonly Scored[]) {
  const sorted = [...gallery].sort((a, b) => b.score - a.score || Number(a.mated) - Number(b.mated))
  let mates = 0
  let precisions = 0
  let othersBefore = 0
  let rank = 0
  sorted.forEach(({ mated }, k) => {
    if (!mated) {
      if (mates === 0) othersBefore++
      return
    }
    mates++
    precisions += mates / (k + 1)
    if (mates === 1) rank = othersBefore + 1
  })
  return mates === 0 ? undefined : { rank, averagePrecision: precisions / mates }
}

function ratesByDefinition (galleries: readonly Scored[][], identity: Int32Array) {
  const groups = new Map<number, { rank: number, averagePrecision: number }[]>()
  galleries.forEach((gallery, i) => {
    const result = byDefinition(gallery)
    if (result !== undefined) groups.set(identity[i]!, [...groups.get(identity[i]!) ?? [], result])
  })
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
  const all = [...groups.values()]
  const byIdentity = (value: (probe: { rank: number, averagePrecision: number }) => number) =>
    mean(all.map(group => mean(group.map(value))))
  return {
    probes: all.flat().length,
    identities: all.length,
    rate: (rank: number) => byIdentity(probe => Number(probe.rank <= rank)),
    ratePooled: (rank: number) => mean(all.flat().map(probe => Number(probe.rank <= rank))),
    meanAveragePrecision: byIdentity(probe => probe.averagePrecision),
    meanAveragePrecisionPooled: mean(all.flat().map(probe => probe.averagePrecision))
  }
}

const close = (a: number | null, b: number, what: string) =>
  assert.ok(a !== null && Math.abs(a - b) < 1e-9, `${what}: ${a}, expected ${b}`)

function assertRates (
  rates: IdentificationRates,
  expected: ReturnType<typeof ratesByDefinition>,
  gallery: number
): void {
  assert.deepEqual([rates.probes, rates.identities, rates.gallery], [expected.probes, expected.identities, gallery])
  for (const [rank, rate] of [[1, rates.rank1], [5, rates.rank5], [10, rates.rank10], [20, rates.rank20]] as const) {
    if (rank > gallery) assert.equal(rate, null)
    else close(rate, expected.rate(rank), `rank ${rank}`)
  }
  for (const point of rates.cmc) {
    close(point.rate, expected.rate(point.rank), `CMC at ${point.rank}`)
    close(point.ratePooled, expected.ratePooled(point.rank), `pooled CMC at ${point.rank}`)
  }
  close(rates.meanAveragePrecision, expected.meanAveragePrecision, 'mAP')
  close(rates.meanAveragePrecisionPooled, expected.meanAveragePrecisionPooled, 'pooled mAP')
  assert.ok(rates.rank1Interval!.lower <= rates.rank1! && rates.rank1! <= rates.rank1Interval!.upper)
}

for (const within of [false, true]) {
  test(`identification ${within ? 'within one space' : 'between two spaces'} is what sorting every gallery gives, ties against the probe`, async () => {
    for (let seed = 1; seed <= 25; seed++) {
      const random = createRandom(seed)
      const n = 6 + random.integer(40)
      const identity = Int32Array.from({ length: n }, () => random.integer(1 + Math.floor(n / 3)))
      identity.set([0, 0, 1])
      const probes = templatesWithTies(n, random)
      const references = within ? probes : templatesWithTies(n, random)
      const score = (i: number, j: number) =>
        probes.data.subarray(i * 4, i * 4 + 4).reduce((sum, value, k) => sum + value * references.data[j * 4 + k]!, 0)
      const galleries = (sameImage: boolean) =>
        Array.from({ length: n }, (_, i) =>
          Array.from({ length: n }, (_, j) => j)
            .filter(j => sameImage || j !== i).map(j => ({ score: score(i, j), mated: identity[i] === identity[j] })))

      const found = identificationRates(
        await identify(probes, within ? undefined : references, identity, engine),
        identity,
        1
      )
      assertRates(found.otherImages, ratesByDefinition(galleries(false), identity), n - 1)
      if (within) assert.equal(found.sameImage, null)
      else assertRates(found.sameImage!, ratesByDefinition(galleries(true), identity), n)
    }
  })
}

test("rank-1 is that of the verification metrics, with and without the probe's own image", async () => {
  const random = createRandom(3)
  const identity = Int32Array.from({ length: 60 }, (_, i) => i % 25)
  const [probes, references] = [templatesWithTies(60, random), templatesWithTies(60, random)]
  const { rank1, rank1SameImage } = measure(await compare(probes, references, identity, engine), 1, false)
  const { otherImages, sameImage } = identificationRates(
    await identify(probes, references, identity, engine),
    identity,
    1
  )
  assert.equal(otherImages.rank1, rank1)
  close(sameImage!.cmc[0]!.ratePooled, rank1SameImage!, 'same image')
})

test('a gallery searched in several blocks gives what one block gives', async () => {
  const n = 2500 // 4 million scores make a block of 1,600 rows
  const identity = Int32Array.from({ length: n }, (_, i) => i >> 1)
  const angle = (i: number) => (i >> 1) / n * Math.PI
  const templates = {
    rows: n,
    cols: 2,
    data: Float32Array.from(
      { length: 2 * n },
      (_, k) => k % 2 === 0 ? Math.cos(angle(k >> 1)) : Math.sin(angle(k >> 1))
    )
  }
  const { otherImages } = await identify(templates, undefined, identity, engine)
  // Both images of an identity are one point, which no other identity shares.
  assert.ok(otherImages.rank.every(rank => rank === 1))
  assert.ok(otherImages.averagePrecision.every(precision => precision === 1))
})

test('known galleries give known average precisions', async () => {
  // The probe is at angle 0; its mates are second and fourth among five.
  const angles = [0, 0.1, 0.2, 0.3, 0.4, 0.5]
  const templates = { rows: 6, cols: 2, data: Float32Array.from(angles.flatMap(a => [Math.cos(a), Math.sin(a)])) }
  const { otherImages } = await identify(templates, undefined, Int32Array.of(0, 1, 0, 2, 0, 3), engine)
  assert.equal(otherImages.rank[0], 2)
  assert.equal(otherImages.averagePrecision[0], (1 / 2 + 2 / 4) / 2)
  assert.equal(otherImages.rank[1], 0, 'no mate in the gallery')
})

test('without a second image of anybody only the gallery with the same image can be searched', async () => {
  const random = createRandom(1)
  const [probes, references] = [templatesWithTies(12, random), templatesWithTies(12, random)]
  const identity = Int32Array.from({ length: 12 }, (_, i) => i)
  const { otherImages, sameImage } = identificationRates(
    await identify(probes, references, identity, engine),
    identity,
    1
  )
  assert.deepEqual([otherImages.probes, otherImages.rank1, otherImages.meanAveragePrecision, otherImages.cmc], [
    0,
    null,
    null,
    []
  ])
  assert.equal(sameImage!.probes, 12)
})

test('every DET point is what counting the scores at its threshold gives', async () => {
  for (let seed = 1; seed <= 10; seed++) {
    const random = createRandom(seed)
    const n = 30 + random.integer(40)
    const identity = Int32Array.from({ length: n }, () => random.integer(12))
    const [probes, references] = [templatesWithTies(n, random), templatesWithTies(n, random)]
    const nonMated: number[] = []
    const mated = new Map<number, number[]>()
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) {
        const score = probes.data.subarray(i * 4, i * 4 + 4).reduce(
          (sum, value, k) => sum + value * references.data[j * 4 + k]!,
          0
        )
        if (identity[i] !== identity[j]) nonMated.push(score)
        else if (i !== j) mated.set(identity[i]!, [...mated.get(identity[i]!) ?? [], score])
      }
    }
    const points = detPoints(await compare(probes, references, identity, engine))
    assert.equal(points[0]!.fmr, 0.5)
    assert.equal(points.at(-1)!.fmr, 3 / nonMated.length)
    const below = (scores: number[], threshold: number) =>
      scores.filter(score => score < threshold).length / scores.length
    points.forEach(({ fmr, threshold, fnmr, fnmrPooled }, k) => {
      assert.ok(nonMated.filter(score => score >= threshold).length <= fmr * nonMated.length + 1e-9)
      close(fnmrPooled, below([...mated.values()].flat(), threshold), 'pooled')
      close(
        fnmr,
        [...mated.values()].reduce((sum, scores) => sum + below(scores, threshold), 0) / mated.size,
        'by identity'
      )
      if (k > 0) assert.ok(fmr < points[k - 1]!.fmr && fnmr >= points[k - 1]!.fnmr)
    })
  }
})

test('the distribution of scores counts each in the bin it belongs to', async () => {
  const random = createRandom(8)
  const identity = Int32Array.from({ length: 50 }, () => random.integer(10))
  const [probes, references] = [templatesWithTies(50, random), templatesWithTies(50, random)]
  const { from, binWidth, nonMated, mated } = scoreDistribution(await compare(probes, references, identity, engine))!
  assert.deepEqual([nonMated.length, mated.length, from], [60, 60, -1])
  const expected = new Array<number>(60).fill(0)
  let total = 0
  for (let i = 0; i < 50; i++) {
    for (let j = 0; j < 50; j++) {
      if (identity[i] === identity[j]) continue
      // A score of 1 lies in the bin just below 1.
      const score = Math.min(
        1 - 1e-6,
        probes.data.subarray(i * 4, i * 4 + 4).reduce((sum, value, k) => sum + value * references.data[j * 4 + k]!, 0)
      )
      const bin = Math.floor((score - from) / binWidth)
      expected[bin] = expected[bin]! + 1
      total++
    }
  }
  nonMated.forEach((share, k) => assert.ok(Math.abs(share - expected[k]! / total) < 1e-6, `bin ${k}`))
  for (const shares of [nonMated, mated]) assert.ok(Math.abs(shares.reduce((sum, share) => sum + share, 0) - 1) < 1e-4)
})
