import assert from 'node:assert/strict'
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { before, test, type TestContext } from 'node:test'
import { Problem, StartupError } from '../../../src/errors.js'
import type { ModelsFolder } from '../../../src/engines/recognition/model-graphs.js'
import { openModelsFolder, readModelsFolder } from '../../../src/engines/recognition/models-folder.js'
import { createRecognition, type EmbedRequest } from '../../../src/engines/recognition/recognition.js'
import { modelCache, modelsFolder, portrait } from '../../support/photographs.js'

let models: ModelsFolder
let photograph: Buffer

before(async () => {
  models = await openModelsFolder(modelsFolder, modelCache)
  photograph = await readFile(portrait)
})

const request = (image: Uint8Array): EmbedRequest => ({ image, models: ['r512'], faces: 'largest', aligned: false })
const options = { detector: 'rfb320', maxPixels: 50_000_000 }

test('the image moves to the worker, a slice of a shared buffer is copied', async (t) => {
  const recognition = await createRecognition({ ...options, models, threads: 1 })
  t.after(() => recognition.close())
  const own = Uint8Array.from(photograph)
  await recognition.embed(request(own))
  assert.equal(own.byteLength, 0)

  const slab = Buffer.concat([Buffer.from('before'), photograph, Buffer.from('after')])
  await recognition.embed(request(slab.subarray(6, 6 + photograph.length)))
  assert.equal(slab.subarray(0, 6).toString(), 'before')
})

test('callers beyond the queue are rejected, and those in it are served', async (t) => {
  const recognition = await createRecognition({ ...options, models, threads: 1, maxWaiting: 2 })
  t.after(() => recognition.close())
  const answers = await Promise.allSettled(
    Array.from({ length: 8 }, () => recognition.embed(request(Uint8Array.from(photograph))))
  )
  const served = answers.filter(({ status }) => status === 'fulfilled')
  const refused = answers.filter((answer) => answer.status === 'rejected')
  assert.equal(served.length, 4, 'two under way, two waiting')
  for (const { reason } of refused) assert.ok(reason instanceof Problem && reason.code === 'overloaded', String(reason))
})

test('images that exceed the byte limit together are rejected, a single one is not', async (t) => {
  const recognition = await createRecognition({ ...options, models, threads: 1, maxBytes: 2.5 * photograph.length })
  t.after(() => recognition.close())
  const embed = () => recognition.embed(request(Uint8Array.from(photograph)))
  const answers = await Promise.allSettled([embed(), embed(), embed()])
  assert.deepEqual(answers.map(({ status }) => status), ['fulfilled', 'fulfilled', 'rejected'])
  const { reason } = answers[2] as PromiseRejectedResult
  assert.ok(
    reason instanceof Problem && reason.code === 'overloaded' && /queue is full/.test(reason.detail),
    String(reason)
  )
  // What was refused or has failed is not counted any longer.
  await assert.rejects(recognition.embed(request(photograph.subarray(0, 20_000))))
  assert.equal((await Promise.all([embed(), embed()])).length, 2)

  const narrow = await createRecognition({ ...options, models, threads: 1, maxBytes: 1 })
  t.after(() => narrow.close())
  assert.equal((await narrow.embed(request(Uint8Array.from(photograph)))).faces.length, 1)
})

test('images that nobody waits for are not started, and the next one is embedded', async (t) => {
  const recognition = await createRecognition({ ...options, models, threads: 1 })
  t.after(() => recognition.close())
  const leaving = new AbortController()
  const embed = (signal?: AbortSignal) => recognition.embed(request(Uint8Array.from(photograph)), signal)
  const answers = [embed(), embed(), embed(leaving.signal), embed(leaving.signal)]
  leaving.abort(new Problem('caller-left', 'gone'))
  const [, , ...withdrawn] = await Promise.allSettled(answers)
  for (const answer of withdrawn) assert.equal(answer.status === 'rejected' && answer.reason, leaving.signal.reason)
  assert.equal((await embed()).faces.length, 1)
})

