import assert from 'node:assert/strict'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { mutationsOf, shippedSketches, testCanaries } from '../../../scripts/canaries/mutations.js'
import { projectRoot } from '../../../src/config.js'
import { readCanaries, type Canaries } from '../../../src/engines/recognition/canaries.js'
import type { ModelsFolder } from '../../../src/engines/recognition/model-graphs.js'
import { openModelsFolder } from '../../../src/engines/recognition/models-folder.js'
import { modelCache, modelsFolder, sharedGraph } from '../../support/photographs.js'

const folder = join(projectRoot, 'canaries')

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

  for (const model of ['r512', 'dlib128', 'faceres1024']) {
    test(`${model} passes time and again, and every mutation is told`, async t => {
      const expected = shippedSketches(canaries, models, model)
      for (let start = 0; start < 3; start++) {
        const results = await testCanaries(canaries, models, model, expected)
        assert.deepEqual(results.map(({ state }) => state), ['passed', 'passed', 'passed', 'passed'])
      }
      const otherDetector = sharedGraph('face_detection_yunet_2023mar.onnx')
      if (otherDetector === null) t.diagnostic('no other detector')
      const recipes = join(modelsFolder, 'recipes')
      const mutations = await mutationsOf(models, model, { folder: scratch, recipes, otherDetector })
      assert.ok(Object.keys(mutations).length >= 7)
      for (const [name, { models: changed, alter, told }] of Object.entries(mutations)) {
        const results = await testCanaries(canaries, changed, model, expected, alter)
        const failed = results.filter(({ state }) => state === 'changed').length
        assert.ok(failed >= (told === 'all' ? 4 : 1), `${name}: ${JSON.stringify(results)}`)
      }
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
