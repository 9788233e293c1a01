import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { factorise } from '../../../src/science/linear-algebra/cholesky.js'
import { selectRows, type TemplateMatrix } from '../../../src/science/linear-algebra/matrix.js'
import { createRandom } from '../../../src/science/linear-algebra/random.js'
import { referenceProducts } from '../../../src/science/linear-algebra/reference-products.js'
import { fitProfile, type SpaceProfile } from '../../../src/science/guard/guard-profile.js'
import { testFor } from '../../../src/science/guard/guard-calibration.js'
import { advantageOf, requiredAdvantage, logLikelihood } from '../../../src/science/guard/guard-rivalry.js'
import { squaredDistances, whiteningOf } from '../../../src/science/guard/mahalanobis.js'
import { judge, type Rival } from '../../../src/science/guard/judge.js'
import { createEngineProducts } from '../../../src/engines/onnx/products.js'
import { sharedTemplates, templatesMissing } from '../../support/shared-templates.js'
import { gaussian, gaussianMatrix } from '../../support/synthetic-pairs.js'

const d = 24

/**
 * A model of a synthetic world: identities and their images are Gaussian, seen through a matrix and off a mean of its
 * own.
 */
function world (seed: number, spectrum = (j: number) => 1 / (1 + j)) {
  const mixing = gaussianMatrix(d, d, seed)
  const mean = gaussianMatrix(1, d, seed + 1).data.map(value => 0.5 * value)
  return (identities: number, imagesEach: number, draw: number) => {
    const random = createRandom(draw)
    const rows = identities * imagesEach
    const data = new Float32Array(rows * d)
    for (let who = 0; who < identities; who++) {
      const centre = Float64Array.from({ length: d }, () => gaussian(random))
      for (let image = 0; image < imagesEach; image++) {
        const latent = centre.map((value, j) => spectrum(j) * (value + 0.5 * gaussian(random)))
        for (let j = 0; j < d; j++) {
          let sum = mean[j]!
          for (let k = 0; k < d; k++) sum += latent[k]! * mixing.data[k * d + j]!
          data[(who * imagesEach + image) * d + j] = sum
        }
      }
    }
    const templates: TemplateMatrix = { rows, cols: d, data }
    const labels = Array.from({ length: rows }, (_, row) => `p${Math.floor(row / imagesEach)}`)
    return { templates, labels, samples: labels.map((label, row) => `${label}/${row}`) }
  }
}

/** A model of 128 dimensions whose largest eigenvalue is four times the smallest, in random directions. */
function isotropic (seed: number) {
  const size = 128
  const random = createRandom(seed)
  const mean = Float64Array.from({ length: size }, () => 0.1 * gaussian(random))
  // Householder reflections of random vectors: a random rotation that costs no factorisation.
  const axes = Array.from({ length: 8 }, () => {
    const axis = Float64Array.from({ length: size }, () => gaussian(random))
    const norm = Math.hypot(...axis)
    return axis.map(value => value / norm)
  })
  const order = random.shuffle(Array.from({ length: size }, (_, j) => j))
  return (identities: number, imagesEach: number, draw: number) => {
    const images = createRandom(seed + draw)
    const rows = identities * imagesEach
    const data = new Float32Array(rows * size)
    let centre = new Float64Array(size)
    for (let row = 0; row < rows; row++) {
      if (row % imagesEach === 0) centre = centre.map(() => gaussian(images))
      const x = centre.map((value, j) =>
        Math.sqrt(2) ** (1 - 2 * order[j]! / (size - 1)) * (value + 0.6 * gaussian(images))
      )
      for (const axis of axes) {
        const along = x.reduce((sum, value, j) => sum + value * axis[j]!, 0)
        for (let j = 0; j < size; j++) x[j] = x[j]! - 2 * along * axis[j]!
      }
      for (let j = 0; j < size; j++) data[row * size + j] = x[j]! + mean[j]!
    }
    const labels = Array.from({ length: rows }, (_, row) => `p${Math.floor(row / imagesEach)}`)
    return { templates: { rows, cols: size, data }, labels, samples: labels.map((label, row) => `${label}/${row}`) }
  }
}