test('close waits for images in flight and refuses later ones', async () => {
  const recognition = await createRecognition({ ...options, models, threads: 1 })
  assert.ok(recognition.ready())
  const inFlight = recognition.embed(request(Uint8Array.from(photograph)))
  const closing = recognition.close()
  assert.ok(!recognition.ready())
  await assert.rejects(
    recognition.embed(request(Uint8Array.from(photograph))),
    (error) => error instanceof Problem && error.code === 'unavailable'
  )
  assert.equal((await inFlight).faces.length, 1)
  await closing
  await recognition.close()
})

test('a damaged image does not affect the worker', async (t) => {
  const recognition = await createRecognition({ ...options, models, threads: 1 })
  t.after(() => recognition.close())
  for (let i = 0; i < 3; i++) {
    await assert.rejects(
      recognition.embed(request(photograph.subarray(0, 20_000 + i))),
      (error) => error instanceof Problem && error.code === 'image-damaged'
    )
  }
  assert.equal((await recognition.embed(request(Uint8Array.from(photograph)))).faces.length, 1)
})

test('an unknown detector stops the start and names the known ones', async () => {
  await assert.rejects(createRecognition({ ...options, models, detector: 'retina' }), (error) => {
    assert.ok(error instanceof StartupError)
    assert.match(error.message, /one of "rfb320", received "retina"/)
    return true
  })
})

/** The models folder in a folder of its own, to change it. */
async function copyModels (t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'crosswalk-changed-'))
  t.after(() => rm(folder, { recursive: true }))
  for (const { manifest, path } of [...models.recognisers, ...models.detectors, ...models.landmarks]) {
    await writeFile(join(folder, `${manifest.id}.json`), JSON.stringify(manifest))
    await copyFile(path, join(folder, manifest.graph.file))
  }
  return folder
}

test('a graph that changed after its check stops the start', async (t) => {
  const folder = await copyModels(t)
  const copied = await openModelsFolder(folder, modelCache)
  await writeFile(join(folder, 'r512.onnx'), 'changed')
  await assert.rejects(createRecognition({ ...options, models: copied, threads: 1, opened: ['r512'] }), (error) => {
    assert.ok(error instanceof StartupError)
    assert.match(error.message, /graph\.sha256: the manifest says 87aacdfe/)
    return true
  })
})

test('a model is opened when it is asked for, and its digest checked once more', async (t) => {
  const folder = await copyModels(t)
  const recognition = await createRecognition({
    ...options,
    models: await readModelsFolder(folder, modelCache),
    threads: 1,
    opened: ['r512'],
    checks: true
  })
  t.after(() => recognition.close())
  await writeFile(join(folder, 'r512.onnx'), 'changed')
  await writeFile(join(folder, 'dlib128.onnx'), 'changed')
  const embed = (...ids: string[]) => recognition.embed({ ...request(Uint8Array.from(photograph)), models: ids })
  assert.equal((await embed('r512', 'faceres1024')).faces[0]!.templates.length, 2)
  await assert.rejects(
    embed('r512', 'dlib128'),
    error => error instanceof Problem && error.code === 'unavailable' && /have changed/.test(error.detail)
  )
  assert.equal(recognition.ready(), false)
  await copyFile(
    models.recognisers.find(({ manifest }) => manifest.id === 'dlib128')!.path,
    join(folder, 'dlib128.onnx')
  )
  assert.equal((await embed('dlib128')).faces[0]!.templates.length, 1)
  assert.equal(recognition.ready(), true)
})

test('a manifest that its graph does not agree with stops the start, whether it is opened or not', async (t) => {
  const folder = await copyModels(t)
  const path = join(folder, 'dlib128.json')
  await writeFile(path, JSON.stringify({ ...JSON.parse(await readFile(path, 'utf8')), dimension: 64 }))
  await assert.rejects(
    createRecognition({
      ...options,
      models: await readModelsFolder(folder, modelCache),
      threads: 2,
      opened: ['r512'],
      checks: true
    }),
    (error: Error) =>
      error instanceof StartupError && /dlib128\.json: dimension: the manifest says 64/.test(error.message)
  )
})
