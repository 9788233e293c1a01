import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EigenvalueDecomposition, Matrix as Dense, SingularValueDecomposition } from 'ml-matrix'
import { comparisonCandidates, createComparisonFitter } from '../../../src/science/alignment/comparison-candidates.js'
import { chooseComparison } from '../../../src/science/alignment/comparison-selection.js'
import {
  centredSide,
  nativeSide,
  normalisationOf,
  project,
  type ComparisonSpace
} from '../../../src/science/alignment/comparison-space.js'
import { createEngineProducts } from '../../../src/engines/onnx/products.js'
import { selectRows, type Matrix, type TemplateMatrix } from '../../../src/science/linear-algebra/matrix.js'
import { normaliseRows } from '../../../src/science/linear-algebra/normalise.js'
import { createRandom } from '../../../src/science/linear-algebra/random.js'
import { referenceProducts as products } from '../../../src/science/linear-algebra/reference-products.js'
import { shared } from '../../../src/science/linear-algebra/canonical-correlation.js'
import { centre, gatherStatistics, meanOfRows } from '../../../src/science/alignment/statistics.js'
import { whitening } from '../../../src/science/linear-algebra/whitening.js'
import { sharedTemplates, templatesMissing } from '../../support/shared-templates.js'
import { gaussian } from '../../support/synthetic-pairs.js'

function templates (rows: number, cols: number, seed: number, latent = Math.min(rows, 40)): TemplateMatrix {
  // The same latent variables for the same number of rows: what two models share.
  const random = createRandom(rows)
  const z = Array.from({ length: rows * latent }, () => gaussian(random))
  const own = createRandom(seed)
  const load = Array.from({ length: latent * cols }, () => gaussian(own))
  const data = new Float32Array(rows * cols)
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < cols; j++) {
      let sum = 2 + 3 * gaussian(own)
      for (let k = 0; k < latent; k++) sum += z[i * latent + k]! * load[k * cols + j]!
      data[i * cols + j] = sum
    }
  }
  return { rows, cols, data }
}

async function moments (a: TemplateMatrix, b: TemplateMatrix) {
  const rows = Array.from({ length: a.rows }, (_, i) => i)
  const [source, target] = [normaliseRows(a), normaliseRows(b)]
  const origins = { source: meanOfRows(source, rows), target: meanOfRows(target, rows) }
  return {
    forward: centre(await gatherStatistics(source, target, rows, origins, products)),
    backward: centre(
      await gatherStatistics(target, source, rows, { source: origins.target, target: origins.source }, products)
    )
  }
}

const dense = ({ rows, cols, data }: Matrix<Float32Array | Float64Array>) => Dense.from1DArray(rows, cols, data)

function inverseRoot (covariance: Matrix, g: number): Dense {
  const d = covariance.rows
  const shrunk = dense(covariance).mul(1 - g).add(Dense.eye(d).mul(g * dense(covariance).trace() / d))
  const { eigenvectorMatrix: Q, realEigenvalues } = new EigenvalueDecomposition(shrunk, { assumeSymmetric: true })
  return Q.mmul(Dense.diag(realEigenvalues.map(value => 1 / Math.sqrt(value)))).mmul(Q.transpose())
}

const relative = (a: Dense, b: Dense) => Dense.sub(a, b).norm('frobenius') / b.norm('frobenius')

test('whitening makes the shrunk covariance the identity, and scores as the symmetric root does', async () => {
  const { forward } = await moments(templates(300, 70, 1), templates(300, 64, 2))
  for (const g of [0.01, 0.3, 1]) {
    const P = dense(await whitening(forward.gram, g, products))
    const root = inverseRoot(forward.gram, g)
    assert.ok(relative(P.mmul(P.transpose()), root.mmul(root)) < 1e-9)
  }
  await assert.rejects(whitening(forward.gram, 0, products), RangeError)
  await assert.rejects(whitening({ rows: 2, cols: 2, data: new Float64Array(4) }, 0.5, products), RangeError)
})

for (const [dSource, dTarget] of [[64, 64], [96, 64], [64, 130]] as const) {
  test(`shared agrees with the decomposition by an independent solver, ${dSource} x ${dTarget}`, async () => {
    const { forward, backward } = await moments(templates(400, dSource, 3), templates(400, dTarget, 4))
    const space = await shared({ source: forward.gram, target: backward.gram, cross: forward.cross }, {
      source: 0.3,
      target: 0.3
    }, products)
    assert.equal(space.source.cols, Math.min(dSource, dTarget))
    const [Pa, Pb] = [inverseRoot(forward.gram, 0.3), inverseRoot(backward.gram, 0.3)]
    const svd = new SingularValueDecomposition(Pa.mmul(dense(forward.cross)).mmul(Pb), { autoTranspose: true })
    const S = Dense.diag(svd.diagonal)
    const [Fa, Fb] = [Pa.mmul(svd.leftSingularVectors).mmul(S), Pb.mmul(svd.rightSingularVectors).mmul(S)]
    // Both sides are determined up to one common rotation: inner products are what has to agree.
    const [Ga, Gb] = [dense(space.source), dense(space.target)]
    for (
      const [x, y] of [
        [Ga.mmul(Gb.transpose()), Fa.mmul(Fb.transpose())],
        [Ga.mmul(Ga.transpose()), Fa.mmul(Fa.transpose())],
        [Gb.mmul(Gb.transpose()), Fb.mmul(Fb.transpose())]
      ] as const
    ) {
      assert.ok(relative(x, y) < 1e-6, `relative difference ${relative(x, y)}`)
    }
  })
}

