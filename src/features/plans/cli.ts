import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parse as parseCsv } from 'csv-parse/sync'
import { readConfig } from '../../config.js'
import { createEngineProducts } from '../../engines/onnx/products.js'
import { Problem, StartupError } from '../../errors.js'
import type { TemplateMatrix } from '../../science/linear-algebra/matrix.js'
import { readNpy } from '../../science/template/npy.js'
import { assertWritable, readArguments, say, table, UsageError, writeOutput } from '../../platform/cli/command-line.js'
import { exitCodes } from '../../platform/cli/exit-codes.js'
import { createProgressLine } from '../../platform/cli/progress-line.js'
import { makePlan, type PlanOrder } from './plan.js'
import { readPolicy } from './policy.js'
import { planJunit, planPage, planText } from './plan-files.js'

export const usage =
  `crosswalk plan --models OLD,NEW --pairs OLD.npy NEW.npy --samples CSV --policy max-tmr-loss=X@fmr=Y
               [--re-enrol PERCENT] [--without-old-model] [--out DIR] [--force] [--json] [--quiet]

  Says whether a gallery of OLD should move to NEW, and how: it measures on your own templates what is lost by searching
  across, translating the gallery, translating the probes, both with fusion, and re-enrolling the worst, against doing
  nothing. Needs no service.

  --pairs      Two files of templates, row i of both of the same image, of a few hundred people at least.
  --samples    A CSV file (RFC 4180) with the header sample,identity and one record per row.
  --policy     An option must be shown to lose at most X of the true match rate at the false match rate Y, against the old
               model: max-tmr-loss=0.02@fmr=1e-3
  --re-enrol   Opens the option to re-enrol the PERCENT most unusual references: a photograph of each has to exist.
  --without-old-model  The old model cannot go on making probes: doing nothing is no option.
  --out        Writes plan.json, plan.html and plan.junit.xml to a folder that exists.
  --json       Prints the plan as JSON.

  Exit: 0 migrate by the option named, 3 don't, 1 failed, 2 wrong arguments.
`

const flag = { type: 'boolean', default: false } as const
const seed = 42
const written = ['plan.json', 'plan.html', 'plan.junit.xml'] as const

/** @throws StartupError with what was expected */
export async function run (args: string[]): Promise<void> {
  const { order, files, samples, out, force, json, quiet } = readRequest(args)
  if (out !== undefined) await assertWritable(out, written, force)
  const [source, target] = [await readTemplates(files[0]!), await readTemplates(files[1]!)]
  if (source.rows !== target.rows) {
    throw new StartupError(
      `--pairs: expected two files of as many rows, received ${source.rows} in ${files[0]} and ${target.rows} in ${
        files[1]
      }`
    )
  }
  const names = await readSamples(samples, source.rows)
  const products = createEngineProducts({ threads: readConfig().fitThreads })
  const line = createProgressLine(process.stderr, quiet)
  try {
    const plan = await makePlan(
      order,
      { ...names, source, target },
      products,
      fraction => line.update(fraction, 0, undefined)
    ).finally(() => line.end())
    const text = JSON.stringify(plan, null, 2) + '\n'
    if (out !== undefined) {
      const contents = [text, planPage(plan), planJunit(plan)]
      for (const [k, name] of written.entries()) await writeOutput(join(out, name), Buffer.from(contents[k]!), force)
    }
    say(json ? JSON.stringify(plan) : planText(plan, table))
    if (!plan.decision.migrate) process.exitCode = exitCodes.no
  } catch (error) {
    if (error instanceof Problem) throw new StartupError(`plan: ${error.detail}`, { cause: error })
    throw error
  } finally {
    await products.release()
  }
}

function readRequest (args: string[]) {
  const { values, positionals } = readArguments({
    command: 'plan',
    usage,
    args,
    options: {
      models: { type: 'string' },
      pairs: flag,
      samples: { type: 'string' },
      policy: { type: 'string' },
      're-enrol': { type: 'string' },
      'without-old-model': flag,
      out: { type: 'string' },
      force: flag,
      json: flag,
      quiet: flag
    },
    positionals: ['OLD.npy', 'NEW.npy']
  })
  const [source, target, ...more] = values.models?.split(',') ?? []
  if (!source || !target || source === target || more.length > 0) {
    throw new UsageError(`plan: expected --models OLD,NEW, two models, received ${values.models ?? 'none'}\n\n${usage}`)
  }
  if (!values.pairs || values.samples === undefined) {
    throw new UsageError(`plan: expected --pairs OLD.npy NEW.npy and --samples CSV\n\n${usage}`)
  }
  const order: PlanOrder = {
    source,
    target,
    policy: { ...readPolicy(values.policy), oldModelStays: !values['without-old-model'] },
    reEnrol: values['re-enrol'] === undefined ? null : readShare(values['re-enrol']),
    seed
  }
  return { ...values, order, files: positionals, samples: values.samples }
}

function readShare (text: string): number {
  const percent = Number(text)
  if (!/^[\d.]+$/.test(text) || !(percent > 0 && percent <= 100)) {
    throw new UsageError(`--re-enrol: expected percent above 0, at most 100, received ${JSON.stringify(text)}`)
  }
  return percent / 100
}

async function readTemplates (path: string): Promise<TemplateMatrix> {
  try {
    return readNpy(await readInput(path))
  } catch (error) {
    if (error instanceof Problem) throw new StartupError(`${path}: ${error.detail}`, { cause: error })
    throw error
  }
}

async function readSamples (
  path: string,
  rows: number
): Promise<{ samples: string[], identities: (string | null)[] }> {
  let records: Record<string, string>[]
  try {
    records = parseCsv(await readInput(path), { columns: true, bom: true, skip_empty_lines: true })
  } catch (error) {
    if (error instanceof StartupError) throw error
    throw new StartupError(`--samples: expected a CSV file, ${(error as Error).message}`, { cause: error })
  }
  if (records.length !== rows) {
    throw new StartupError(`--samples: expected ${rows} records, one per row, received ${records.length}`)
  }
  const columns = Object.keys(records[0] ?? {})
  if (!columns.includes('sample') || !columns.includes('identity')) {
    throw new StartupError(`--samples: expected the columns sample and identity, received ${columns.join(', ')}`)
  }
  const nameless = records.findIndex(({ sample }) => sample === '')
  if (nameless >= 0) throw new StartupError(`--samples: expected a sample in record ${nameless + 1}, received none`)
  return {
    samples: records.map(({ sample }) => sample!),
    identities: records.map(({ identity }) => identity === '' ? null : identity!)
  }
}

async function readInput (path: string): Promise<Buffer> {
  return await readFile(path).catch((error: unknown) => {
    throw new StartupError(`${path}: expected a readable file, ${(error as Error).message}`, { cause: error })
  })
}
