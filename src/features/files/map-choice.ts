import { realpath, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { StartupError } from '../../errors.js'
import { type BundledMap, readBundleFile, readTrustedKeys } from '../bundles/index.js'
import { type MapInFolder, readMap, readMapFolder } from '../maps/index.js'

/** The members of a map that are read, from either source. */
export interface ChosenMap extends Pick<BundledMap, 'id' | 'source' | 'target' | 'numbers' | 'card' | 'profiles'> {
  /** where it comes from, for the operator of the migration */
  readonly origin: string
}

export interface MapChoice {
  /** models */
  readonly from: string
  readonly to: string
  /**
   * an exported bundle, or a map of the folder by its subfolder or id; by default the map of the folder that leads from
   * `from` to `to`
   */
  readonly map: string | undefined
  /** files or folders of public keys */
  readonly trusted: readonly string[]
  readonly mapsDir: string
}

/**
 * Chooses a map without a service. It comes from the folder of maps, which is as much the operator's as the service's
 * own, or from a bundle that a trusted key has signed. Nothing else vouches for its numbers, and a forged map makes
 * strangers match.
 *
 * @throws StartupError when there is no such map, no trusted key has signed it, or it is for other models
 */
export async function chooseMap (choice: MapChoice): Promise<ChosenMap> {
  const { from, to, map } = choice
  if (map === undefined) return await onlyMapBetween(choice)
  const stats = await stat(map).catch(() => undefined)
  const chosen = stats?.isFile()
    ? await bundledMap(map, choice)
    : stats?.isDirectory()
    ? await mapOfSubfolder(map, choice)
    : await mapById(map, choice)
  const { source, target } = chosen
  if (source.model !== from || target.model !== to) {
    throw new StartupError(
      `--map: expected a map from "${from}" to "${to}", ${map} is from "${source.model}" to "${target.model}"`
    )
  }
  return chosen
}

async function onlyMapBetween ({ from, to, mapsDir }: MapChoice): Promise<ChosenMap> {
  const maps = await readMapFolder(mapsDir)
  const [found, ...others] = maps.filter(({ source, target }) => source.model === from && target.model === to)
  if (found === undefined) {
    const pairs = maps.map(({ source, target }) => `${source.model} to ${target.model}`).join(', ')
    throw new StartupError(
      `expected a map from "${from}" to "${to}" in ${mapsDir} (MAPS_DIR), found ${
        pairs === '' ? 'none' : pairs
      }. Name an exported map with --map`
    )
  }
  if (others.length > 0) {
    throw new StartupError(
      `--map: expected one of ${
        [found, ...others].map(({ id }) => id).join(', ')
      }, all from "${from}" to "${to}", received none`
    )
  }
  return inFolder(found, mapsDir)
}

async function mapById (id: string, { mapsDir }: MapChoice): Promise<ChosenMap> {
  const found = (await readMapFolder(mapsDir)).find(map => map.id === id)
  if (found === undefined) {
    throw new StartupError(
      `--map: expected a readable file, or a map in ${mapsDir} (MAPS_DIR), received ${JSON.stringify(id)}`
    )
  }
  return inFolder(found, mapsDir)
}

async function mapOfSubfolder (folder: string, { mapsDir }: MapChoice): Promise<ChosenMap> {
  const [parent, maps] = await Promise.all([realpath(folder).then(dirname), realpath(mapsDir).catch(() => mapsDir)])
  if (parent !== maps) {
    throw new StartupError(
      `--map: expected a signed bundle, or a folder in ${mapsDir} (MAPS_DIR), received the folder ${folder}, which ` +
        `is not signed`
    )
  }
  return inFolder(await readMap(folder), mapsDir)
}

const inFolder = (map: MapInFolder, mapsDir: string): ChosenMap => ({ ...map, origin: `from ${mapsDir}` })

async function bundledMap (file: string, { trusted }: MapChoice): Promise<ChosenMap> {
  if (trusted.length === 0) {
    throw new StartupError(
      `--trusted: expected the public key that ${file} is signed with, or a folder of such keys, received none (nor TRUSTED_KEYS_DIR)`
    )
  }
  const { map, keyId } = await readBundleFile(file, await readTrustedKeys(trusted, '--trusted'))
  return { ...map, origin: `signed by ${keyId}` }
}

/** Describes a map and its card in two lines. */
export function describeChosenMap (
  { id, source, target, card: { method, verdict, evaluation, split: { heldOut } }, origin }: ChosenMap
): string {
  const tmr = (metrics: typeof evaluation.crossModel) =>
    metrics.operatingPoints.find(({ fmr }) => fmr === 1e-3)?.tmr?.toFixed(3) ?? 'not measured'
  return [
    `map      ${id}, ${source.model} to ${target.model}, ${method}, ${origin}`,
    `card     ${verdict?.verdict ?? 'no verdict'}; TMR at FMR 1e-3 on ${
      heldOut.identities.toLocaleString('en-US')
    } people: ${source.model} alone ${tmr(evaluation.sourceAlone)}, ` +
    `${target.model} alone ${tmr(evaluation.targetAlone)}, translated ${tmr(evaluation.crossModel)}`
  ].join('\n')
}
