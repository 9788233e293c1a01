import { readFile } from 'node:fs/promises'
import { buffer } from 'node:stream/consumers'
import { StartupError } from '../../errors.js'
import { oneOf, readArguments, say, UsageError, writeOutput } from '../../platform/cli/command-line.js'
import { connectTo, serviceHelp, serviceOptions } from '../../platform/cli/service-options.js'
import * as media from '../../platform/http/media-types.js'
import { activateMap, describeMap, type MapOfService } from '../maps/index.js'
import { portableParts } from './portable-map.js'

export const usage = `crosswalk export MAP [--as bundle|onnx|safetensors] [--part PART] [--out FILE] [--force]
crosswalk import FILE [--activate]

  Takes a map out of a service as a signed bundle, or brings one in. FILE may be - for standard output and input; without
  --out a bundle is MAP.crosswalk. A service imports what a key that it trusts has signed.

  --as         onnx or safetensors: a file for other runtimes, with its signature beside it in FILE.sig.
  --part       What an ONNX graph does: translation (default), or project source or target to where the map compares them.

${serviceHelp}`

const flag = { type: 'boolean', default: false } as const
const formats = ['bundle', 'onnx', 'safetensors'] as const
const endings = { bundle: 'crosswalk', onnx: 'onnx', safetensors: 'safetensors' } as const

/** `crosswalk export` @throws StartupError with what was expected, or with the service's answer */
export async function exportMap (args: string[]): Promise<void> {
  const { values: { out, force, as, part, ...options }, positionals: [id] } = readArguments({
    command: 'export',
    usage,
    args,
    options: {
      ...serviceOptions,
      out: { type: 'string' },
      force: flag,
      as: { type: 'string', default: 'bundle' },
      part: { type: 'string' }
    },
    positionals: ['a MAP']
  })
  const format = oneOf(formats, as, '--as')
  if (part !== undefined && format !== 'onnx') throw new UsageError('--part: expected only with --as onnx')
  const chosen = oneOf(portableParts, part ?? 'translation', '--part')
  const client = await connectTo(options)
  const path = `/v1/maps/${encodeURIComponent(id!)}/${format}`
  const query = format === 'onnx' ? `?part=${chosen}` : ''
  const bytes = await client.download(path + query)
  const signature = format === 'bundle' ? undefined : await client.download(`${path}/signature${query}`)
  const file = out ?? `${id}${format === 'onnx' ? `.${chosen}` : ''}.${endings[format]}`
  await writeOutput(file, bytes, force)
  if (file === '-') return
  say(file)
  if (signature === undefined) return
  await writeOutput(`${file}.sig`, signature, force)
  say(`${file}.sig`)
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
