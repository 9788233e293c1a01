import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { projectRoot } from '../../../src/config.js'
import { StartupError } from '../../../src/errors.js'
import { encodeModel } from '../../../src/engines/onnx/model-writer.js'
import { openModelsFolder } from '../../../src/engines/recognition/models-folder.js'
import { modelCache, modelsFolder } from '../../support/photographs.js'

type Members = Readonly<Record<string, unknown>>

/** A graph without weights: the means of the three channels, as a template of three numbers. */
function meansGraph (dims: readonly (number | string)[], dimension = 3): Uint8Array {
  return encodeModel({
    name: 'means',
    inputs: [{ name: 'input', type: 'float32', dims }],
    outputs: [{ name: 'template', type: 'float32', dims: [dims[0] ?? 1, dimension] }],
    initializers: [],
    nodes: [
      { op: 'GlobalAveragePool', inputs: ['input'], outputs: ['means'] },
      { op: 'Flatten', inputs: ['means'], outputs: ['template'] }
    ]
  })
}

const fixedGraph = meansGraph([1, 3, 8, 6])

/** A manifest that agrees with `fixedGraph`. */
function recogniser (graph: Uint8Array = fixedGraph): Members & { graph: Members, input: Members } {
  return {
    id: 'means',
    kind: 'recogniser',
    title: 'Means',
    licence: 'none',
    source: 'this test',
    graph: {
      file: 'means.onnx',
      sha256: createHash('sha256').update(graph).digest('hex'),
      input: 'input',
      outputs: ['template']
    },
    input: { width: 6, height: 8, layout: 'NCHW', channels: 'RGB', mean: [127.5], std: [128] },
    crop: { scale: 1, centreY: 0.5 },
    dimension: 3,
    normalisation: 'l2'
  }
}

/** A detector manifest that the same graph could not satisfy; what it says of itself is checked first. */
function detector (changes: Members): Members {
  const { crop, dimension, normalisation, ...shared } = recogniser()
  assert.ok(crop !== undefined && dimension !== undefined && normalisation !== undefined)
  return {
    ...shared,
    id: 'faces',
    kind: 'detector',
    decoder: 'yunet',
    scoreThreshold: 0.5,
    iouThreshold: 0.4,
    ...changes
  }
}

interface Folder {
  readonly folder: string
  readonly cache: string
}

async function makeFolder (
  t: TestContext,
  files: Readonly<Record<string, Uint8Array | string | Members>>
): Promise<Folder> {
  const root = await mkdtemp(join(tmpdir(), 'crosswalk-models-'))
  t.after(() => rm(root, { recursive: true }))
  const [folder, cache] = [join(root, 'models'), join(root, 'cache')]
  await mkdir(folder)
  await mkdir(cache)
  for (const [name, content] of Object.entries(files)) {
    const bytes = typeof content === 'string' || content instanceof Uint8Array ? content : JSON.stringify(content)
    await writeFile(name.startsWith('cache/') ? join(root, name) : join(folder, name), bytes)
  }
  return { folder, cache }
}

const refused = (message: RegExp) => (error: unknown): boolean => {
  assert.ok(error instanceof StartupError, String(error))
  assert.match(error.message, message)
  return true
}

test('the pack of this repository opens', async () => {
  const models = await openModelsFolder(modelsFolder, modelCache)
  assert.deepEqual(models.recognisers.map(({ manifest }) => manifest.id), ['dlib128', 'faceres1024', 'r512'])
  assert.deepEqual(models.detectors.map(({ manifest }) => manifest.id), ['rfb320'])
  assert.deepEqual(models.landmarks.map(({ manifest }) => manifest.id), ['fr68'])
  // Workers are started with it.
  assert.deepEqual(structuredClone(models), models)
})

test('a graph is taken from beside its manifest first, then from the cache', async (t) => {
  const beside = await makeFolder(t, {
    'means.json': recogniser(),
    'means.onnx': fixedGraph,
    'cache/means.onnx': 'something else'
  })
  assert.equal(
    (await openModelsFolder(beside.folder, beside.cache)).recognisers[0]?.path,
    join(beside.folder, 'means.onnx')
  )
  const cached = await makeFolder(t, { 'means.json': recogniser(), 'cache/means.onnx': fixedGraph })
  assert.equal(
    (await openModelsFolder(cached.folder, cached.cache)).recognisers[0]?.path,
    join(cached.cache, 'means.onnx')
  )
})

