import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { describe, test, type TestContext } from 'node:test'
import { programOf } from '../../../bench/processes.js'
import { projectRoot } from '../../../src/config.js'
import { openModelsFolder } from '../../../src/engines/recognition/models-folder.js'
import { readRecipes } from '../../../src/features/model-files/recipe.js'
import { lfwPhotographs, modelCache, modelsFolder, sharedGraph } from '../../support/photographs.js'
import { signatureGraph } from '../../support/signature-graph.js'

const graphs = ['mbf128.onnx', 'mfv2-256.onnx', 'face_detection_yunet_2023mar.onnx'].map(sharedGraph)
const [mbf, mfv2, yunet] = graphs as [string, string, string]
const missing = graphs.includes(null) ? 'the graphs of ../shared/models are not here' : false

/** A models folder with the manifests of the pack. */
async function packFolder (t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'crosswalk-models-'))
  t.after(() => rm(folder, { recursive: true }))
  for (const name of await readdir(modelsFolder)) {
    if (name.endsWith('.json')) await copyFile(join(modelsFolder, name), join(folder, name))
  }
  return folder
}

async function model (folder: string, ...args: string[]) {
  const child = spawn(process.execPath, [...programOf('src/cli'), 'model', ...args], {
    env: { ...process.env, MODELS_DIR: folder, MODEL_CACHE_DIR: modelCache }
  })
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', chunk => {
    stdout += chunk
  })
  child.stderr.on('data', chunk => {
    stderr += chunk
  })
  const code = await new Promise<number | null>(resolve => child.on('close', resolve))
  return { code, stdout, stderr }
}

