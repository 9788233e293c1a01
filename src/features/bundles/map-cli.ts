import { existsSync } from 'node:fs'
import { mkdtemp, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { assertOwnFolder, readConfig } from '../../config.js'
import { StartupError } from '../../errors.js'
import { readArguments, say, table, UsageError, writeOutput } from '../../platform/cli/command-line.js'
import { connectTo, serviceHelp, serviceOptions } from '../../platform/cli/service-options.js'
import * as media from '../../platform/http/media-types.js'
import { digestOfNumbers } from '../../science/alignment/map-codec.js'
import { readProfiles, writeProfile } from '../guard/index.js'
import { activateMap, describeMap, type MapOfService, readMap, writeMap } from '../maps/index.js'
import type { BundledMap } from './format.js'
import { readTrustedKeys, type TrustedKeys } from './keys.js'
import { indexFolder, indexName, openRegistry, type RegistryEntry } from './registry.js'

export const usage = `crosswalk map list URL|FOLDER [--json]
crosswalk map add URL|FOLDER [--map MAP] [--source MODEL] [--target MODEL] [--sha256 DIGEST] [--trusted KEYS]...
                  [--import [--activate]] [--dry-run] [--json]
crosswalk map index FOLDER [--trusted KEYS]... [--force]

  A folder or a static site of bundles with an ${indexName} is a registry. add takes one map from it: its bytes must have
  the SHA-256 that the list states, and the signature of a key in --trusted (a .pem or a folder, default TRUSTED_KEYS_DIR).
  It writes the map to MAPS_DIR, for crosswalk migrate and for services that start there.

  --map, --source, --target   Which map, where there are several.
  --sha256     The digest that you expect, whatever the list says.
  --import     Sends the bundle to a running service instead; with --activate it serves there.
  --dry-run    Checks everything and writes nothing.
  index        Writes ${indexName} for the bundles of a folder, each of which a trusted key has signed.

${serviceHelp}
  Exit: 0 done, 1 refused or failed, with the reason, 2 wrong arguments.
`

const flag = { type: 'boolean', default: false } as const
const actions: Readonly<Record<string, (args: string[]) => Promise<void>>> = { list, add, index }

/** @throws StartupError with what was expected */
export async function run ([action = '', ...args]: string[]): Promise<void> {
  const chosen = Object.hasOwn(actions, action) ? actions[action] : undefined
  if (chosen === undefined) {
    throw new UsageError(
      `map: expected ${Object.keys(actions).join(', ')}, received ${action === '' ? 'nothing' : action}\n\n${usage}`
    )
  }
  await chosen(args)
}

async function list (args: string[]): Promise<void> {
  const { values: { json }, positionals: [where] } = readArguments({
    command: 'map list',
    usage,
    args,
    options: { json: flag },
    positionals: ['a URL or a FOLDER']
  })
  const { maps } = await openRegistry(where!)
  if (json) return maps.forEach(map => say(JSON.stringify(map)))
  say(table([
    ['MAP', 'SOURCE', 'TARGET', 'METHOD', 'VERDICT', 'SHA-256'],
    ...maps.map((
      { id, source, target, method, verdict, sha256 }
    ) => [id, source.model, target.model, method, verdict ?? 'none', sha256])
  ]))
}

async function add (args: string[]): Promise<void> {
  const { values: options, positionals: [where] } = readArguments({
    command: 'map add',
    usage,
    args,
    options: {
      ...serviceOptions,
      map: { type: 'string' },
      source: { type: 'string' },
      target: { type: 'string' },
      sha256: { type: 'string' },
      trusted: { type: 'string', multiple: true, default: [] },
      import: flag,
      activate: flag,
      'dry-run': flag,
      json: flag
    },
    positionals: ['a URL or a FOLDER']
  })
  if (options.activate && !options.import) throw new UsageError('--activate: expected only with --import')
  if (options.sha256 !== undefined && !/^[0-9a-f]{64}$/.test(options.sha256)) {
    throw new UsageError(`--sha256: expected 64 hexadecimal digits, received ${JSON.stringify(options.sha256)}`)
  }
  const trusted = await trustedKeys(options.trusted)
  const registry = await openRegistry(where!)
  const entry = oneEntry(registry.maps, options, where!)
  if (options.sha256 !== undefined && options.sha256 !== entry.sha256) {
    throw new StartupError(`--sha256: expected ${options.sha256}, ${where} lists ${entry.sha256} for ${entry.file}`)
  }
  const { bytes, map, keyId } = await registry.fetch(entry, trusted)
  const { mapsDir } = readConfig()
  if (!options['dry-run'] && !options.import) assertOwnFolder(mapsDir, 'MAPS_DIR')
  const done = options['dry-run']
    ? 'nothing was written'
    : options.import
    ? await sendTo(options, bytes)
    : await place(mapsDir, map)
  say(
    options.json
      ? JSON.stringify({ ...entry, signedBy: keyId, done })
      : [
        `map      ${map.id}, ${map.source.model} to ${map.target.model}, ${map.card.method}, ${
          map.card.verdict?.verdict ?? 'no verdict'
        }`,
        `digest   ${entry.sha256}`,
        `signed   by ${keyId}`,
        `done     ${done}`
      ].join('\n')
  )
}

function oneEntry (
  maps: readonly RegistryEntry[],
  { map, source, target }: { readonly map?: string, readonly source?: string, readonly target?: string },
  where: string
): RegistryEntry {
  const found = maps.filter(entry =>
    (map === undefined || entry.id === map) && (source === undefined || entry.source.model === source) &&
    (target === undefined || entry.target.model === target)
  )
  if (found.length === 1) return found[0]!
  const listed = (found.length === 0 ? maps : found).map(entry =>
    `  ${entry.id} ${entry.source.model} to ${entry.target.model}\n`
  ).join('')
  throw new StartupError(
    `${where}: expected one such map, found ${found.length}; --map, --source and --target choose among\n${listed}`
  )
}

async function sendTo (
  options: Parameters<typeof connectTo>[0] & { readonly activate: boolean },
  bytes: Buffer
): Promise<string> {
  const client = await connectTo(options)
  const map = await client.send<MapOfService>('/v1/maps/import', new Uint8Array(bytes), {
    'content-type': media.bundle
  })
  return describeMap(options.activate ? await activateMap(client, map.id) : map)
}

/** The folder is complete or absent: it is written under another name first. */
async function place (mapsDir: string, { profiles, ...map }: BundledMap): Promise<string> {
  const folder = join(mapsDir, map.id)
  if (existsSync(folder)) {
    const { numbers, card } = await readMap(folder)
    const same = digestOfNumbers(numbers) === digestOfNumbers(map.numbers) && isDeepStrictEqual(card, map.card)
    if (same) return `${folder} has it already`
    throw new StartupError(`${folder}: expected the same map, found another with its id`)
  }
  const temporary = await mkdtemp(join(mapsDir, '.adding-')).catch((error: NodeJS.ErrnoException) => {
    throw new StartupError(`MAPS_DIR: expected a folder that can be written to at ${mapsDir}, received ${error.code}`)
  })
  try {
    await placeProfiles(mapsDir, map, profiles)
    await writeMap(temporary, map)
    await rename(temporary, folder)
  } catch (error) {
    await rm(temporary, { recursive: true, force: true })
    throw error
  }
  return `wrote ${folder}`
}

/** Writes the profiles of spaces that have none in the folder. */
async function placeProfiles (
  mapsDir: string,
  { source, target, corpusHash }: BundledMap,
  profiles: BundledMap['profiles']
): Promise<void> {
  const known = new Set((await readProfiles(mapsDir)).map(({ space }) => space.fingerprint))
  for (const [space, profile] of [[source, profiles?.source], [target, profiles?.target]] as const) {
    if (profile !== undefined && !known.has(space.fingerprint)) {
      await writeProfile(mapsDir, { space, corpusHash, profile })
    }
  }
}

async function index (args: string[]): Promise<void> {
  const { values: { trusted, force }, positionals: [folder] } = readArguments({
    command: 'map index',
    usage,
    args,
    options: { trusted: { type: 'string', multiple: true, default: [] }, force: flag },
    positionals: ['a FOLDER']
  })
  const listed = await indexFolder(folder!, await trustedKeys(trusted))
  if (listed.maps.length === 0) throw new StartupError(`${folder}: expected bundles (*.crosswalk), found none`)
  const path = join(folder!, indexName)
  await writeOutput(path, Buffer.from(`${JSON.stringify(listed, null, 2)}\n`), force)
  say(`${listed.maps.length} maps in ${path}`)
}

/** @throws StartupError without any key */
async function trustedKeys (given: readonly string[]): Promise<TrustedKeys> {
  const { trustedKeysDir } = readConfig()
  const paths = given.length > 0 ? given : trustedKeysDir === undefined ? [] : [trustedKeysDir]
  if (paths.length === 0) {
    throw new UsageError(
      '--trusted: expected the public key that the bundles are signed with, or a folder of such keys, received none ' +
        '(nor TRUSTED_KEYS_DIR)'
    )
  }
  return await readTrustedKeys(paths, '--trusted')
}
