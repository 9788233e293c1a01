import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { projectRoot, readConfig } from '../src/config.js'
import { readCanaries } from '../src/engines/recognition/canaries.js'
import { openModelsFolder } from '../src/engines/recognition/models-folder.js'
import { createRecognition } from '../src/engines/recognition/recognition.js'
import { compareCanary, tolerances } from '../src/features/embeddings/canary-comparison.js'
import { sketchOf } from '../src/science/template/sketch.js'
import { sharedGraph } from '../test/support/photographs.js'
import { markdownTable } from '../bench/section.js'
import { mutationsOf, shippedSketches, testCanaries } from './canaries/mutations.js'

/**
 * Prints what the canaries notice: the deviations of templates under mutations of what makes them, and how many clean
 * starts pass. Each start has a new thread, which opens the graphs anew.
 *
 *   npm run check:canaries -- --starts 1000 --seconds 1200
 */
const { values: options } = parseArgs({
  options: {
    starts: { type: 'string', default: '20' },
    /** No start begins after so many. */
    seconds: { type: 'string', default: '600' }
  }
})
const { modelsDir, modelCacheDir, detector } = readConfig({})
const models = await openModelsFolder(modelsDir, modelCacheDir)
const canaries = await readCanaries(join(projectRoot, 'canaries'))
const ids = models.recognisers.map(({ manifest }) => manifest.id)

await printMutations()
await printStarts()

async function printMutations (): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'canaries-'))
  const rows: string[][] = []
  for (const model of ids) {
    const expected = shippedSketches(canaries, models, model)
    const otherDetector = sharedGraph('face_detection_yunet_2023mar.onnx')
    const mutations = await mutationsOf(models, model, { folder, recipes: join(modelsDir, 'recipes'), otherDetector })
    const all = { nothing: { models, alter: undefined }, ...mutations }
    for (const [name, { models: changed, alter }] of Object.entries(all)) {
      const results = await testCanaries(canaries, changed, model, expected, alter)
      rows.push([
        model,
        name,
        ...results.map(({ deviation }) => deviation?.toFixed(4) ?? 'no face'),
        results.some(({ state }) => state === 'changed') ? 'changed' : 'passed'
      ])
    }
  }
  await rm(folder, { recursive: true })
  const header = ['model', 'changed is', ...canaries.images.map(({ name }) => name), 'told']
  console.log(`${markdownTable(header, rows)}\n`)
}

async function printStarts (): Promise<void> {
  const until = performance.now() + 1000 * Number(options.seconds)
  const largest = new Map(ids.map(model => [model, 0]))
  let [starts, failed] = [0, 0]
  while (starts < Number(options.starts) && performance.now() < until) {
    const recognition = await createRecognition({ models, detector, threads: 1, maxPixels: 10_000_000 })
    let passed = true
    for (const model of ids) {
      const expected = shippedSketches(canaries, models, model)
      for (const { name, bytes, aligned } of canaries.images) {
        const { faces: [face] } = await recognition.embed({
          image: new Uint8Array(bytes),
          models: [model],
          faces: 'largest',
          aligned
        })
        const { deviation, state } = compareCanary({
          canary: name,
          sketch: sketchOf(face!.templates[0]!.vector),
          detail: null,
          tolerance: aligned ? tolerances.crop : tolerances.whole
        }, expected.get(name))
        largest.set(model, Math.max(largest.get(model)!, deviation!))
        passed &&= state === 'passed'
      }
    }
    await recognition.close()
    starts++
    if (!passed) failed++
  }
  console.log(
    `${starts} clean starts, ${failed} of them not passed. Largest deviations: ${
      [...largest].map(([model, deviation]) => `${model} ${deviation.toFixed(5)}`).join(', ')
    }.`
  )
}
