import { join } from 'node:path'
import { StartupError } from '../../errors.js'
import { readArguments, say, UsageError, writeOutput } from '../../platform/cli/command-line.js'
import { exitCodes } from '../../platform/cli/exit-codes.js'
import { createProgressLine } from '../../platform/cli/progress-line.js'
import type { ServiceClient } from '../../platform/cli/service-client.js'
import { serviceHelp, serviceOptions, withService, type OfflineService } from '../../platform/cli/service-options.js'
import { sendPhotographs, sendTemplates } from '../corpora/index.js'
import { followJob, type Job } from '../jobs/index.js'
import { activateMap } from './cli.js'
import { describeMap, type MapOfService } from './map-text.js'

export const usage = `crosswalk fit --models SOURCE,TARGET --photographs DIR|CSV [options]
crosswalk fit --models SOURCE,TARGET --pairs SOURCE.npy TARGET.npy [--samples CSV] [options]

  Fits a map from SOURCE to TARGET and prints what its card says first.

  --photographs  A folder with one folder of photographs a person, or a CSV file with the columns file and identity. Each
                 is embedded by both models. Photographs without a face are listed and left out.
  --pairs        Two files of templates, row i of both of the same image.
  --samples      A CSV file (RFC 4180) with the header sample,identity and one record per row. Without it nobody has two
                 images, and how often the map finds a mate is not known.
  --out DIR      Writes the card as a page and the map as a signed bundle to a folder that exists.
  --activate     Makes the map serve, unless its card says that it is unfit.
  --offline      Needs no service: runs one in this process, with the models of MODELS_DIR, and forgets it. Use --out.
  --json         Prints the map with its whole card instead.

${serviceHelp}
  Exit: 0 done, 1 refused or failed, with the reason, 2 wrong arguments, 3 not activated, since the card says that the
  map is unfit, 130 or 143 by a signal.
`

const flag = { type: 'boolean', default: false } as const

/** @throws StartupError with what was expected, or with the service's answer */
export async function run (
  args: string[],
  startOffline: (options: { readonly signs: boolean }) => Promise<OfflineService>
): Promise<void> {
  const options = read(args)
  await withService(
    options,
    options.offline ? async () => await startOffline({ signs: options.out !== undefined }) : undefined,
    async (client, signal) => await fit(client, options, signal)
  )
}

function read (args: string[]) {
  const isPairs = args.includes('--pairs')
  const { values, positionals } = readArguments({
    command: 'fit',
    usage,
    args,
    options: {
      ...serviceOptions,
      models: { type: 'string' },
      photographs: { type: 'string' },
      pairs: flag,
      samples: { type: 'string' },
      out: { type: 'string' },
      activate: flag,
      offline: flag,
      json: flag
    },
    positionals: isPairs ? ['SOURCE.npy', 'TARGET.npy'] : []
  })
  const [source, target, ...more] = values.models?.split(',') ?? []
  if (!source || !target || more.length > 0) {
    throw new UsageError(`fit: expected --models SOURCE,TARGET, received ${values.models ?? 'none'}\n\n${usage}`)
  }
  if (values.pairs === (values.photographs !== undefined)) {
    throw new UsageError(`fit: expected either --photographs or --pairs\n\n${usage}`)
  }
  return { ...values, source, target, templates: positionals }
}

type Options = ReturnType<typeof read>

async function fit (client: ServiceClient, options: Options, signal: AbortSignal): Promise<void> {
  const { source, target } = options
  const corpus = await client.call<{ id: string }>('POST', '/v1/corpora', { name: `${source} and ${target}` })
  if (options.photographs === undefined) {
    const files = [source, target].map((model, k) => ({ model, path: options.templates[k]! }))
    await sendTemplates(client, corpus.id, files, options.samples)
  } else {
    await sendPhotographs(client, corpus.id, options.photographs, [source, target], signal)
  }
  const map = await fitCorpus(client, { source, target, corpus: corpus.id }, signal)
  const shown = options.activate ? await activateFit(client, map) : map
  say(options.json ? JSON.stringify(shown) : describeMap(shown))
  if (options.out !== undefined) await writeCard(client, map.id, options.out)
}

/** An unfit map stays as it is, with a warning. */
async function activateFit (client: ServiceClient, map: MapOfService): Promise<MapOfService> {
  if (map.card?.verdict.verdict === 'unfit') {
    process.stderr.write(`not activated, since the card says that it is unfit: crosswalk activate ${map.id}\n`)
    process.exitCode = exitCodes.no
    return map
  }
  return await activateMap(client, map.id)
}

async function fitCorpus (client: ServiceClient, order: object, signal: AbortSignal): Promise<MapOfService> {
  const job = await client.call<Job>('POST', '/v1/maps', order, { prefer: 'respond-async' })
  const line = createProgressLine(process.stderr, false)
  const ended = await followJob(
    client,
    job.id,
    ({ progress: { fraction, done = 0, total } }) => line.update(fraction, done, total),
    signal
  )
    .finally(() => line.end())
  if (ended.state !== 'succeeded' || ended.result === null) {
    throw new StartupError(
      `the fit ${ended.state === 'failed' ? `failed: ${ended.problem?.detail ?? ''}` : 'was cancelled'}`
    )
  }
  return await client.call<MapOfService>('GET', ended.result)
}

async function writeCard (client: ServiceClient, id: string, folder: string): Promise<void> {
  const page = join(folder, `${id}.html`)
  await writeOutput(page, await client.download(`/v1/maps/${id}/card`, { accept: 'text/html' }), false)
  process.stderr.write(`${page}\n`)
  const bundle = join(folder, `${id}.crosswalk`)
  await writeOutput(bundle, await client.download(`/v1/maps/${id}/bundle`), false)
  process.stderr.write(`${bundle}\n`)
}
