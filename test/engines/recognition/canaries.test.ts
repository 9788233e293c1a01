import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import sharp from 'sharp'
import { projectRoot } from '../../../src/config.js'
import { readCanaries, type Canaries, type Canary } from '../../../src/engines/recognition/canaries.js'
import { openEmbedder } from '../../../src/engines/recognition/embedder.js'
import {
  recogniserFingerprint,
  type DetectorManifest,
  type RecogniserManifest
} from '../../../src/engines/recognition/manifest.js'
import { openModelsFolder, type ModelsFolder } from '../../../src/engines/recognition/models-folder.js'
import { sketchDeviation, sketchOf } from '../../../src/science/template/sketch.js'
import { quantised } from '../../support/quantised-graph.js'
import { modelCache, modelsFolder, sharedGraph } from '../../support/photographs.js'

const folder = join(projectRoot, 'canaries')
/** As the self-test has them. */
const tolerances = { crop: 0.02, whole: 0.035 }

describe('canaries', () => {
  let models: ModelsFolder
  let canaries: Canaries
  let scratch: string
  before(async () => {
    models = await openModelsFolder(modelsFolder, modelCache)
    canaries = await readCanaries(folder)
    scratch = await mkdtemp(join(tmpdir(), 'canaries-'))
  })
  after(() => rm(scratch, { recursive: true }))

  type Alter = (bytes: Uint8Array) => Promise<Uint8Array>

  /** Canaries that a model fails, embedded with changed models or as changed images. */
  async function failures (model: string, changed: ModelsFolder = models, alter: Alter = async bytes => bytes) {
    const { manifest } = models.recognisers.find(({ manifest }) => manifest.id === model)!
    const expected = canaries.sketches.get(recogniserFingerprint(manifest))!
    const detector = changed.detectors[0]!.manifest.id
    const embed = await openEmbedder({ models: changed, detector, maxPixels: 10_000_000, maxFaces: 1 })
    const failed: string[] = []
    for (const canary of canaries.images) {
      const { name, bytes, aligned }: Canary = canary
      const found = await embed({ image: await alter(bytes), models: [model], faces: 'largest', aligned }).catch(() =>
        null
      )
      const vector = found?.faces[0]?.templates[0]?.vector
      const deviation = vector === undefined ? Infinity : sketchDeviation(sketchOf(vector), expected.get(name)!)
      if (deviation > (aligned ? tolerances.crop : tolerances.whole)) failed.push(name)
    }
    return failed
  }

  function withRecognisers (change: (manifest: RecogniserManifest) => RecogniserManifest): ModelsFolder {
    const recognisers = models.recognisers.map(({ manifest, path }) => ({ manifest: change(manifest), path }))
    return { ...models, recognisers }
  }

  const withInput = (change: Partial<RecogniserManifest['input']>) =>
    withRecognisers(manifest => ({ ...manifest, input: { ...manifest.input, ...change } }))
  const withCrop = (change: (crop: { scale: number, centreY: number }, height: number) => object) =>
    withRecognisers(manifest => ({
      ...manifest,
      crop: {
        ...manifest.crop,
        ...change(manifest.crop as { scale: number, centreY: number }, manifest.input.height)
      } as never
    }))

  /** As another way to enlarge and shrink would have it. */
  const coarse: Alter = async bytes => {
    const { width, height } = await sharp(bytes).metadata()
    const options = { kernel: 'nearest', fit: 'fill' } as const
    const smaller = await sharp(bytes).resize(Math.round(width * 0.9), Math.round(height * 0.9), options).png()
      .toBuffer()
    return new Uint8Array(await sharp(smaller).resize(width, height, options).png().toBuffer())
  }

  for (const model of ['r512', 'dlib128', 'faceres1024']) {
    test(`${model} passes time and again`, async () => {
      for (let start = 0; start < 3; start++) assert.deepEqual(await failures(model), [])
    })

    test(`${model}: a change of channels, of the crop by two pixels, of its size or of resizing fails every canary`, async () => {
      const { manifest: { input } } = models.recognisers.find(({ manifest }) => manifest.id === model)!
      const all = canaries.images.map(({ name }) => name)
      assert.deepEqual(await failures(model, withInput({ channels: input.channels === 'RGB' ? 'BGR' : 'RGB' })), all)
      const shifted = withCrop(({ centreY }, height) => ({ centreY: centreY + 2 / height }))
      assert.deepEqual(await failures(model, shifted), all)
      assert.deepEqual(await failures(model, withCrop(({ scale }) => ({ scale: scale * 0.9 }))), all)
      assert.deepEqual(await failures(model, models, coarse), all)
    })

    test(`${model}: weights of eight bits fail`, async () => {
      const located = models.recognisers.find(({ manifest }) => manifest.id === model)!
      const bytes = quantised(await readFile(located.path))
      const path = join(scratch, `${model}.onnx`)
      await writeFile(path, bytes)
      const graph = { ...located.manifest.graph, sha256: createHash('sha256').update(bytes).digest('hex') }
      const changed = { ...models, recognisers: [{ manifest: { ...located.manifest, graph }, path }] }
      assert.notDeepEqual(await failures(model, changed), [])
    })

    const yunet = sharedGraph('face_detection_yunet_2023mar.onnx')
    test(`${model}: another detector fails`, { skip: yunet === null && 'no other detector' }, async () => {
      const recipe = await readFile(join(modelsFolder, 'recipes', 'yunet-2023mar.json'), 'utf8')
      const manifest = { ...JSON.parse(recipe) as DetectorManifest, id: 'yunet' }
      const sha256 = createHash('sha256').update(await readFile(yunet!)).digest('hex')
      const detectors = [{ manifest: { ...manifest, graph: { ...manifest.graph, sha256 } }, path: yunet! }]
      assert.notDeepEqual(await failures(model, { ...models, detectors }), [])
    })
  }

  test('a canary or its templates that were changed are refused', async () => {
    for (
      const [name, change] of [
        ['crop.png', (bytes: Buffer) => bytes.fill(1, 100, 101)],
        ['golden.json', (bytes: Buffer) => Buffer.from(bytes.toString().replace('rfb320', 'rfb321'))]
      ] as const
    ) {
      const copy = join(scratch, name)
      await cp(folder, copy, { recursive: true })
      await writeFile(join(copy, name), change(await readFile(join(copy, name))))
      await assert.rejects(readCanaries(copy), { name: 'StartupError', message: /expected SHA-256/ })
    }
    await assert.rejects(readCanaries(join(scratch, 'nowhere')), { name: 'StartupError', message: /cannot be read/ })
  })
})
