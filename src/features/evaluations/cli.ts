import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Static } from 'typebox'
import { StartupError } from '../../errors.js'
import {
  assertWritable,
  oneOf,
  readArguments,
  say,
  table,
  UsageError,
  writeOutput
} from '../../platform/cli/command-line.js'
import { createProgressLine } from '../../platform/cli/progress-line.js'
import type { ServiceClient } from '../../platform/cli/service-client.js'
import { serviceHelp, serviceOptions, withService, type OfflineService } from '../../platform/cli/service-options.js'
import type { CellFigures, CrossModelMatrix } from '../../science/cards/matrix.js'
import { analysisNames } from '../../science/cards/model-analyses.js'
import { evaluationMethods } from '../../science/cards/model-evaluation.js'
import { sendPhotographs, sendTemplates } from '../corpora/index.js'
import { followJob, type Job } from '../jobs/index.js'
import type { EvaluationDocument } from './evaluation-schema.js'

export const usage = `crosswalk evaluate --templates DIR [--test DIR] [--models A,B,...] [options]
crosswalk evaluate --photographs DIR|CSV --models A,B,... [options]
crosswalk evaluate --corpus ID [--test-corpus ID] [--models A,B,...] [options]

  Fits a map for every ordered pair of models on some of the people, measures all of them on the others, and prints the
  true match rates of every model against every other. The maps are not kept; the evaluation is.

  --templates    A folder with samples.csv (sample,identity) and a MODEL.npy for each model, rows in the order of the
                 samples. --test is another such folder, which tests the same maps.
  --photographs  A folder with one folder of photographs a person, or a CSV file with the columns file and identity. Each
                 is embedded by every model. Photographs without a face are listed and left out.
  --corpus       A corpus that the service has.
  --models       At least two. Default: all that there are templates of.
  --method       ${evaluationMethods.join(', ')}. Default: ridge.
  --fmr          False match rate of the true match rates. Default: 0.001.
  --analyses     Some of ${analysisNames.join(', ')}, or none.
  --out DIR      Writes evaluation.json and evaluation.html to a folder that exists; --force replaces them.
  --offline      Needs no service: runs one in this process, with the models of MODELS_DIR, and forgets it. Use --out.
  --json         Prints the evaluation instead.

${serviceHelp}
  Exit: 0 done, 1 refused or failed, with the reason, 2 wrong arguments, 130 or 143 by a signal.
`

type Evaluation = Static<typeof EvaluationDocument>

const flag = { type: 'boolean', default: false } as const
const written = ['evaluation.json', 'evaluation.html'] as const

/** @throws StartupError with what was expected, or with the service's answer */
export async function run (
  args: string[],
  startOffline: () => Promise<OfflineService>
): Promise<void> {
  const options = read(args)
  if (options.out !== undefined) await assertWritable(options.out, written, options.force)
  await withService(
    options,
    options.offline ? startOffline : undefined,
    async (client, signal) => await evaluate(client, options, signal)
  )
}

function read (args: string[]) {
  const { values } = readArguments({
    command: 'evaluate',
    usage,
    args,
    options: {
      ...serviceOptions,
      templates: { type: 'string' },
      test: { type: 'string' },
      photographs: { type: 'string' },
      corpus: { type: 'string' },
      'test-corpus': { type: 'string' },
      models: { type: 'string' },
      method: { type: 'string' },
      fmr: { type: 'string' },
      analyses: { type: 'string' },
      out: { type: 'string' },
      force: flag,
      offline: flag,
      json: flag
    }
  })
  const { templates, photographs, corpus, test, offline } = values
  const sources = [templates, photographs, corpus].filter(given => given !== undefined)
  if (sources.length !== 1) {
    throw new UsageError(`evaluate: expected one of --templates, --photographs and --corpus\n\n${usage}`)
  }
  if (test !== undefined && templates === undefined) throw new UsageError('--test: expected only with --templates')
  if (values['test-corpus'] !== undefined && corpus === undefined) {
    throw new UsageError('--test-corpus: expected only with --corpus')
  }
  if (offline && corpus !== undefined) throw new UsageError('--corpus: expected a service, received --offline')
  const models = values.models?.split(',')
  if (photographs !== undefined && models === undefined) {
    throw new UsageError('--models: expected the models that embed the photographs')
  }
  if (models !== undefined && (models.length < 2 || new Set(models).size < models.length || models.includes(''))) {
    throw new UsageError(`--models: expected at least two models, each once, received ${values.models}`)
  }
  return {
    ...values,
    models,
    order: {
      ...(values.method === undefined ? {} : { method: oneOf(evaluationMethods, values.method, '--method') }),
      ...(values.fmr === undefined ? {} : { fmr: readRate(values.fmr) }),
      ...(values.analyses === undefined ? {} : { analyses: readAnalyses(values.analyses) })
    }
  }
}