test('symbolic dimensions fit every size', async (t) => {
  const graph = meansGraph(['N', 3, 'height', 'width'])
  const { folder, cache } = await makeFolder(t, { 'means.json': recogniser(graph), 'means.onnx': graph })
  assert.equal((await openModelsFolder(folder, cache)).recognisers.length, 1)
})

const input = (changes: Members): Members => ({ ...recogniser(), input: { ...recogniser().input, ...changes } })
const graph = (changes: Members): Members => ({ ...recogniser(), graph: { ...recogniser().graph, ...changes } })

const contradictions: readonly (readonly [string, Members, RegExp])[] = [
  [
    'another width',
    input({ width: 7 }),
    /input\.width: the manifest says 7, the graph declares its input "input" as \[1, 3, 8, 6\]$/
  ],
  ['another height', input({ height: 9 }), /input\.height: the manifest says 9, the graph declares .* \[1, 3, 8, 6\]$/],
  [
    'other channels',
    input({ channels: 'grey' }),
    /input\.channels: the manifest says grey \(1\), the graph declares .* \[1, 3, 8, 6\]$/
  ],
  [
    'another layout',
    input({ layout: 'NHWC' }),
    /input\.layout: the manifest says NHWC, the graph declares .* \[1, 3, 8, 6\]$/
  ],
  [
    'two means for three channels',
    input({ mean: [1, 2] }),
    /input\.mean: expected 1 or 3 numbers for channels RGB, received 2$/
  ],
  ['a std of 0', input({ std: [0] }), /input\.std: expected numbers other than 0/],
  [
    'another dimension',
    { ...recogniser(), dimension: 512 },
    /dimension: the manifest says 512, the graph gives \[1, 3\] at output "template"$/
  ],
  ['an unknown input', graph({ input: 'data' }), /graph\.input: the manifest says "data", the graph has "input"$/],
  [
    'an unknown output',
    graph({ outputs: ['fc1'] }),
    /graph\.outputs: the manifest says "fc1", the graph has "template"$/
  ],
  [
    'two outputs of a recogniser',
    graph({ outputs: ['template', 'template'] }),
    /graph\.outputs: expected 1 for a recogniser manifest, received 2$/
  ],
  ['other weights', graph({ sha256: 'a'.repeat(64) }), /graph\.sha256: the manifest says a{64}, \S+ has [0-9a-f]{64}$/],
  [
    'a graph that is not there',
    graph({ file: 'arcface.onnx' }),
    /graph\.file: arcface\.onnx is neither in \S+ nor in \S+$/
  ],
  ['a misspelt member', { ...recogniser(), centerY: 0.5 }, /centerY: no manifest of this kind has this member$/],
  ['a member of the wrong type', { ...recogniser(), dimension: '3' }, /dimension: must be integer, received "3"$/],
  ['a missing member', { ...recogniser(), crop: undefined }, /must have required properties crop$/],
  [
    'an unknown kind',
    { ...recogniser(), kind: 'classifier' },
    /kind: expected "recogniser", "detector" or "landmarks", received "classifier"$/
  ],
  [
    'a side that the decoder cannot divide',
    detector({}),
    /input: expected sides that are multiples of 32 for decoder yunet, received 6x8$/
  ],
  [
    'outputs that the decoder does not read',
    detector({ decoder: 'rfb' }),
    /graph\.outputs: expected 2 for decoder rfb \(scores, boxes\), received 1$/
  ]
]

for (const [name, manifest, message] of contradictions) {
  test(`a manifest with ${name} stops the start`, async (t) => {
    const { folder, cache } = await makeFolder(t, { 'means.json': manifest, 'means.onnx': fixedGraph })
    await assert.rejects(openModelsFolder(folder, cache), refused(new RegExp(`^\\S+means\\.json: ${message.source}`)))
  })
}

test('a manifest that is not JSON stops the start', async (t) => {
  const { folder, cache } = await makeFolder(t, { 'means.json': '{ "id": ' })
  await assert.rejects(openModelsFolder(folder, cache), refused(/means\.json: expected a JSON document: /))
})

