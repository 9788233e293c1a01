import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { projectRoot } from '../../../src/config.js'
import { openGraph } from '../../../src/engines/onnx/runtime.js'
import { assertGraphAgrees } from '../../../src/engines/recognition/graph-agreement.js'
import { recogniserFingerprint } from '../../../src/engines/recognition/manifest.js'
import { createRecogniser } from '../../../src/engines/recognition/recogniser.js'
import {
  manifestBy,
  misfit,
  proposeRecipes,
  readRecipes,
  type InspectedGraph,
  type Recipe
} from '../../../src/features/model-files/recipe.js'
import { sharedGraph } from '../../support/photographs.js'
import { signatureGraph } from '../../support/signature-graph.js'

const recipes = await readRecipes(join(projectRoot, 'models', 'recipes'))
const named = (id: string): Recipe => recipes.find(({ recipe }) => recipe === id) ?? assert.fail(id)

async function inspect (bytes: Uint8Array, fileName: string): Promise<InspectedGraph> {
  const graph = await openGraph(bytes)
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  const { inputs, outputs } = graph
  await graph.release()
  return { fileName, sha256, inputs, outputs }
}

test('a digest says where it was found, and no two recipes have one file', () => {
  for (const { recipe, sha256, digestFrom } of recipes) {
    assert.equal(sha256 === undefined, digestFrom === undefined, recipe)
  }
  const digests = recipes.flatMap(({ sha256 }) => sha256 ?? [])
  assert.equal(new Set(digests).size, digests.length)
  assert.ok(digests.length > 15)
})

for (const recipe of recipes) {
  test(`${recipe.recipe} is proposed for a graph of its names and shapes, agrees with it and gives templates`, async t => {
    const bytes = signatureGraph(recipe)
    const fileName = recipe.files[0] ?? 'mine.onnx'
    const inspected = await inspect(bytes, fileName)
    assert.equal(misfit(recipe, inspected), undefined)
    const proposals = proposeRecipes(recipes, inspected)
    assert.ok(proposals.some(proposal => proposal.recipe === recipe), proposals.map(p => p.recipe.recipe).join())
    if (recipe.files.length > 0) assert.ok(proposals.every(({ recipe: other }) => other.files.includes(fileName)))

    const manifest = manifestBy(recipe, 'mine', inspected)
    const graph = await openGraph(bytes)
    t.after(() => graph.release())
    await assertGraphAgrees(manifest, graph, recipe.recipe)
    if (manifest.kind !== 'recogniser') return
    const { recognise } = createRecogniser(manifest, graph)
    const pixels = { width: 40, height: 40, data: Uint8Array.from({ length: 4800 }, (_, k) => k * 37 % 251) }
    const found = await recognise(pixels, { a: manifest.input.width / 40, b: 0, tx: 0, ty: 0 })
    assert.ok('vector' in found)
    assert.equal(found.vector.length, manifest.dimension)
    assert.match(recogniserFingerprint(manifest), /^[0-9a-f]{64}$/)
  })
}

test('names tell models of one shape apart, and what is known of no file is proposed in all ways', async () => {
  const proposed = async (recipe: Recipe, fileName: string) =>
    proposeRecipes(recipes, await inspect(signatureGraph(recipe), fileName)).map(({ recipe, by }) =>
      `${recipe.recipe} ${by}`
    )
  assert.deepEqual(await proposed(named('w600k_r50'), 'arcface.onnx'), ['w600k_r50 names'])
  assert.deepEqual(await proposed(named('clip_vit_b32'), 'vision_model.onnx'), ['clip_vit_b32 names'])
  assert.deepEqual(await proposed(named('siglip_b16'), 'vision_model.onnx'), ['siglip_b16 names'])
  assert.deepEqual(await proposed(named('dinov2_s14'), 'model.onnx'), ['dinov2_s14 names'])
  assert.deepEqual(await proposed(named('adaface_ir_18'), 'adaface_ir_18.onnx'), ['adaface_ir_18 shape'])
  assert.deepEqual(
    await proposed(named('adaface_ir_18'), 'mine.onnx'),
    ['arcface_112 shape', 'arcface_112_bgr shape', 'arcface_112_raw shape', 'arcface_112_unit shape']
  )
})

test('a graph that a recipe does not fit is told what was expected and what it has', async () => {
  const inspected = await inspect(
    signatureGraph(named('dlib_resnet_v1'), { input: 'image', output: 'vector' }),
    'x.onnx'
  )
  assert.match(
    misfit(named('sface'), inspected)!,
    /expected the input "data" \[1, 3, 112, 112\], the graph has "image"/
  )
  const wide = await inspect(signatureGraph(named('facenet512_pytorch')), 'x.onnx')
  assert.match(
    misfit({ ...named('facenet512_pytorch'), graph: { input: {}, outputs: [{ name: 'embedding' }] } }, wide)!,
    /expected the output "embedding" \[\.\.\.\], the graph has "y"/
  )
})

test('the published file is told by its digest', async t => {
  const path = sharedGraph('face_detection_yunet_2023mar.onnx')
  if (path === undefined || path === null) return t.skip('the graphs of ../shared/models are not here')
  const [proposal, ...others] = proposeRecipes(recipes, await inspect(await readFile(path), 'renamed.onnx'))
  assert.deepEqual([proposal!.recipe.recipe, proposal!.by, others], ['yunet-2023mar', 'digest', []])
})
