import { meanCosine } from '../../../src/science/alignment/criterion.js'
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { EigenvalueDecomposition, Matrix as DenseMatrix } from 'ml-matrix'
import { project } from '../../../src/science/alignment/comparison-space.js'
import { leadingEigenvectors } from '../../../src/science/linear-algebra/eigenvectors.js'
import { consensus, fitHub, type Hub } from '../../../src/science/alignment/hub.js'
import { selectRows, type Matrix, type TemplateMatrix } from '../../../src/science/linear-algebra/matrix.js'
import { normaliseRows } from '../../../src/science/linear-algebra/normalise.js'
import { shared } from '../../../src/science/linear-algebra/canonical-correlation.js'
import { centre, gatherStatistics, meanOfRows } from '../../../src/science/alignment/statistics.js'
import { createEngineProducts } from '../../../src/engines/onnx/products.js'
import { gaussianMatrix, gaussianTemplates, syntheticPairs } from '../../support/synthetic-pairs.js'

const engine = createEngineProducts({ threads: 1 })
after(() => engine.release())

const n = 400
const rows = Array.from({ length: n }, (_, row) => row)

/** Models of one world of 8 latent dimensions, each seeing it by a linear map of its own, with noise. */
async function models (dimensions: readonly number[], noise: number, seed = 1): Promise<TemplateMatrix[]> {
  const latent = gaussianMatrix(n, 8, seed)
  return await Promise.all(dimensions.map(async (dimension, i) => {
    const seen = await engine.multiply(latent, gaussianMatrix(8, dimension, seed + 10 + i))
    const own = gaussianMatrix(n, dimension, seed + 100 + i)
    return normaliseRows({
      rows: n,
      cols: dimension,
      data: Float32Array.from(seen.data, (value, k) => value + noise * own.data[k]!)
    })
  }))
}

const sideOf = (hub: Hub, i: number, templates: TemplateMatrix) =>
  project({ source: hub.sides[i]!, target: hub.sides[i]!, normalisation: null }, 'source', templates, engine)

test('the leading eigenvectors are those of a full decomposition', async () => {
  const G = gaussianMatrix(120, 60, 5)
  // A spectrum that falls as those of covariances do.
  const scaled: Matrix = { ...G, data: G.data.map((value, k) => value * 0.8 ** (k % 60)) }
  const matrix = await engine.multiply(scaled, scaled, { transposeA: true })
  const { vectors, values } = await leadingEigenvectors(matrix, 10, 1, engine)
  const full = new EigenvalueDecomposition(DenseMatrix.from1DArray(60, 60, matrix.data), {
    assumeSymmetric: true
  }).realEigenvalues.sort((a, b) => b - a)
  values.forEach(
    (value, k) => assert.ok(Math.abs(value - full[k]!) < 1e-9 * full[0]!, `eigenvalue ${k}: ${value}, ${full[k]}`)
  )
  const gram = await engine.multiply(vectors, vectors, { transposeA: true })
  const image = await engine.multiply(matrix, vectors)
  for (let r = 0; r < 10; r++) {
    for (let c = 0; c < 10; c++) assert.ok(Math.abs(gram.data[r * 10 + c]! - (r === c ? 1 : 0)) < 1e-9)
  }
  for (let k = 0; k < 600; k++) {
    assert.ok(Math.abs(image.data[k]! - vectors.data[k]! * values[k % 10]!) < 1e-6 * full[0]!)
  }
})

test('a matrix of low rank keeps its eigenvectors', async () => {
  const G = gaussianMatrix(3, 40, 5)
  const { values } = await leadingEigenvectors(await engine.multiply(G, G, { transposeA: true }), 12, 1, engine)
  assert.ok(values[2]! > 1)
  assert.ok(values.slice(3).every(value => Math.abs(value) < 1e-6))
})