describe('crosswalk model add', { skip: missing }, () => {
  test('a file of no known name is fed in the way that tells people apart, and the service opens it', async t => {
    const folder = await packFolder(t)
    const { code, stdout, stderr } = await model(folder, 'add', mfv2, '--json')
    assert.equal(code, 0, stderr)
    const { additions: [{ id, proposals, manifest, test: { recogniser }, written }] } = JSON.parse(stdout)
    assert.deepEqual([id, written], ['mfv2-256', join(folder, 'mfv2-256.json')])
    assert.equal(proposals[0].recipe.recipe, 'arcface_112_raw')
    assert.equal(proposals.length, 4)
    assert.deepEqual([manifest.dimension, manifest.input.mean, manifest.input.std], [256, [0, 0, 0], [1, 1, 1]])
    assert.ok(recogniser.separation.mated > 0.5 && recogniser.separation.nonMated < 0.2, JSON.stringify(recogniser))
    assert.equal(recogniser.better, undefined)
    const opened = await openModelsFolder(folder, modelCache)
    assert.ok(opened.recognisers.some(({ manifest }) => manifest.id === 'mfv2-256'))
  })

  test('a wrong scale is told, and nothing is written until somebody decides', async t => {
    const folder = await packFolder(t)
    const wrong = ['add', mbf, '--recipe', 'arcface_112_raw', '--id', 'wrong']
    const refused = await model(folder, ...wrong)
    assert.equal(refused.code, 3, refused.stderr)
    assert.match(refused.stdout, /WRONG {5}scale of the values: -1\.\.1 tells people apart clearly better/)
    assert.match(refused.stdout, /nothing was written/)
    assert.ok(!(await readdir(folder)).includes('wrong.json'))

    assert.equal((await model(folder, ...wrong, '--accept', 'test')).code, 0)
    const manifest = JSON.parse(await readFile(join(folder, 'wrong.json'), 'utf8'))
    assert.deepEqual([manifest.input.mean, manifest.input.std], [[127.5], [127.5]])
  })

  test('a wrong channel order is told by the photographs of thirty people', async t => {
    const photographs = lfwPhotographs(30)
    if (photographs === null) return t.skip('the photographs of ../shared/data are not here')
    const folder = await packFolder(t)
    const people = join(folder, 'people')
    for (const [person, paths] of photographs) {
      await mkdir(join(people, person), { recursive: true })
      for (const path of paths.slice(0, 3)) await copyFile(path, join(people, person, basename(path)))
    }
    const test = async (recipe: string) =>
      JSON.parse(
        (await model(folder, 'add', mbf, '--recipe', recipe, '--photographs', people, '--dry-run', '--json')).stdout
      )
        .additions[0].test.recogniser
    assert.equal((await test('arcface_112')).better, undefined)
    const { better, separation } = await test('arcface_112_bgr')
    assert.deepEqual([better.what, better.says], ['channel order', 'RGB'])
    assert.ok(better.separation.distance < 1.1 * separation.distance, 'by less than gross mistakes cost')
  })

  test("a folder in InsightFace's layout is taken whole, and what is no part of recognition is named", async t => {
    const folder = await packFolder(t)
    const pack = join(folder, 'buffalo_x')
    await mkdir(pack)
    await copyFile(yunet, join(pack, 'det.onnx'))
    await copyFile(mbf, join(pack, 'w_mbf.onnx'))
    const [recipe] = await readRecipes(join(projectRoot, 'models', 'recipes'))
    const { manifest: { kind: _, ...manifest } } = recipe!
    const ages = {
      ...recipe!,
      manifest: { ...manifest, kind: 'recogniser', input: { ...manifest.input, width: 96, height: 96 } }
    }
    await writeFile(join(pack, 'genderage.onnx'), signatureGraph(ages as typeof recipe & object))
    const { code, stdout, stderr } = await model(folder, 'add', pack)
    assert.equal(code, 0, stderr)
    assert.match(stdout, /det\.onnx: YuNet.*\n.*the file is the published one/)
    assert.match(stdout, /2\d of 2\d faces on 6 photographs/)
    assert.match(
      stdout,
      /genderage\.onnx: left out: genderage\.onnx: no recipe fits a graph with the inputs "x" \[batch, 3, 96, 96\]/
    )
    const { detectors, recognisers } = await openModelsFolder(folder, modelCache)
    assert.ok(detectors.some(({ manifest }) => manifest.id === 'yunet-2023mar'))
    assert.ok(recognisers.some(({ manifest }) => manifest.id === 'w_mbf'))
    // Again: the same files under the same names change nothing.
    assert.equal((await model(folder, 'add', pack, '--no-test')).code, 0)
  })

  test('what cannot be added is refused with the reason', async t => {
    const folder = await packFolder(t)
    await writeFile(join(folder, 'text.onnx'), 'no graph')
    await mkdir(join(folder, 'empty'))
    for (
      const [args, message, expected = 1] of [
        [['add'], /expected "model add FILE" or "model recipes", received "model add"/, 2],
        [['add', mbf, '--magic'], /model: Unknown option '--magic'/, 2],
        [['add', join(folder, 'nowhere.onnx')], /expected a graph or a folder of graphs, found nothing/],
        [['add', join(folder, 'text.onnx'), '--no-test'], /text\.onnx: expected a graph that onnxruntime can run/],
        [['add', join(folder, 'empty'), '--no-test'], /expected \.onnx files in this folder, found none/],
        [['add', mbf, '--no-test', '--recipe', 'sface'], /mbf128\.onnx: recipe sface: expected the input "data"/],
        [['add', mbf, '--no-test', '--recipe', 'magic'], /--recipe: expected one of .*sface.*, received magic/],
        [['add', mbf, '--no-test', '--id', 'r512'], /r512\.json: another model has this id/],
        [['add', mbf, '--no-test', '--id', '../r512'], /--id: expected up to 63 of/, 2],
        [['add', mbf, '--accept', 'everything'], /--accept: expected recipe or test, received everything/, 2],
        [['add', mbf, '--photographs', join(folder, 'empty')], /expected a subfolder of photographs for each person/]
      ] as [string[], RegExp, number?][]
    ) {
      const { code, stderr } = await model(folder, ...args)
      assert.equal(code, expected, stderr)
      assert.match(stderr, message)
    }
  })
})

test('crosswalk model recipes lists them', async t => {
  const { code, stdout } = await model(await packFolder(t), 'recipes')
  assert.equal(code, 0)
  assert.match(stdout, /^w600k_r50 +InsightFace buffalo_l/m)
  assert.match(stdout, /^clip_vit_b32 /m)
})
