import { createHash } from 'node:crypto'
import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { Value } from 'typebox/value'
import { StartupError } from '../../errors.js'
import { buildModel } from '../model-pack/build.js'
import { recipes } from '../model-pack/recipes.js'
import { joinClips } from '../onnx/joined-clips.js'
import { splitParametricRelu } from '../onnx/parametric-relu.js'
import { openGraph, type Graph, type GraphOptions } from '../onnx/runtime.js'
import { decoders } from './detection/detector.js'
import { assertGraphAgrees } from './graph-agreement.js'
import { DetectorManifest, LandmarksManifest, Manifest, RecogniserManifest } from './manifest.js'

/** A manifest and the path of its graph, as plain data that can be passed to workers. */
export interface Located<M extends Manifest> {
  readonly manifest: M
  /** Absolute or relative to the working directory, as the folders were given. */
  readonly path: string
  /** The file of the manifest, for messages. */
  readonly source: string
}

export interface ModelsFolder {
  /** of the manifests */
  readonly folder: string
  readonly recognisers: readonly Located<RecogniserManifest>[]
  readonly detectors: readonly Located<DetectorManifest>[]
  readonly landmarks: readonly Located<LandmarksManifest>[]
}

/**
 * Reads a models folder and checks everything in it, see `readModelsFolder` and `checkModels`.
 * @throws StartupError naming the manifest, the member, what was expected and what was received
 */
export async function openModelsFolder (folder: string, cacheFolder: string): Promise<ModelsFolder> {
  const models = await readModelsFolder(folder, cacheFolder)
  await checkModels(models)
  return models
}

/**
 * Reads every manifest (`*.json`) of a models folder and finds its graph beside it or in the cache folder. No graph is
 * opened.
 * @param folder of the manifests, and of graphs that the operator adds
 * @param cacheFolder of the graphs of the model pack, which are made there when they are first needed
 * @throws StartupError naming the manifest, the member, what was expected and what was received
 */
export async function readModelsFolder (folder: string, cacheFolder: string): Promise<ModelsFolder> {
  const all: Located<Manifest>[] = []
  for (const name of await listManifests(folder)) {
    const source = join(folder, name)
    const manifest = await readManifest(source)
    const twin = all.find(other => other.manifest.id === manifest.id)
    if (twin !== undefined) {
      throw new StartupError(
        `${source}: id: expected one that no other manifest has, received ${JSON.stringify(manifest.id)}, the id of ` +
          `${twin.source}`
      )
    }
    all.push({ manifest, path: await locateGraph(manifest, source, folder, cacheFolder), source })
  }
  return {
    folder,
    recognisers: all.filter(
      (located): located is Located<RecogniserManifest> => located.manifest.kind === 'recogniser'
    ),
    detectors: all.filter((located): located is Located<DetectorManifest> => located.manifest.kind === 'detector'),
    landmarks: all.filter((located): located is Located<LandmarksManifest> => located.manifest.kind === 'landmarks')
  }
}

/**
 * Verifies the SHA-256 of every graph and, by running it once, that manifest and graph agree; then that the manifests
 * agree with one another, and that one is of a recogniser. No graph stays open, and one is open at a time.
 * @throws StartupError naming the manifest, the member, what was expected and what was received
 */
export async function checkModels ({ folder, recognisers, detectors, landmarks }: ModelsFolder): Promise<void> {
  const all = [...recognisers, ...detectors, ...landmarks]
  for (const located of all) {
    const graph = await openVerifiedGraph(located).catch((error: unknown) => {
      throw explain(error, located.source)
    })
    try {
      await assertGraphAgrees(located.manifest, graph, located.source)
    } finally {
      await graph.release()
    }
  }
  for (const { manifest, source } of all) assertLandmarks(manifest, source, all.map(({ manifest }) => manifest))
  if (recognisers.length === 0) {
    throw new StartupError(`${folder}: expected the manifest of at least one recogniser, found none`)
  }
}

/**
 * Opens the graph from bytes whose SHA-256 is that of the manifest. It takes bytes rather than a path so that what was
 * hashed is what runs, and so that a graph that keeps weights in other files, which no digest covers, does not open.
 * Activations are rewritten to the form that onnxruntime computes fastest, which changes no number.
 * @throws StartupError when the digest differs or the bytes are not a graph
 */
