import { readFile } from 'node:fs/promises'
import { buffer } from 'node:stream/consumers'
import { StartupError } from '../../errors.js'
import { readArguments, say, writeOutput } from '../../platform/cli/command-line.js'
import { connectTo, serviceHelp, serviceOptions } from '../../platform/cli/service-options.js'
import * as media from '../../platform/http/media-types.js'
import { activateMap, describeMap, type MapOfService } from '../maps/index.js'

export const usage = `crosswalk export MAP [--out FILE] [--force]
crosswalk import FILE [--activate]

  Takes a map out of a service as a signed bundle, or brings one in. FILE may be - for standard output and input; without
  --out a bundle is MAP.crosswalk. A service imports what a key that it trusts has signed.

${serviceHelp}`

const flag = { type: 'boolean', default: false } as const

/** `crosswalk export` @throws StartupError with what was expected, or with the service's answer */
export async function exportMap (args: string[]): Promise<void> {
  const { values: { out, force, ...options }, positionals: [id] } = readArguments({
    command: 'export',
    usage,
    args,
    options: { ...serviceOptions, out: { type: 'string' }, force: flag },
    positionals: ['a MAP']
  })
  const bytes = await (await connectTo(options)).download(`/v1/maps/${encodeURIComponent(id!)}/bundle`)
  const file = out ?? `${id}.crosswalk`
  await writeOutput(file, bytes, force)
  if (file !== '-') say(file)
}

/** `crosswalk import`, see `exportMap` */
export async function importMap (args: string[]): Promise<void> {
  const { values: { activate, ...options }, positionals: [file] } = readArguments({
    command: 'import',
    usage,
    args,
    options: { ...serviceOptions, activate: flag },
    positionals: ['a FILE']
  })
  const bytes = file === '-' ? await buffer(process.stdin) : await readFile(file!).catch((error: unknown) => {
    throw new StartupError(`import: expected a readable file, ${(error as Error).message}`, { cause: error })
  })
  const client = await connectTo(options)
  const map = await client.send<MapOfService>('/v1/maps/import', bytes, { 'content-type': media.bundle })
  say(describeMap(activate ? await activateMap(client, map.id) : map))
}
