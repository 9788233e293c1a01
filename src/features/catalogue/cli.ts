import { readArguments, say, table, itemsOf } from '../../platform/cli/command-line.js'
import { connectTo, serviceHelp, serviceOptions } from '../../platform/cli/service-options.js'

export const usage = `crosswalk models [--json]

  Lists the models of a service: dimension, what they are for, and the fingerprint of their space.

${serviceHelp}`

interface Model {
  readonly id: string
  readonly dimension: number
  readonly canEmbed: boolean
  readonly fingerprint: string
}

/** @throws StartupError with what was expected, or with the service's answer */
export async function run (args: string[]): Promise<void> {
  const { values: { json, ...options } } = readArguments({
    command: 'models',
    usage,
    args,
    options: { ...serviceOptions, json: { type: 'boolean', default: false } }
  })
  const client = await connectTo(options)
  const models: Model[] = []
  for await (const model of itemsOf<'models', Model>(client, '/v1/models', 'models')) models.push(model)
  if (json) { for (const model of models) say(JSON.stringify(model)) }
  else {
    say(table([
      ['MODEL', 'DIMENSION', 'EMBEDS', 'FINGERPRINT'],
      ...models.map(({ id, dimension, canEmbed, fingerprint }) => [
        id,
        String(dimension),
        canEmbed ? 'yes' : 'no',
        fingerprint
      ])
    ]))
  }
}