async function profileOf (draw: ReturnType<ReturnType<typeof world>>): Promise<SpaceProfile> {
  const profile = await fitProfile(draw.templates, draw.labels, draw.samples, 1, referenceProducts)
  assert.ok(profile)
  return profile
}

const distancesOf = (profile: SpaceProfile, templates: TemplateMatrix) =>
  squaredDistances(whiteningOf(profile), templates, referenceProducts)

const rivalOf = async (
  model: string,
  other: SpaceProfile,
  own: SpaceProfile,
  templates: TemplateMatrix
): Promise<Rival> => ({
  model,
  summary: other.summary,
  distances: await distancesOf(other, templates),
  advantage: await advantageOf(other, own, referenceProducts)
})

/** Share of batches of `size` rows that are called foreign. */
function shareForeign (profile: SpaceProfile, distances: Float64Array, size: number, trials = 2000): number {
  const random = createRandom(5)
  let foreign = 0
  for (let trial = 0; trial < trials; trial++) {
    if (
      judge(
        d,
        profile.summary,
        Float64Array.from({ length: size }, () => distances[random.integer(distances.length)]!),
        []
      ).foreign
    ) {
      foreign++
    }
  }
  return foreign / trials
}

describe('guard', () => {
  const [here, elsewhere] = [world(1), world(100)]

  test('its Gaussian is that of the templates: distances are d on average, and agree with a solve by the covariance', async () => {
    const { templates, ...rest } = here(400, 5, 1)
    const profile = await profileOf({ templates, ...rest })
    const distances = await distancesOf(profile, templates)
    // Shrinkage adds variance, which brings templates closer.
    const mean = distances.reduce((sum, value) => sum + value, 0) / distances.length / d
    assert.ok(mean > 0.5 && mean <= 1.01, `${mean}`)
    // W Wt is the inverse covariance, so the log-determinant is minus twice that of the diagonal of W.
    let logDeterminant = 0
    for (let i = 0; i < d; i++) logDeterminant -= 2 * Math.log(profile.whitening.data[i * (d + 1)]!)
    assert.ok(Math.abs(logDeterminant - profile.summary.logDeterminant) < 1e-3)
    const whitening = { ...profile.whitening, data: Float64Array.from(profile.whitening.data) }
    const precision = await referenceProducts.multiply(whitening, whitening, { transposeB: true })
    assert.ok((await factorise(precision, referenceProducts)).positiveDefinite)
    const x = templates.data.subarray(0, d)
    const norm = Math.hypot(...x)
    let quadratic = 0
    for (let i = 0; i < d; i++) {
      for (let j = 0; j < d; j++) {
        quadratic += (x[i]! / norm - profile.mean[i]!) * precision.data[i * d + j]! * (x[j]! / norm - profile.mean[j]!)
      }
    }
    assert.ok(Math.abs(quadratic / distances[0]! - 1) < 1e-3, `${quadratic} ${distances[0]}`)
  })

  test('its false alarms on new identities stay below the stated rates', async () => {
    const profile = await profileOf(here(300, 5, 1))
    const distances = await distancesOf(profile, here(1000, 4, 2).templates)
    for (const size of [1, 2, 7, 20, 150]) {
      const { falseAlarmRate } = testFor(profile.summary.tests, size)
      const share = shareForeign(profile, distances, size)
      assert.ok(share <= falseAlarmRate, `${share} of batches of ${size}, stated ${falseAlarmRate}`)
    }
  })

  test('it calls another model of the same dimension foreign, a batch more surely than one template', async () => {
    // Spectra so flat that a single template says little.
    const flat = (seed: number) => world(seed, j => 1 / (1 + j / 12))
    const profile = await profileOf(flat(1)(300, 5, 1))
    const distances = await distancesOf(profile, flat(100)(300, 5, 3).templates)
    const [one, few, many] = [1, 5, 20].map(size => shareForeign(profile, distances, size))
    assert.ok(one! < few! && few! <= many!, `${one} ${few} ${many}`)
    assert.ok(many! >= 0.999, `${many}`)
    assert.equal(shareForeign(profile, await distancesOf(profile, flat(1)(300, 5, 3).templates), 20), 0)
  })

  test('the order of the templates does not matter', async () => {
    const profile = await profileOf(here(300, 5, 1))
    const own = here(10, 2, 3).templates
    const templates = { ...own, data: Float32Array.from(own.data) }
    templates.data.set(elsewhere(5, 1, 4).templates.data)
    const order = createRandom(9).shuffle(Array.from({ length: 20 }, (_, row) => row))
    const straight = judge(d, profile.summary, await distancesOf(profile, templates), [])
    const shuffled = judge(d, profile.summary, await distancesOf(profile, selectRows(templates, order)), [])
    assert.deepEqual(straight.flagged, [0, 1, 2, 3, 4])
    assert.deepEqual(shuffled.flagged.map(row => order[row]).sort(), straight.flagged)
    assert.equal(shuffled.foreign, straight.foreign)
  })

  test('one stranger among many is flagged, and does not make the batch foreign', async () => {
    const profile = await profileOf(here(300, 5, 1))
    const own = here(50, 1, 3).templates
    own.data.set(elsewhere(1, 1, 4).templates.data, 7 * d)
    const judgement = judge(d, profile.summary, await distancesOf(profile, own), [])
    assert.deepEqual([judgement.flagged, judgement.foreign], [[7], false])
  })

  test('the registered model that the templates are of is named, and no other', async () => {
    const [own, other, third] = [
      await profileOf(here(300, 5, 1)),
      await profileOf(elsewhere(300, 5, 2)),
      await profileOf(world(200)(300, 5, 3))
    ]
    const named = async (templates: TemplateMatrix) =>
      judge(d, own.summary, await distancesOf(own, templates), [
        await rivalOf('third', third, own, templates),
        await rivalOf('other', other, own, templates)
      ]).likelier
    assert.equal(await named(elsewhere(20, 1, 7).templates), 'other')
    assert.equal(await named(world(200)(20, 1, 7).templates), 'third')
    assert.equal(await named(world(300)(20, 1, 7).templates), null)
    assert.equal(await named(here(20, 1, 7).templates), null)
  })

  test('a second registration of the same model raises no alarm, even where it fits the templates better', async () => {
    const own = await profileOf(here(300, 5, 1))
    const received = here(300, 5, 2)
    const twin = await rivalOf('twin', await profileOf(received), own, received.templates)
    const judgement = judge(d, own.summary, await distancesOf(own, received.templates), [twin])
    assert.ok(!judgement.foreign)
    assert.ok(judgement.flagged.length <= 0.01 * received.templates.rows, `${judgement.flagged.length}`)
  })

  test('where eigenvalues are nearly equal it finds batches of another model, and raises no false alarm', async () => {
    const products = createEngineProducts()
    const [own, other] = [isotropic(1), isotropic(100)]
    const profiles = await Promise.all([own, other].map(async space => {
      const { templates, labels, samples } = space(500, 4, 1)
      return (await fitProfile(templates, labels, samples, 1, products))!
    }))
    const [profile, rival] = [profiles[0]!, profiles[1]!]
    const advantage = await advantageOf(rival, profile, products)
    const shareOf = async (templates: TemplateMatrix, size: number, trials: number) => {
      const [here, there] = await Promise.all(
        [profile, rival].map(of => squaredDistances(whiteningOf(of), templates, products))
      )
      const random = createRandom(5)
      let foreign = 0
      for (let trial = 0; trial < trials; trial++) {
        const rows = Array.from({ length: size }, () => random.integer(templates.rows))
        const distances = (of: Float64Array) => Float64Array.from(rows, row => of[row]!)
        const rivals = [{ model: 'other', summary: rival.summary, distances: distances(there!), advantage }]
        if (judge(128, profile.summary, distances(here!), rivals).foreign) foreign++
      }
      return foreign / trials
    }
    const [mine, theirs] = [own(200, 4, 2).templates, other(200, 4, 2).templates]
    assert.equal(await shareOf(theirs, 20, 1000), 1)
    assert.equal(await shareOf(mine, 20, 4000), 0)
    assert.ok(await shareOf(mine, 1, 4000) <= 0.01)
    await products.release()
  })

  test('the moments of the likelihood ratio are those that Gaussian templates show', async () => {
    const [own, other] = [await profileOf(here(300, 5, 1)), await profileOf(elsewhere(300, 5, 2))]
    const gaussianOwn = { ...own, summary: { ...own.summary, dispersion: { mean: 1, variance: 2 / d } } }
    const advantage = await advantageOf(other, gaussianOwn, referenceProducts)
    // u - m = z W^-1: solved by back substitution for each draw; not normalised, as the moments have it.
    const random = createRandom(3)
    const ratios: number[] = []
    const W = own.whitening.data
    for (let draw = 0; draw < 4000; draw++) {
      const z = Float64Array.from({ length: d }, () => gaussian(random))
      const u = new Float64Array(d)
      for (let j = 0; j < d; j++) {
        let sum = z[j]!
        for (let i = 0; i < j; i++) sum -= u[i]! * W[i * d + j]!
        u[j] = sum / W[j * (d + 1)]!
      }
      let theirs = 0
      for (let j = 0; j < d; j++) {
        let sum = 0
        for (let i = 0; i <= j; i++) sum += (u[i]! + own.mean[i]! - other.mean[i]!) * other.whitening.data[i * d + j]!
        theirs += sum * sum
      }
      ratios.push(
        logLikelihood(theirs, other.summary.logDeterminant) - logLikelihood(
          z.reduce((sum, value) => sum + value * value, 0),
          own.summary.logDeterminant
        )
      )
    }
    const mean = ratios.reduce((sum, value) => sum + value, 0) / ratios.length
    const deviation = Math.sqrt(ratios.reduce((sum, value) => sum + (value - mean) ** 2, 0) / ratios.length)
    assert.ok(Math.abs(mean / advantage.mean - 1) < 0.05, `${mean} ${advantage.mean}`)
    assert.ok(
      Math.abs(deviation / advantage.standardDeviation - 1) < 0.06,
      `${deviation} ${advantage.standardDeviation}`
    )
    assert.equal(requiredAdvantage({ mean: -100, standardDeviation: 1, squaredDistance: 0, correlation: 0 }, 1), 0)
  })

  test('too few templates or people give no profile, and neither do copies of one template', async () => {
    const few = here(30, 1, 1)
    assert.equal(await fitProfile(few.templates, few.labels, few.samples, 1, referenceProducts), undefined)
    const one = here(10, 20, 1)
    assert.equal(await fitProfile(one.templates, one.labels, one.samples, 1, referenceProducts), undefined)
    const copies = here(50, 2, 1)
    for (let row = 1; row < 100; row++) copies.templates.data.copyWithin(row * d, 0, d)
    assert.equal(await fitProfile(copies.templates, copies.labels, copies.samples, 1, referenceProducts), undefined)
  })

  test('calibrated on one data set of photographs it holds on another: batches of 128-d spaces', async t => {
    if (templatesMissing !== undefined) return t.skip(templatesMissing)
    const products = createEngineProducts()
    for (const [claimed, received] of [['mbf128', 'dlib128-loose'], ['dlib128-loose', 'mbf128']] as const) {
      const { templates, identities, samples } = sharedTemplates('celeba', claimed)
      const profile = await fitProfile(templates, identities, samples, 1, products)
      assert.ok(profile)
      const share = async (model: string, size: number) => {
        const distances = await squaredDistances(
          whiteningOf(profile),
          sharedTemplates('lfw', model).templates,
          products
        )
        const random = createRandom(8)
        let foreign = 0
        for (let trial = 0; trial < 2000; trial++) {
          if (
            judge(
              128,
              profile.summary,
              Float64Array.from({ length: size }, () => distances[random.integer(distances.length)]!),
              []
            ).foreign
          ) {
            foreign++
          }
        }
        return foreign / 2000
      }
      assert.ok(await share(claimed, 20) <= 0.001)
      assert.ok(await share(claimed, 1) <= 0.01)
      assert.ok(await share(received, 20) >= 0.999)
    }
    await products.release()
  })
})
