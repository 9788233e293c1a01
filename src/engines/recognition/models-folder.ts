import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { Value } from 'typebox/value'
import { StartupError } from '../../errors.js'
import { buildModel } from '../model-pack/build.js'
import { recipes } from '../model-pack/recipes.js'
import { DetectorManifest, LandmarksManifest, Manifest, RecogniserManifest } from './manifest.js'
import { checkModels, type Located, type ModelsFolder } from './model-graphs.js'

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