type Options = ReturnType<typeof read>

function readRate (text: string): number {
  const rate = Number(text)
  if (text.trim() !== '' && rate >= 1e-6 && rate <= 0.1) return rate
  throw new UsageError(`--fmr: expected a number from 1e-6 to 0.1, received ${JSON.stringify(text)}`)
}

const readAnalyses = (text: string) =>
  text === 'none' ? [] : text.split(',').map(name => oneOf(analysisNames, name, '--analyses'))

async function evaluate (client: ServiceClient, options: Options, signal: AbortSignal): Promise<void> {
  const { models, order, out } = options
  const job = await client.call<Job>('POST', '/v1/evaluations', {
    ...await corporaOf(client, options, signal),
    ...(models === undefined ? {} : { models }),
    ...order
  }, { prefer: 'respond-async' })
  const line = createProgressLine(process.stderr, false)
  const ended = await followJob(
    client,
    job.id,
    ({ progress: { fraction, done = 0, total } }) => line.update(fraction, done, total),
    signal
  ).finally(() => line.end())
  if (ended.state !== 'succeeded' || ended.result === null) {
    throw new StartupError(
      `the evaluation ${ended.state === 'failed' ? `failed: ${ended.problem?.detail ?? ''}` : 'was cancelled'}`
    )
  }
  const evaluation = await client.call<Evaluation>('GET', ended.result)
  say(options.json ? JSON.stringify(evaluation) : describeEvaluation(evaluation))
  if (out === undefined) return
  const page = await client.download(`${ended.result}/page`, { accept: 'text/html' })
  const contents = [Buffer.from(`${JSON.stringify(evaluation, null, 2)}\n`), page]
  for (const [k, name] of written.entries()) await writeOutput(join(out, name), contents[k]!, options.force)
}

/** The corpora of the order, made where they are not there yet. */
async function corporaOf (
  client: ServiceClient,
  { corpus, 'test-corpus': testCorpus, templates, test, photographs, models }: Options,
  signal: AbortSignal
): Promise<{ corpus: string, testCorpus?: string }> {
  if (corpus !== undefined) return { corpus, ...(testCorpus === undefined ? {} : { testCorpus }) }
  const create = async (name: string) => (await client.call<{ id: string }>('POST', '/v1/corpora', { name })).id
  if (photographs !== undefined) {
    const made = await create(`photographs under ${models!.join(', ')}`)
    await sendPhotographs(client, made, photographs, models!, signal)
    return { corpus: made }
  }
  const send = async (folder: string): Promise<string> => {
    const files = (await modelsOf(folder, models)).map(model => ({ model, path: join(folder, `${model}.npy`) }))
    const made = await create(`templates of ${files.map(({ model }) => model).join(', ')}`)
    await sendTemplates(client, made, files, join(folder, 'samples.csv'))
    return made
  }
  return { corpus: await send(templates!), ...(test === undefined ? {} : { testCorpus: await send(test) }) }
}

/** The models of a folder of templates, by name. */
async function modelsOf (folder: string, wanted: readonly string[] | undefined): Promise<readonly string[]> {
  const files = await readdir(folder).catch((error: unknown) => {
    throw new StartupError(`expected a folder of templates, ${(error as Error).message}`, { cause: error })
  })
  const found = files.filter(file => file.endsWith('.npy')).map(file => file.slice(0, -'.npy'.length)).sort()
  const missing = wanted?.find(model => !found.includes(model))
  if (missing !== undefined) throw new StartupError(`${folder}: expected ${missing}.npy, found ${found.join(', ')}`)
  if (found.length < 2) {
    throw new StartupError(`${folder}: expected a MODEL.npy for each of at least two models, found ${found.length}`)
  }
  return wanted ?? found
}

function describeEvaluation ({ id, result: { within, across, fmr, training, warnings } }: Evaluation): string {
  return [
    `evaluation ${id}`,
    `fitted on ${training.samples} images of ${training.identities} people`,
    ...warnings.map(warning => `warning: ${warning}`),
    '',
    `TMR at FMR ${fmr}, the people held out; rows are models of probes, which are translated`,
    matrixText(within.matrix),
    ...across === null ? [] : ['', 'the same, on the test corpus', matrixText(across.matrix)]
  ].join('\n')
}

function matrixText ({ alone, pairs }: CrossModelMatrix): string {
  const models = alone.map(({ model }) => model)
  const cells = new Map(pairs.map(({ source, target, aligned }) => [`${source} ${target}`, aligned]))
  const shown = ({ tmr }: Pick<CellFigures, 'tmr'>) => tmr === null ? '-' : tmr.toFixed(3)
  return table([
    ['', ...models],
    ...alone.map(({ model, figures }) => [
      model,
      ...models.map(other => shown(other === model ? figures : cells.get(`${model} ${other}`)!))
    ])
  ])
}
