import { itemsOf, readArguments, say, table } from '../../platform/cli/command-line.js'
import { connectTo, serviceHelp, serviceOptions } from '../../platform/cli/service-options.js'
import type { ServiceClient } from '../../platform/cli/service-client.js'
import { describeMap, type MapOfService } from './map-text.js'

export const usage = `crosswalk maps [--source MODEL] [--target MODEL] [--state STATE] [--json]
crosswalk activate MAP
crosswalk retire MAP

  Lists the maps of a service, makes one serve, or ends that for ever. The map that serves for
  the same two models until then can be activated again; a retired map never serves again.

${serviceHelp}`

const flag = { type: 'boolean', default: false } as const

/** `crosswalk maps` @throws StartupError with what was expected, or with the service's answer */
export async function list (args: string[]): Promise<void> {
  const { values: { source, target, state, json, ...options } } = readArguments({
    command: 'maps',
    usage,
    args,
    options: {
      ...serviceOptions,
      source: { type: 'string' },
      target: { type: 'string' },
      state: { type: 'string' },
      json: flag
    }
  })
  const query = new URLSearchParams(
    Object.entries({ source, target, state }).filter((entry): entry is [string, string] => entry[1] !== undefined)
  )
  const maps: MapOfService[] = []
  for await (const map of itemsOf<'maps', MapOfService>(await connectTo(options), `/v1/maps?${query}`, 'maps')) {
    maps.push(map)
  }
  if (json) return maps.forEach(map => say(JSON.stringify(map)))
  say(table([
    ['MAP', 'SOURCE', 'TARGET', 'VERSION', 'STATE', 'METHOD', 'CREATED'],
    ...maps.map(({ id, source, target, version, state, method, createdAt }) => [
      id,
      source.model,
      target.model,
      String(version),
      state,
      method,
      createdAt.slice(0, 10)
    ])
  ]))
}

/** `crosswalk activate`, see `list` */
export async function activate (args: string[]): Promise<void> {
  const { values: options, positionals: [id] } = readArguments({
    command: 'activate',
    usage,
    args,
    options: serviceOptions,
    positionals: ['a MAP']
  })
  say(describeMap(await activateMap(await connectTo(options), id!)))
}

/** Makes a map serve. @throws ServiceRefusal */
export async function activateMap (client: ServiceClient, id: string): Promise<MapOfService> {
  return await client.call('POST', `/v1/maps/${encodeURIComponent(id)}/activate`)
}

/** `crosswalk retire`, see `list` */
export async function retire (args: string[]): Promise<void> {
  const { values: options, positionals: [id] } = readArguments({
    command: 'retire',
    usage,
    args,
    options: serviceOptions,
    positionals: ['a MAP']
  })
  say(describeMap(await (await connectTo(options)).call('DELETE', `/v1/maps/${encodeURIComponent(id!)}`)))
}
