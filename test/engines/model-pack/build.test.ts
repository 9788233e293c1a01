import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { buildModel, readEntry } from '../../../src/engines/model-pack/build.js'
import { digestOf, place } from '../../../src/engines/model-pack/cache.js'
import { recipes } from '../../../src/engines/model-pack/recipes.js'
import { projectRoot } from '../../../src/config.js'

const manifests = join(projectRoot, 'models')
const other = (): Promise<Uint8Array> => Promise.resolve(Buffer.from('other bytes'))
const never = (): Promise<Uint8Array> => assert.fail('the graph was made again')

async function folder (t: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'model-pack-'))
  t.after(() => rm(path, { recursive: true }))
  return path
}

function recipe (id: string): () => Promise<Uint8Array> {
  return recipes.get(id) ?? assert.fail(`no recipe for ${id}`)
}

for (const id of recipes.keys()) {
  test(`${id} is made with the bytes that its manifest names, each time`, async () => {
    const { graph } = await readEntry(manifests, id)
    assert.equal(digestOf(await recipe(id)()), graph.sha256)
    assert.equal(digestOf(await recipe(id)()), graph.sha256)
  })
}

test('a graph is built once; when its bytes are there nothing is made or written', async (t) => {
  const cache = join(await folder(t), 'cache', 'models')
  const entry = await readEntry(manifests, 'fr68')
  assert.equal(await buildModel(entry, cache, recipe('fr68')), 'built')
  const before = await stat(join(cache, 'fr68.onnx'))

  assert.equal(await buildModel(entry, cache, never), 'present')
  const after = await stat(join(cache, 'fr68.onnx'))
  assert.deepEqual([after.ino, after.mtimeMs], [before.ino, before.mtimeMs])
  assert.deepEqual(await readdir(cache), ['fr68.onnx'])
})

test('bytes that differ from the manifest are refused with both digests, and nothing is put in place', async (t) => {
  const cache = await folder(t)
  const entry = await readEntry(manifests, 'fr68')
  await assert.rejects(buildModel(entry, cache, other), (error: Error) => {
    assert.match(error.message, /^fr68\.onnx: expected SHA-256 /)
    assert.ok(error.message.includes(entry.graph.sha256), 'the expected digest')
    assert.ok(error.message.includes(digestOf(Buffer.from('other bytes'))), 'the received digest')
    return true
  })
  assert.deepEqual(await readdir(cache), [])
})

test('a damaged graph in the cache is replaced', async (t) => {
  const cache = await folder(t)
  const entry = await readEntry(manifests, 'fr68')
  await writeFile(join(cache, 'fr68.onnx'), (await recipe('fr68')()).subarray(0, 1000))
  assert.equal(await buildModel(entry, cache, recipe('fr68')), 'built')
  assert.equal(digestOf(await readFile(join(cache, 'fr68.onnx'))), entry.graph.sha256)
  assert.deepEqual(await readdir(cache), ['fr68.onnx'])
})

test('builds of the same graph at the same time all succeed and leave one file', async (t) => {
  const cache = await folder(t)
  const entry = await readEntry(manifests, 'fr68')
  await Promise.all(Array.from({ length: 8 }, () => buildModel(entry, cache, recipe('fr68'))))
  assert.deepEqual(await readdir(cache), ['fr68.onnx'])
  assert.equal(digestOf(await readFile(join(cache, 'fr68.onnx'))), entry.graph.sha256)
})

test('a file that cannot be put in place leaves no temporary file', async (t) => {
  const cache = await folder(t)
  await mkdir(join(cache, 'fr68.onnx', 'in the way'), { recursive: true })
  await assert.rejects(place(join(cache, 'fr68.onnx'), Buffer.from('bytes')))
  assert.deepEqual(await readdir(cache), ['fr68.onnx'])
})

test('a manifest of another model, or without a digest, is refused by its file', async (t) => {
  const path = await folder(t)
  const manifest = JSON.parse(await readFile(join(manifests, 'fr68.json'), 'utf8'))
  const cases: [object, RegExp][] = [
    [manifest, /dlib128\.json: expected the id dlib128, found fr68/],
    [{ ...manifest, id: 'dlib128' }, /dlib128\.json: expected the graph file dlib128\.onnx, found fr68\.onnx/],
    [
      { ...manifest, id: 'dlib128', graph: { file: 'dlib128.onnx' } },
      /dlib128\.json: expected graph\.sha256, found none/
    ]
  ]
  for (const [content, message] of cases) {
    await writeFile(join(path, 'dlib128.json'), JSON.stringify(content))
    await assert.rejects(readEntry(path, 'dlib128'), message)
  }
  await writeFile(join(path, 'dlib128.json'), '{')
  await assert.rejects(readEntry(path, 'dlib128'), /dlib128\.json is not JSON/)
})
