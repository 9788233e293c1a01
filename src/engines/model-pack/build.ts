import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { digestOf, digestOfFile, place } from './cache.js'
import type { Recipe } from './recipes.js'

/** The members of a manifest (`src/engines/recognition/manifest.ts`) that a build needs. */
export interface PackEntry {
  id: string
  graph: { file: string, sha256: string }
}

/**
 * Reads what a build needs of a model's manifest. The service checks the whole schema when it starts; loading it here
 * would take most of the time of a build with nothing to do (0.5 of 1.0 s).
 * @throws Error naming the file when it is missing or not the manifest of this model
 */
export async function readEntry (folder: string, id: string): Promise<PackEntry> {
  const path = join(folder, `${id}.json`)
  const manifest = parse(path, await readFile(path, 'utf8'))
  if (manifest?.id !== id) throw new Error(`${path}: expected the id ${id}, found ${manifest?.id}`)
  const { file, sha256 } = manifest.graph ?? {}
  if (file !== `${id}.onnx`) throw new Error(`${path}: expected the graph file ${id}.onnx, found ${file}`)
  if (sha256 === undefined) throw new Error(`${path}: expected graph.sha256, found none`)
  return { id, graph: { file, sha256 } }
}

/** The same of an optional model, which has a recipe in place of a manifest (`src/features/model-files/recipe.ts`). */
export async function readOptionalEntry (folder: string, id: string): Promise<PackEntry> {
  const path = join(folder, 'recipes', `${id}.json`)
  const recipe = parse(path, await readFile(path, 'utf8')) as { recipe?: string, sha256?: string } | null
  if (recipe?.recipe !== id || recipe.sha256 === undefined) {
    throw new Error(`${path}: expected the recipe ${id} with sha256`)
  }
  return { id, graph: { file: `${id}.onnx`, sha256: recipe.sha256 } }
}

function parse (path: string, text: string): Partial<PackEntry> | null {
  try {
    return JSON.parse(text) as Partial<PackEntry> | null
  } catch (cause) {
    throw new Error(`${path} is not JSON`, { cause })
  }
}

/**
 * Builds the graph of a manifest in the cache folder, unless its bytes are there already.
 *
 * @returns whether it was there (`present`) or was built (`built`)
 * @throws Error with both digests, leaving the folder as it was, when the recipe gives other bytes than the manifest
 *   says
 */
export async function buildModel (entry: PackEntry, cacheFolder: string, recipe: Recipe): Promise<'present' | 'built'> {
  const { file, sha256: expected } = entry.graph
  const path = join(cacheFolder, file)
  if (await digestOfFile(path) === expected) return 'present'

  const bytes = await recipe()
  const received = digestOf(bytes)
  if (received !== expected) {
    throw new Error(
      `${file}: expected SHA-256 ${expected} (manifest ${entry.id}), received ${received}; nothing was installed`
    )
  }
  await place(path, bytes)
  return 'built'
}