test('every candidate projects both sides into one space, where scores lie within -1 and 1', async () => {
  const [a, b] = [templates(300, 24, 5, 12), templates(300, 16, 6, 12)]
  const fit = createComparisonFitter(
    await moments(a, b),
    () => ({ source: normaliseRows(a), target: normaliseRows(b) }),
    products
  )
  for (const spec of comparisonCandidates) {
    const space = await fit(spec)
    const [u, v] = [await project(space, 'source', a, products), await project(space, 'target', b, products)]
    assert.equal(u.cols, v.cols, JSON.stringify(spec))
    const { data: scores } = await products.multiply(u, v, { transposeB: true })
    assert.ok(scores.every(score => Math.abs(score) <= 1 + 1e-6), JSON.stringify(spec))
    const diagonal = Array.from({ length: a.rows }, (_, i) => scores[i * b.rows + i]!)
    const all = scores.reduce((sum, score) => sum + score, 0) / scores.length
    assert.ok(
      diagonal.reduce((sum, score) => sum + score, 0) / a.rows > all,
      `templates of one image score higher: ${JSON.stringify(spec)}`
    )
  }
})

test('every candidate with something in common has a floor that one template in a hundred is below', async () => {
  const [a, b] = [templates(300, 24, 5, 12), templates(300, 16, 6, 12)]
  const cohort = { source: normaliseRows(a), target: normaliseRows(b) }
  const fit = createComparisonFitter(await moments(a, b), () => cohort, products)
  for (const spec of comparisonCandidates) {
    const { floor } = (await fit(spec)).source
    assert.equal(floor === undefined, spec.kind === 'shared' && spec.offset === 0, JSON.stringify(spec))
    if (floor === undefined) continue
    const bare = { ...await fit(spec), normalisation: null }
    const without = { ...bare, source: { ...bare.source, floor: undefined } }
    const [raised, plain] = [
      await project(bare, 'source', a, products),
      await project(without, 'source', a, products)
    ]
    const moved = Array.from({ length: a.rows }, (_, i) => i).filter(i =>
      Math.abs(raised.data[i * raised.cols]! - plain.data[i * raised.cols]!) > 1e-7
    )
    assert.ok(moved.length >= 1 && moved.length <= 3, `${moved.length} of 300 moved: ${JSON.stringify(spec)}`)
  }
})

test('the average of many people matches no more of them than a template does, where there is a floor', async t => {
  if (templatesMissing !== undefined) return t.skip(templatesMissing)
  const engine = createEngineProducts()
  const unit = (set: 'celeba' | 'lfw', model: string) => normaliseRows(sharedTemplates(set, model).templates)
  const fitted = { source: unit('celeba', 'dlib128-loose'), target: unit('celeba', 'mbf128') }
  const space = await createComparisonFitter(
    await moments(fitted.source, fitted.target),
    () => fitted,
    engine
  )(comparisonCandidates[0]!)
  const { identities } = sharedTemplates('lfw', 'mbf128')
  const first = identities.flatMap((identity, row) => identities.indexOf(identity) === row ? [row] : [])
  const of = (model: string, rows: readonly number[]) => selectRows(unit('lfw', model), rows)
  // Averages of the first 400 people against the 1,000 after them.
  const strangers = of('dlib128-loose', first.slice(0, 400))
  const [probes, references] = [of('dlib128-loose', first.slice(400, 1400)), of('mbf128', first.slice(400, 1400))]
  const averages = { rows: 10, cols: 128, data: new Float32Array(10 * 128) }
  for (let row = 0; row < 400; row++) {
    for (let j = 0; j < 128; j++) {
      const k = Math.floor(row / 40) * 128 + j
      averages.data[k] = averages.data[k]! + strangers.data[row * 128 + j]!
    }
  }
  const share = async (tried: ComparisonSpace) => {
    const gallery = await project(tried, 'target', references, engine)
    const scoresOf = async (templates: TemplateMatrix) =>
      (await engine.multiply(await project(tried, 'source', templates, engine), gallery, { transposeB: true })).data
    const nonMated = (await scoresOf(probes)).filter((_, k) => k % 1001 !== 0).sort()
    const threshold = nonMated[Math.floor(0.99 * nonMated.length)]!
    const scores = await scoresOf(averages)
    return scores.filter(score => score >= threshold).length / scores.length
  }
  const without = { ...space, source: { ...space.source, floor: undefined } }
  const [open, closed] = [await share(without), await share(space)]
  assert.ok(open > 0.1, `without a floor ${open} at FMR 0.01`)
  assert.ok(closed <= 0.03, `with a floor ${closed} at FMR 0.01`)
  await engine.release()
})