test('templates of every model meet in the hub, those of images that it has not seen too', async () => {
  const sides = await models([12, 20, 9], 0.1)
  const hub = await fitHub(sides, rows.slice(0, 200), 12, 0.05, 1, engine)
  const projected = await Promise.all(sides.map((side, i) => sideOf(hub, i, selectRows(side, rows.slice(200)))))
  for (const [a, b] of [[0, 1], [0, 2], [1, 2]] as const) {
    const similarity = meanCosine(projected[a]!, projected[b]!)
    assert.ok(similarity > 0.9, `models ${a} and ${b}: ${similarity}`)
  }
  const centre = consensus(projected)
  for (const side of projected) assert.ok(meanCosine(side, centre) > 0.95)
})

test('the hub has as many dimensions as the models agree in', async () => {
  // Full agreement in eight directions; the rest is noise of each model's own, correlated by chance.
  const sides = await models([12, 20, 16], 0.05)
  const { agreement } = await fitHub(sides, rows, 20, 0.01, 1, engine)
  assert.ok(agreement.slice(0, 7).every(value => value > 0.9), String(agreement))
  assert.ok(agreement.slice(8).every(value => value < 0.3), String(agreement))
  const strangers = [12, 20].map((dimension, i) => normaliseRows(gaussianTemplates(n, dimension, 70 + i)))
  assert.ok((await fitHub(strangers, rows, 20, 0.3, 1, engine)).agreement[0]! < 0.5)
})

test('for two models it orders comparisons as canonical correlation analysis does', async () => {
  const [a, b] = (await models([12, 10], 0.3)) as [TemplateMatrix, TemplateMatrix]
  const origins = { source: meanOfRows(a, rows), target: meanOfRows(b, rows) }
  const forward = centre(await gatherStatistics(a, b, rows, origins, engine))
  const backward = centre(
    await gatherStatistics(b, a, rows, { source: origins.target, target: origins.source }, engine)
  )
  const shrinkage = 1e-6
  const pair = await shared({ source: forward.gram, target: backward.gram, cross: forward.cross }, {
    source: shrinkage,
    target: shrinkage
  }, engine)
  const hub = await fitHub([a, b], rows, 10, shrinkage, 1, engine)
  const ours = await scores(await sideOf(hub, 0, a), await sideOf(hub, 1, b))
  const linear = async (templates: TemplateMatrix, mean: Float64Array, weights: Matrix) => {
    const centred = {
      rows: n,
      cols: templates.cols,
      data: Float64Array.from(templates.data, (value, k) => value - mean[k % templates.cols]!)
    }
    const product = await engine.multiply(centred, weights)
    return normaliseRows({ ...product, data: Float32Array.from(product.data) })
  }
  const theirs = await scores(
    await linear(a, origins.source, pair.source),
    await linear(b, origins.target, pair.target)
  )
  let largest = 0
  for (let k = 0; k < ours.data.length; k++) largest = Math.max(largest, Math.abs(ours.data[k]! - theirs.data[k]!))
  assert.ok(largest < 1e-3, `largest difference of a score: ${largest}`)

  async function scores (probes: TemplateMatrix, references: TemplateMatrix) {
    return await engine.multiply(probes, references, { transposeB: true })
  }
})

test('fewer images than dimensions are no obstacle', async () => {
  const { samples, source, target } = syntheticPairs({ identities: 10, imagesEach: 2, dSource: 40, dTarget: 30 })
  const hub = await fitHub(
    [normaliseRows(source), normaliseRows(target)],
    samples.map((_, row) => row),
    30,
    0.3,
    1,
    engine
  )
  assert.ok(hub.agreement.length <= 19 && hub.agreement.every(value => value > 0))
})

test('what is no hub is refused', async () => {
  const [a, b] = await models([12, 10], 0.1)
  await assert.rejects(fitHub([a!], rows, 4, 0.3, 1, engine), /at least two models, received 1/)
  await assert.rejects(fitHub([a!, b!], rows, 13, 0.3, 1, engine), /from 1 to 12.*received 13/)
  assert.throws(() => consensus([]), /at least one/)
})
