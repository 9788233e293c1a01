import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { test } from 'node:test'
import { openModelsFolder } from '../../../src/engines/recognition/models-folder.js'
import { createRecognition } from '../../../src/engines/recognition/recognition.js'
import { cosine } from '../../support/cosine.js'
import { modelCache, samplePhotographs, sharedGraph } from '../../support/photographs.js'

const yunetOutputs = ['cls', 'obj', 'bbox', 'kps'].flatMap((kind) => [8, 16, 32].map((stride) => `${kind}_${stride}`))

test('an operator adds a recogniser and a detector by dropping graphs and manifests into a folder', async (t) => {
  const [mbf, mfv2, yunet] = ['mbf128.onnx', 'mfv2-256.onnx', 'face_detection_yunet_2023mar.onnx'].map(sharedGraph)
  if (mbf == null || mfv2 == null || yunet == null) return t.skip('the graphs of ../shared/models are not here')
  const folder = await mkdtemp(join(tmpdir(), 'crosswalk-operator-'))
  t.after(() => rm(folder, { recursive: true }))
  const drop = async (id: string, path: string, graph: object, rest: object): Promise<void> => {
    const sha256 = createHash('sha256').update(await readFile(path)).digest('hex')
    await copyFile(path, join(folder, basename(path)))
    await writeFile(
      join(folder, `${id}.json`),
      JSON.stringify({
        id,
        title: id,
        licence: 'see its publisher',
        source: 'operator',
        graph: { file: basename(path), sha256, ...graph },
        ...rest
      })
    )
  }
  const face = { width: 112, height: 112, layout: 'NCHW', channels: 'RGB' }
  const crop = { scale: 1, centreY: 0.5 }
  await drop('mbf128', mbf, { input: 'input', outputs: ['output'] }, {
    kind: 'recogniser',
    input: { ...face, mean: [127.5], std: [128] },
    crop,
    dimension: 128,
    normalisation: 'l2'
  })
  await drop('mfv2-256', mfv2, { input: 'data', outputs: ['embedding'] }, {
    kind: 'recogniser',
    input: { ...face, mean: [0], std: [1] },
    crop,
    dimension: 256,
    normalisation: 'l2'
  })
  await drop('yunet', yunet, { input: 'input', outputs: yunetOutputs }, {
    kind: 'detector',
    decoder: 'yunet',
    input: { width: 640, height: 640, layout: 'NCHW', channels: 'BGR', mean: [0], std: [1] },
    scoreThreshold: 0.7,
    iouThreshold: 0.3
  })

  const recognition = await createRecognition({
    models: await openModelsFolder(folder, modelCache),
    detector: 'yunet',
    threads: 1,
    maxPixels: 50_000_000
  })
  t.after(() => recognition.close())

  const people = [3, 3, 3, 4, 5, 4]
  for (const [i, path] of samplePhotographs.entries()) {
    const { faces } = await recognition.embed({
      image: await readFile(path),
      models: ['mbf128', 'mfv2-256'],
      faces: 'all',
      aligned: false
    })
    assert.equal(faces.length, people[i], path)
    for (const [k, { templates, landmarks: [left, right, , mouthLeft, mouthRight] }] of faces.entries()) {
      assert.deepEqual(templates.map(({ model, vector }) => [model, vector.length]), [
        ['mbf128', 128],
        ['mfv2-256', 256]
      ])
      assert.ok(left.x < right.x && mouthLeft.x < mouthRight.x && mouthLeft.y > left.y)
      // The people of one photograph are different people.
      for (const other of faces.slice(k + 1)) {
        for (const [m, { vector }] of templates.entries()) {
          assert.ok(cosine(vector, other.templates[m]?.vector ?? new Float32Array()) < 0.6)
        }
      }
    }
  }
})
