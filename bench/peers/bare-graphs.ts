import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { projectRoot } from '../../src/config.js'
import { openGraph, type GraphTensor } from '../../src/engines/onnx/runtime.js'
import { mapFace, toCrop, toWorking } from '../../src/engines/recognition/crop-source.js'
import { letterbox } from '../../src/engines/recognition/detection/letterbox.js'
import { openStretch } from '../../src/engines/recognition/detection/stretch.js'
import { arcFaceCrop } from '../../src/engines/recognition/face-template.js'
import { inputDims, pixelFormat } from '../../src/engines/recognition/graph-input.js'
import { decodeImage } from '../../src/engines/recognition/image.js'
import { openLocator } from '../../src/engines/recognition/locator.js'
import type { Manifest } from '../../src/engines/recognition/manifest.js'
import { openVerifiedGraph } from '../../src/engines/recognition/model-graphs.js'
import { openModelsFolder } from '../../src/engines/recognition/models-folder.js'
import { warpInto } from '../../src/engines/recognition/warp.js'

/**
 * The limit: the graphs that one photograph takes, in a loop on one thread of JavaScript, on inputs that are there
 * already. Its only argument is a `GraphsRun` in JSON; what it prints is how many photographs' worth it has run a
 * second.
 */
export interface GraphsRun {
  /** of the recognisers that are run, beside the detector and its landmarks */
  readonly models: readonly string[]
  /**
   * File of the photograph. How long PRelu takes depends on the numbers it is given, so that invented ones will not do.
   */
  readonly photograph: string
  /** as published, or as the service runs them, with PRelu taken apart */
  readonly graphs: 'published' | 'prepared'
  /** within one operation */
  readonly threads: number
  readonly seconds: number
}

const { models, photograph, graphs, threads, seconds } = JSON.parse(process.argv[2]!) as GraphsRun
const folder = await openModelsFolder(join(projectRoot, 'models'), join(projectRoot, '.cache', 'models'))
const detector = folder.detectors[0]!
const picture = await decodeImage(await readFile(photograph), 50_000_000)
const { faces: [face] } = await (await openLocator(folder, detector.manifest.id))(picture, 'largest', 1)
const placed = mapFace({ ...face!, whole: false }, {
  pixels: picture.pixels,
  fromOriginal: point => toWorking(picture, point)
})

const runs: (() => Promise<unknown>)[] = []
for (const located of [detector, ...folder.landmarks, ...folder.recognisers]) {
  const { manifest } = located
  if (manifest.kind === 'recogniser' && !models.includes(manifest.id)) continue
  const graph = graphs === 'published'
    ? await openGraph(located.path, { threads })
    : await openVerifiedGraph(located, { threads })
  const feeds = { [manifest.graph.input]: await inputOf(manifest) }
  const run = () => graph.run(feeds, manifest.graph.outputs)
  // The five points are looked for twice, see `createLandmarks`.
  runs.push(...manifest.kind === 'landmarks' ? [run, run] : [run])
}
for (const run of runs) await run()
let done = 0
const began = performance.now()
while (performance.now() - began < seconds * 1000) {
  for (const run of runs) await run()
  done++
}
console.log(done / (performance.now() - began) * 1000)

async function inputOf (manifest: Manifest): Promise<GraphTensor> {
  if (manifest.kind === 'detector') {
    return await (await openStretch(manifest.input))(await letterbox(picture.pixels, manifest.input))
  }
  const { width, height } = manifest.input
  const dims = inputDims(manifest.input)
  const data = new Float32Array(dims.reduce((product, dim) => product * dim, 1))
  const crop = manifest.kind === 'recogniser' ? manifest.crop : arcFaceCrop
  warpInto(data, pixelFormat(manifest.input), picture.pixels, toCrop(placed, { crop, width, height }), width, height)
  return { data, dims }
}
