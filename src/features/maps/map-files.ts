import { readDocument, readGzip, writeDocument, writeGzip } from '../../platform/document-files.js'
import { closed, Sha256 } from '../../science/schemas.js'
import { mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { Type, type Static } from 'typebox'
import { Compile } from 'typebox/compile'
import type { AffineMap } from '../../science/alignment/affine-map.js'
import type { ComparisonSpace } from '../../science/alignment/comparison-space.js'
import { StartupError } from '../../errors.js'
import { Card } from '../../science/cards/card.js'
import { ComparisonShape, decodeComparison, encodeComparison } from '../../science/alignment/comparison-codec.js'
import { decodeNumbers, digestOfNumbers, encodeNumbers } from '../../science/alignment/map-codec.js'
import { profilesSubfolder } from '../guard/index.js'

const SpaceOfFile = Type.Object(
  { model: Type.String(), fingerprint: Sha256, dimension: Type.Integer({ minimum: 1 }) },
  closed
)

/**
 * `map.json` of a map that travels as a folder. Its numbers are beside it in `numbers.f32.gz`, and those of its
 * comparison space, if it has one, in `comparison.f32.gz`.
 */
const MapFile = Type.Object({
  id: Type.String(),
  source: SpaceOfFile,
  target: SpaceOfFile,
  corpusHash: Sha256,
  /** of the numbers: weights (dSource, dTarget), mean of the source, mean of the target, little-endian float32 */
  sha256: Sha256,
  comparison: Type.Optional(Type.Object({ shape: ComparisonShape, sha256: Sha256 }, closed)),
  card: Card
}, closed)
const mapFile = Compile(MapFile)

export type MapInFolder = Omit<Static<typeof MapFile>, 'comparison'> & {
  readonly numbers: AffineMap
  readonly comparison: ComparisonSpace | undefined
}

/**
 * Reads the maps of a folder, one per subfolder, except the subfolder of the profiles and hidden ones, which are not
 * complete. @throws StartupError naming the invalid file
 */
export async function readMapFolder (folder: string): Promise<MapInFolder[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') throw new StartupError(`MAPS_DIR: expected the folder ${folder}, found none`)
    throw error
  })
  return await Promise.all(
    entries.filter(entry => entry.isDirectory() && entry.name !== profilesSubfolder && !entry.name.startsWith('.')).map(
      entry => entry.name
    ).sort()
      .map(name => readMap(join(folder, name)))
  )
}

/** @throws StartupError naming the invalid file */
export async function readMap (folder: string): Promise<MapInFolder> {
  const path = join(folder, 'map.json')
  const document = await readDocument(path, mapFile, 'map')
  const { source, target, comparison, card } = document
  const bytes = await readGzip(join(folder, 'numbers.f32.gz'))
  const numbers = decode('numbers.f32.gz', () => decodeNumbers(bytes, source.dimension, target.dimension))
  const digest = digestOfNumbers(numbers)
  if (digest !== document.sha256) {
    throw new StartupError(`${folder}: expected numbers with SHA-256 ${document.sha256}, found ${digest}`)
  }
  if ((comparison === undefined) !== (card.comparison === undefined)) {
    throw new StartupError(`${path}: expected a comparison space both in the card and beside it, or in neither`)
  }
  const compared = comparison && { ...comparison, bytes: await readGzip(join(folder, 'comparison.f32.gz')) }
  return { ...document, numbers, comparison: compared && decode('comparison.f32.gz', () => decodeComparison(compared)) }

  function decode<T> (name: string, read: () => T): T {
    try {
      return read()
    } catch (error) {
      throw new StartupError(`${folder}: ${name}, ${(error as Error).message}`)
    }
  }
}

/** Writes a map as a folder that `readMapFolder` reads. */
export async function writeMap (
  folder: string,
  { numbers, comparison, ...document }: Omit<MapInFolder, 'sha256'>
): Promise<void> {
  await mkdir(folder, { recursive: true })
  await writeGzip(join(folder, 'numbers.f32.gz'), encodeNumbers(numbers))
  const encoded = comparison && encodeComparison(comparison)
  if (encoded !== undefined) await writeGzip(join(folder, 'comparison.f32.gz'), encoded.bytes)
  const beside = encoded && { comparison: { shape: encoded.shape, sha256: encoded.sha256 } }
  await writeDocument(join(folder, 'map.json'), { ...document, sha256: digestOfNumbers(numbers), ...beside })
}
