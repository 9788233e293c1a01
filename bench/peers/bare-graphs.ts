import { join } from 'node:path'
import { projectRoot } from '../../src/config.js'
import type { Graph, GraphTensor } from '../../src/onnx/runtime.js'
import { inputDims } from '../../src/recognition/graph-input.js'
import type { Manifest } from '../../src/recognition/manifest.js'
import { openModelsFolder } from '../../src/recognition/models-folder.js'
import { openGraph } from '../../src/onnx/runtime.js'

/**
 * The limit: the graphs that one photograph takes, in a loop on one thread of JavaScript, on inputs that are there
 * already. Its only argument is a `GraphsRun` in JSON; what it prints is how many photographs' worth it has run a second.
 */
export interface GraphsRun {
  /** of the recognisers that are run, beside the detector and its landmarks */
  readonly models: readonly string[]
  /** within one operation */
  readonly threads: number
  readonly seconds: number
}

const { models, threads, seconds } = JSON.parse(process.argv[2]!) as GraphsRun
const folder = await openModelsFolder(join(projectRoot, 'models'), join(projectRoot, '.cache', 'models'))
const runs: (() => Promise<unknown>)[] = []
for (const located of [...folder.detectors, ...folder.landmarks, ...folder.recognisers]) {
  const { manifest } = located
  if (manifest.kind === 'recogniser' && !models.includes(manifest.id)) continue
  const graph = await openGraph(located.path, { threads })
  const feeds = { [manifest.graph.input]: inputOf(manifest) }
  const run = (): ReturnType<Graph['run']> => graph.run(feeds, manifest.graph.outputs)
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

function inputOf ({ input: recipe }: Manifest): GraphTensor {
  const dims = inputDims(recipe)
  const length = dims.reduce((product, dim) => product * dim, 1)
  return { data: Float32Array.from({ length }, (_, i) => ((i * 37) % 256 - 128) / 128), dims }
}
