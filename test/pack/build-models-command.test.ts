import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { programOf } from '../../bench/processes.js'
import { projectRoot } from '../../src/config.js'
import { digestOf } from '../../src/engines/model-pack/cache.js'
import { recipes } from '../../src/engines/model-pack/recipes.js'

interface Result {
  code: number
  lines: string[]
  stderr: string
}

/** Runs the command in a process of its own. */
function run (...options: string[]): Promise<Result> {
  return new Promise((resolve) => {
    execFile(process.execPath, [...programOf('scripts/build-models'), ...options], {
      cwd: projectRoot
    }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), lines: stdout.trimEnd().split('\n'), stderr })
    })
  })
}

async function folder (t: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'build-models-'))
  t.after(() => rm(path, { recursive: true }))
  return path
}

test('the whole pack is built into an empty folder, and found there the second time', async (t) => {
  const out = await folder(t)
  const ids = [...recipes.keys()]
  for (const outcome of ['built', 'present']) {
    const { code, lines, stderr } = await run('--out', out)
    assert.equal(code, 0, stderr)
    assert.deepEqual(lines.map((line) => line.split(/\s+/)), [
      ...ids.map((id) => [id, outcome, join(out, `${id}.onnx`)]),
      ['samples', outcome, join(out, 'samples')]
    ])
  }
  assert.deepEqual((await readdir(out)).sort(), [...ids.map((id) => `${id}.onnx`), 'samples'].sort())
})

test('a manifest with another digest ends the command with 1 and a message, and leaves no file', async (t) => {
  const [out, models] = [await folder(t), await folder(t)]
  const manifest = JSON.parse(await readFile(join(projectRoot, 'models', 'fr68.json'), 'utf8'))
  const received: string = manifest.graph.sha256
  manifest.graph.sha256 = '0'.repeat(64)
  await writeFile(join(models, 'fr68.json'), JSON.stringify(manifest))

  const { code, stderr } = await run('--out', out, '--models', models, '--only', 'fr68')
  assert.equal(code, 1)
  assert.equal(
    stderr.trim(),
    `build-models: fr68.onnx: expected SHA-256 ${
      '0'.repeat(64)
    } (manifest fr68), received ${received}; nothing was installed`
  )
  assert.deepEqual(await readdir(out), [])
})

test('digests are printed without a manifest and without writing', async (t) => {
  const out = await folder(t)
  const { graph } = JSON.parse(await readFile(join(projectRoot, 'models', 'fr68.json'), 'utf8'))
  const { code, lines } = await run('--out', out, '--print-digests', '--only', 'fr68')
  assert.equal(code, 0)
  assert.deepEqual(lines, [`${graph.sha256}  fr68`])
  assert.deepEqual(await readdir(out), [])
})

test('an optional model is built by name alone, with the bytes of its recipe', async (t) => {
  const out = await folder(t)
  const { code, stderr } = await run('--out', out, '--only', 'coco720')
  assert.equal(code, 0, stderr)
  assert.deepEqual(await readdir(out), ['coco720.onnx'])
  const { sha256 } = JSON.parse(await readFile(join(projectRoot, 'models', 'recipes', 'coco720.json'), 'utf8'))
  assert.equal(digestOf(await readFile(join(out, 'coco720.onnx'))), sha256)
})

test('an id that is not of the pack is refused with those that are', async (t) => {
  const { code, stderr } = await run('--out', await folder(t), '--only', 'r513')
  assert.equal(code, 1)
  assert.equal(
    stderr.trim(),
    'build-models: --only: expected one of r512, dlib128, faceres1024, rfb320, fr68, coco720, received r513'
  )
})
