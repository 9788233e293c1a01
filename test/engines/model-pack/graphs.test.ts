import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import Compile from 'typebox/compile'
import { recipes } from '../../../src/engines/model-pack/recipes.js'
import { projectRoot } from '../../../src/config.js'
import { openGraph } from '../../../src/engines/onnx/runtime.js'
import { Manifest } from '../../../src/engines/recognition/manifest.js'

const manifests = join(projectRoot, 'models')

const manifestSchema = Compile(Manifest)

/** @throws Error when the file does not satisfy the schema */
async function manifestOf (id: string): Promise<Manifest> {
  return manifestSchema.Parse(JSON.parse(await readFile(join(manifests, `${id}.json`), 'utf8')))
}

/** Dimensions of one input, without the batch. */
function pictureDims ({ input }: Manifest): [number, number, number] {
  const channels = input.channels === 'grey' ? 1 : 3
  return input.layout === 'NCHW' ? [channels, input.height, input.width] : [input.height, input.width, channels]
}

function outputDims (manifest: Manifest): number[][] {
  if (manifest.kind === 'recogniser') return [[1, manifest.dimension]]
  if (manifest.kind === 'landmarks') return [[1, 2 * manifest.points]]
  return [[1, 4420, 2], [1, 4420, 4]]
}

/** Pictures of grey levels over the whole range 0..255, normalised with the first channel's mean and deviation. */
function pattern (count: number, manifest: Manifest): Float32Array {
  const length = count * elements(pictureDims(manifest))
  const { mean: [mean = 0], std: [std = 1] } = manifest.input
  return Float32Array.from(
    { length },
    (_, i) => (127.5 + 127.5 * Math.sin(i * 0.37) * Math.cos(i * 0.0011) - mean) / std
  )
}

const elements = (dims: readonly number[]): number => dims.reduce((product, size) => product * size)

for (const [id, recipe] of recipes) {
  test(`${id} takes and gives what its manifest says`, async (t) => {
    const manifest = await manifestOf(id)
    const graph = await openGraph(await recipe())
    t.after(() => graph.release())
    const dims = pictureDims(manifest)
    assert.deepEqual(graph.inputs.map(({ name, type, dims }) => [name, type, dims.slice(1)]), [[
      manifest.graph.input,
      'float32',
      dims
    ]])

    const results = await graph.run(
      { [manifest.graph.input]: { data: pattern(1, manifest), dims: [1, ...dims] } },
      manifest.graph.outputs
    )
    assert.deepEqual(manifest.graph.outputs.map((name) => results[name]?.dims), outputDims(manifest))
    for (const name of manifest.graph.outputs) {
      const values = results[name]?.data as Float32Array
      assert.ok(values.every(Number.isFinite), `${name} is finite`)
      assert.ok(new Set(values).size > 10, `${name} is not constant`)
    }
  })
}

for (const id of ['dlib128', 'faceres1024']) {
  test(`${id} gives a picture the same template in a batch as alone`, async (t) => {
    const manifest = await manifestOf(id)
    assert.ok(manifest.kind === 'recogniser')
    const graph = await openGraph(await recipes.get(id)?.() ?? assert.fail('no recipe'))
    t.after(() => graph.release())
    const dims = pictureDims(manifest)
    const length = elements(dims)
    const data = pattern(3, manifest)
    const { template: batch } = await graph.run({ input: { data, dims: [3, ...dims] } })
    assert.deepEqual(batch?.dims, [3, manifest.dimension])
    for (let i = 0; i < 3; i++) {
      const { template } = await graph.run({
        input: { data: data.slice(i * length, (i + 1) * length), dims: [1, ...dims] }
      })
      const row = batch.data.slice(i * manifest.dimension, (i + 1) * manifest.dimension) as Float32Array
      const alone = template?.data as Float32Array
      const largest = Math.max(...alone.map(Math.abs))
      assert.ok(row.every((value, j) => Math.abs(value - (alone[j] ?? NaN)) <= 1e-5 * largest), `picture ${i}`)
    }
  })
}

test('onnxruntime opens every graph of the pack without a warning', async () => {
  // Its warnings go to the standard error of the process, hence a process of its own.
  const script = `
    import { InferenceSession } from 'onnxruntime-node'
    import { recipes } from './src/engines/model-pack/recipes.ts'
    for (const recipe of recipes.values()) await InferenceSession.create(await recipe(), { logSeverityLevel: 2 })
    console.log(recipes.size)
  `
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    ['--import', 'tsx', '--input-type=module', '--eval', script],
    { cwd: projectRoot }
  )
  assert.deepEqual({ stdout: stdout.trim(), stderr }, { stdout: String(recipes.size), stderr: '' })
})