test('the shrinkage of each side follows it when source and target change places', async () => {
  const [a, b] = [templates(300, 24, 5, 12), templates(300, 16, 6, 12)]
  const cohort = () => ({ source: normaliseRows(a), target: normaliseRows(b) })
  const spec = comparisonCandidates.find(({ targetShrinkage }) => targetShrinkage === 0.3)!
  const turned = { ...spec, shrinkage: 0.3, targetShrinkage: 0.1 }
  const alike = { ...comparisonCandidates[0]!, shrinkage: 0.3 }
  const scores = async (space: Awaited<ReturnType<ReturnType<typeof createComparisonFitter>>>, isTurned: boolean) => {
    const [source, target] = isTurned ? [b, a] : [a, b]
    const [u, v] = [
      await project(space, 'source', source, products),
      await project(space, 'target', target, products)
    ]
    const all = await products.multiply(u, v, { transposeB: true })
    return Array.from({ length: 50 }, (_, i) => all.data[isTurned ? i * all.cols + 7 : 7 * all.cols + i]!)
  }
  const fit = createComparisonFitter(await moments(a, b), cohort, products)
  const fitTurned = createComparisonFitter(
    await moments(b, a),
    () => ({ source: cohort().target, target: cohort().source }),
    products
  )
  const found = await scores(await fit(spec), false)
  const foundTurned = await scores(await fitTurned(turned), true)
  const other = await scores(await fit(alike), false)
  found.forEach((score, i) => assert.ok(Math.abs(score - foundTurned[i]!) < 1e-5))
  assert.ok(found.some((score, i) => Math.abs(score - other[i]!) > 1e-3))
})

test('a large offset orders pairs as their Euclidean distance, none as their cosine', async () => {
  const mean = new Float64Array(2)
  const identity: Matrix = { rows: 2, cols: 2, data: Float64Array.from([1, 0, 0, 1]) }
  const halved: Matrix = { rows: 2, cols: 2, data: Float64Array.from([0.5, 0, 0, 0.5]) }
  const probe: TemplateMatrix = { rows: 1, cols: 2, data: Float32Array.from([1, 0]) }
  const score = async (offset: number, weights: Matrix) => {
    const space = {
      source: centredSide(mean, identity, offset),
      target: centredSide(mean, weights, offset),
      normalisation: null
    }
    return (
      await products.multiply(
        await project(space, 'source', probe, products),
        await project(space, 'target', probe, products),
        { transposeB: true }
      )
    ).data[0]!
  }
  assert.ok(Math.abs(await score(0, halved) - 1) < 1e-6)
  // 1 - |x - y|^2 / (2 offset^2), to first order
  assert.ok(Math.abs(await score(10, halved) - (1 - 0.25 / 200)) < 1e-4)
})

test('cohort normalisation leaves strangers at mean zero', async () => {
  const [a, b] = [normaliseRows(templates(400, 20, 7, 10)), normaliseRows(templates(400, 20, 8, 10))]
  const plain = { source: nativeSide(20), target: nativeSide(20), normalisation: null }
  const space = { ...plain, normalisation: await normalisationOf(a, b, products) }
  const { data: scores } = await products.multiply(
    await project(space, 'source', a, products),
    await project(space, 'target', b, products),
    { transposeB: true }
  )
  const deviation = Math.sqrt(scores.reduce((sum, score) => sum + score * score, 0) / scores.length)
  assert.ok(Math.abs(scores.reduce((sum, score) => sum + score, 0) / scores.length) < 0.05 * deviation)
})

test('the first candidate within one standard error is chosen; normalisation has to gain 0.05', () => {
  const scores = comparisonCandidates.map(() => [0.5, 0.6, 0.7])
  const best = comparisonCandidates.findIndex(({ kind }) => kind === 'shared')
  scores[best] = [0.8, 0.9, 0.85]
  const normalised = comparisonCandidates.findIndex(({ normalisation }) => normalisation === 'cohort')
  scores[normalised] = [0.84, 0.94, 0.89]
  assert.equal(chooseComparison(scores).chosen, best)
  scores[normalised] = [0.86, 0.96, 0.91]
  assert.equal(chooseComparison(scores).chosen, normalised)
  assert.equal(chooseComparison(comparisonCandidates.map(() => [0.5, 0.6, 0.7])).chosen, 0)
})