export async function openVerifiedGraph (
  { manifest, path }: Pick<Located<Manifest>, 'manifest' | 'path'>,
  options?: GraphOptions
): Promise<Graph> {
  const bytes = await readFile(path)
  const digest = createHash('sha256').update(bytes).digest('hex')
  if (digest !== manifest.graph.sha256) {
    throw new StartupError(`graph.sha256: the manifest says ${manifest.graph.sha256}, ${path} has ${digest}`)
  }
  try {
    return await openGraph(joinClips(splitParametricRelu(bytes)), options)
  } catch (cause) {
    throw new StartupError(
      `graph.file: ${path} is not a graph that onnxruntime can run: ` +
        `${cause instanceof Error ? cause.message : String(cause)}`,
      { cause }
    )
  }
}

async function listManifests (folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).filter((name) => name.endsWith('.json')).sort()
  } catch (cause) {
    throw new StartupError(`the models folder ${folder} cannot be read`, { cause })
  }
}

const schemas = { recogniser: RecogniserManifest, detector: DetectorManifest, landmarks: LandmarksManifest }

async function readManifest (source: string): Promise<Manifest> {
  let value: unknown
  try {
    value = JSON.parse(await readFile(source, 'utf8'))
  } catch (cause) {
    throw new StartupError(
      `${source}: expected a JSON document: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause }
    )
  }
  const kind = typeof value === 'object' && value !== null && 'kind' in value ? value.kind : undefined
  if (kind !== 'recogniser' && kind !== 'detector' && kind !== 'landmarks') {
    throw new StartupError(
      `${source}: kind: expected "recogniser", "detector" or "landmarks", received ${JSON.stringify(kind) ?? 'nothing'}`
    )
  }
  if (Value.Check(Manifest, value)) return value
  // Errors of the union would mention all three kinds.
  throw new StartupError(`${source}: ${describeErrors(value, Value.Errors(schemas[kind], value))}`)
}

type SchemaError = ReturnType<typeof Value.Errors>[number]

function describeErrors (manifest: unknown, errors: readonly SchemaError[]): string {
  const member = (path: string): string => path.slice(1).replaceAll('/', '.')
  return errors.flatMap((error) => {
    const { keyword, instancePath, message } = error
    // Unknown members give one of these too, since the schema of what is not allowed is `false`.
    if (keyword === 'boolean') return []
    if (keyword === 'additionalProperties') {
      return error.params.additionalProperties.map(
        (name) => `${member(`${instancePath}/${name}`)}: no manifest of this kind has this member`
      )
    }
    const received = JSON.stringify(Value.Pointer.Get(manifest, instancePath)) ?? 'nothing'
    return [instancePath === '' ? message : `${member(instancePath)}: ${message}, received ${received}`]
  }).join('; ')
}

async function locateGraph (manifest: Manifest, source: string, folder: string, cacheFolder: string): Promise<string> {
  const { file } = manifest.graph
  for (const place of [folder, cacheFolder]) {
    const names: string[] = await readdir(place).catch(() => [])
    if (names.includes(file)) return join(place, file)
  }
  const recipe = recipes.get(manifest.id)
  if (recipe === undefined) {
    throw new StartupError(`${source}: graph.file: ${file} is neither in ${folder} nor in ${cacheFolder}`)
  }
  // A graph of the model pack is made when it is first needed.
  await buildModel(manifest, cacheFolder, recipe).catch((error: unknown) => {
    throw new StartupError(
      `${source}: graph.file: ${file} is neither in ${folder} nor in ${cacheFolder}, and cannot be made: ${
        (error as Error).message
      }`,
      { cause: error }
    )
  })
  return join(cacheFolder, file)
}

function explain (error: unknown, source: string): unknown {
  return error instanceof StartupError ? new StartupError(`${source}: ${error.message}`, { cause: error.cause }) : error
}

function assertLandmarks (manifest: Manifest, source: string, manifests: readonly Manifest[]): void {
  if (manifest.kind !== 'detector') return
  const { decoder, landmarks } = manifest
  if (decoders[decoder].givesPoints) {
    if (landmarks !== undefined) {
      throw new StartupError(
        `${source}: landmarks: expected none, decoder ${decoder} finds the five points itself, received ` +
          `${JSON.stringify(landmarks)}`
      )
    }
    return
  }
  if (landmarks === undefined) {
    throw new StartupError(
      `${source}: landmarks: expected the id of a landmarks manifest, for decoder ${decoder} finds boxes only, ` +
        'received nothing'
    )
  }
  const named = manifests.find(({ id }) => id === landmarks)
  if (named?.kind !== 'landmarks') {
    throw new StartupError(
      `${source}: landmarks: expected the id of a landmarks manifest, received ${JSON.stringify(landmarks)}, ` +
        `${named === undefined ? 'which no manifest has' : `which is a ${named.kind}`}`
    )
  }
}