test('a file that is not a graph stops the start', async (t) => {
  const bytes = Buffer.from('not a graph')
  const { folder, cache } = await makeFolder(t, { 'means.json': recogniser(bytes), 'means.onnx': bytes })
  await assert.rejects(
    openModelsFolder(folder, cache),
    refused(/means\.json: graph\.file: \S+ is not a graph that onnxruntime can run: /)
  )
})

test('two manifests with one id stop the start', async (t) => {
  const { folder, cache } = await makeFolder(t, {
    'a.json': recogniser(),
    'b.json': recogniser(),
    'means.onnx': fixedGraph
  })
  await assert.rejects(
    openModelsFolder(folder, cache),
    refused(/b\.json: id: expected one that no other manifest has, received "means", the id of \S+a\.json$/)
  )
})

test('a folder without recognisers, and a folder that is not there, stop the start', async (t) => {
  const { folder, cache } = await makeFolder(t, {})
  await assert.rejects(openModelsFolder(folder, cache), refused(/at least one recogniser, found none$/))
  await assert.rejects(openModelsFolder(join(folder, 'missing'), cache), refused(/missing cannot be read$/))
})

test('a detector that needs landmarks names a landmarks manifest, any other names none', async (t) => {
  const size = { width: 64, height: 64 }
  const outputs = { scores: 2, boxes: 4 }
  // 64 x 64 pixels hold 8*8*3 + 4*4*2 + 2*2*2 + 1*3 anchors.
  const rows = 8 * 8 * 3 + 4 * 4 * 2 + 2 * 2 * 2 + 3
  const bytes = encodeModel({
    name: 'nothing found',
    inputs: [{ name: 'input', type: 'float32', dims: [1, 3, 64, 64] }],
    outputs: Object.entries(outputs).map(([name, columns]) => ({ name, type: 'float32', dims: [1, rows, columns] })),
    initializers: Object.entries(outputs).map(
      ([name, columns]) => ({ name: `no ${name}`, dims: [1, rows, columns], data: new Float32Array(rows * columns) })
    ),
    nodes: Object.keys(outputs).map((name) => ({ op: 'Identity', inputs: [`no ${name}`], outputs: [name] }))
  })
  const manifest = detector({
    decoder: 'rfb',
    graph: {
      file: 'faces.onnx',
      sha256: createHash('sha256').update(bytes).digest('hex'),
      input: 'input',
      outputs: ['scores', 'boxes']
    },
    input: { ...recogniser().input, ...size }
  })
  const open = async (changes: Members): Promise<unknown> => {
    const { folder, cache } = await makeFolder(t, {
      'means.json': recogniser(),
      'means.onnx': fixedGraph,
      'faces.json': { ...manifest, ...changes },
      'faces.onnx': bytes
    })
    return openModelsFolder(folder, cache)
  }
  await assert.rejects(
    open({}),
    refused(
      /faces\.json: landmarks: expected the id of a landmarks manifest, for decoder rfb finds boxes only, received nothing$/
    )
  )
  await assert.rejects(
    open({ landmarks: 'fr68' }),
    refused(/landmarks: expected the id of a landmarks manifest, received "fr68", which no manifest has$/)
  )
  await assert.rejects(open({ landmarks: 'means' }), refused(/received "means", which is a recogniser$/))
  await assert.rejects(
    open({ input: { ...recogniser().input, width: 32, height: 64 } }),
    refused(/input\.width: the manifest says 32, the graph declares/)
  )
})

test('makes graphs of the model pack when they are first needed', async t => {
  const { folder, cache } = await makeFolder(t, {
    'r512.json': JSON.parse(await readFile(join(projectRoot, 'models', 'r512.json'), 'utf8'))
  })
  const { recognisers: [made] } = await openModelsFolder(folder, cache)
  assert.equal(made!.path, join(cache, 'r512.onnx'))
  const { manifest } = made!
  const other = { ...manifest, graph: { ...manifest.graph, sha256: 'a'.repeat(64), file: 'other.onnx' } }
  await assert.rejects(
    openModelsFolder((await makeFolder(t, { 'r512.json': other })).folder, cache),
    refused(/other\.onnx is neither in \S+ nor in \S+, and cannot be made: other\.onnx: expected SHA-256 a{64}/)
  )
})
