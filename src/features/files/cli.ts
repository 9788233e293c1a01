import { statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import { parseArgs } from 'node:util'
import { readConfig } from '../../config.js'
import { StartupError } from '../../errors.js'
import { fileFormat } from './file-format.js'
import { chooseMap, type ChosenMap } from './map-choice.js'
import { migrateFile, tryMigration, type MigrationRequest, type MigrationResult } from './migrate-file.js'
import { finalNames } from './partial-output.js'
import type { GuardReport } from '../guard/index.js'
import { interruptible } from '../../platform/cli/interruption.js'
import { createProgressLine } from '../../platform/cli/progress-line.js'

export const usage = `crosswalk migrate --from A --to B --in FILE --out FILE [--map MAP [--trusted KEYS]...] [--index]
                  [--on-bad stop|skip] [--in-format F] [--out-format F] [--guard off|flag|refuse]
                  [--dry-run] [--restart] [--force] [--checkpoint SECONDS] [--quiet]

  Translates a file of templates of model A into one of model B, of any size, without a service or a database. Formats are
  npy (.npy), raw (.f32, .raw, .bin: little-endian float32) and ndjson (.ndjson, .jsonl: a template a line, whose other
  members stay as they are); in and out may differ.

  --map          A map that was exported, whose signature is that of a key in --trusted (a .pem or a folder; by default
                 TRUSTED_KEYS_DIR); or the id or the folder of a map in MAPS_DIR. By default the one there from A to B.
  --index        Writes OUT.index.ndjson: what each row of the output was in the input. Rows have no names: it is needed for
                 npy or raw from ndjson, and with --on-bad skip.
  --on-bad       At a row that is no template, such as NaN or a broken line: stop (the default), or leave it out, with number and
                 reason in OUT.bad.ndjson.
  --guard        For templates that do not look like those of A: say it (flag, the default), end (refuse), or do not look (off).
  --dry-run      Reads header and first chunk, shows the map and what would be written, and writes nothing.
  --restart      Throws away what an earlier run has left. Without it the same command goes on where that ended.
  --force        Replaces OUT when it exists.
  --checkpoint   Seconds between moments from which a killed run goes on, 1 by default.

  Until it is whole the output is in the folder OUT.partial. Exit: 0 done, 3 done with rows left out, 1 ended with the reason,
  130 or 143 by a signal; after the latter two the same command goes on.
`

const guards = ['off', 'flag', 'refuse'] as const
const policies = ['stop', 'skip'] as const

/** @throws StartupError saying what was expected, or where the migration stopped and how to resume it */
export async function run (args: string[]): Promise<void> {
  const { request, dryRun, quiet } = await readRequest(args)
  if (dryRun) return await show(request)
  const line = createProgressLine(process.stderr, quiet)
  if (!quiet) line.say(describeMap(request.map))
  await interruptible(async ({ signal, exitCode }) => {
    const result = await migrateFile(request, {
      onProgress: (progress, share, rows) => line.update(share, progress.input.rows, rows),
      onForeign: (report, { rows }) => line.say(`warning: up to row ${rows}: ${describeForeign(report, request.map)}`)
    }, signal).finally(() => line.end())
    report(request, result, exitCode())
  })
}

function report (
  { output, map, index }: MigrationRequest,
  { progress: { rows, bad, guard, input }, interrupted, resumedAt }: MigrationResult,
  exitCode: number | undefined
): void {
  if (interrupted) {
    process.stderr.write(`ended after ${count(input.rows)} rows, the same command goes on\n`)
    process.exitCode = exitCode
    return
  }
  const names = finalNames(output)
  process.stdout.write(
    [
      `${count(rows)} rows in ${output}, by map ${map.id}${
        resumedAt === undefined ? '' : `, of which ${count(resumedAt)} were read by an earlier run`
      }`,
      ...(index ? [`what they were in ${names.index}`] : []),
      ...(bad > 0 ? [`${count(bad)} rows left out, see ${names.bad}`] : []),
      guard.checked === 0
        ? 'guard: nothing was judged'
        : `guard: ${count(guard.checked)} judged, ${
          count(guard.flagged)
        } flagged, ${guard.foreignChunks} chunks foreign`
    ].join('\n') + '\n'
  )
  if (bad > 0) process.exitCode = 3
}

async function show (request: MigrationRequest): Promise<void> {
  const { rows, exact, bytes, report } = await tryMigration(request)
  const { output, map } = request
  const about = exact ? '' : 'about '
  const free = await statfs(dirname(output)).then(({ bavail, bsize }) => bavail * bsize, () => undefined)
  const lines = [
    describeMap(map),
    `input    ${about}${count(rows)} rows of ${map.source.dimension} numbers, ${request.inputFormat}`,
    `output   ${about}${count(bytes)} bytes, ${request.outputFormat}${
      free === undefined ? '' : `, of ${count(free)} that are free`
    }`,
    `guard    ${
      report === null
        ? 'nothing was judged'
        : `${report.checked} of the first chunk judged, ${report.flagged.length} flagged${
          report.foreign ? `: ${describeForeign(report, map)}` : ''
        }`
    }`
  ]
  process.stdout.write(`${lines.join('\n')}\n`)
  if (free !== undefined && bytes > free) {
    throw new StartupError(
      `${dirname(output)}: expected room for ${about}${count(bytes)} bytes, there is for ${count(free)}`
    )
  }
}

/** Describes a map and its card in two lines. */
function describeMap (
  { id, source, target, card: { method, verdict, evaluation, split: { heldOut } }, origin }: ChosenMap
): string {
  const tmr = (metrics: typeof evaluation.crossModel) =>
    metrics.operatingPoints.find(({ fmr }) => fmr === 1e-3)?.tmr?.toFixed(3) ?? 'not measured'
  return [
    `map      ${id}, ${source.model} to ${target.model}, ${method}, ${origin}`,
    `card     ${verdict?.verdict ?? 'no verdict'}; TMR at FMR 1e-3 on ${
      count(heldOut.identities)
    } held-out people: ${source.model} alone ${tmr(evaluation.sourceAlone)}, ` +
    `${target.model} alone ${tmr(evaluation.targetAlone)}, translated ${tmr(evaluation.crossModel)}`
  ].join('\n')
}

const describeForeign = ({ likelier }: GuardReport<number>, { source }: ChosenMap): string =>
  `expected templates of model "${source.model}", these look like those of ${
    likelier === null ? 'another' : `"${likelier}"`
  }`

const count = (value: number): string => value.toLocaleString('en-US')

/** Checks all arguments before a file is opened. */
async function readRequest (args: string[]): Promise<{ request: MigrationRequest, dryRun: boolean, quiet: boolean }> {
  const options = read(args)
  const { from, to, in: input, out: output, map, 'on-bad': onBad, guard } = options
  if (from === undefined || to === undefined || input === undefined || output === undefined) {
    throw new StartupError(`migrate: expected --from, --to, --in and --out\n\n${usage}`)
  }
  const inputFormat = fileFormat(input, options['in-format'], '--in-format')
  const outputFormat = fileFormat(output, options['out-format'], '--out-format')
  const policy = oneOf(policies, onBad, '--on-bad')
  const seconds = Number(options.checkpoint)
  if (!/^\d+(\.\d+)?$/.test(options.checkpoint) || seconds > 3600) {
    throw new StartupError(
      `--checkpoint: expected seconds from 0 to 3600, received ${JSON.stringify(options.checkpoint)}`
    )
  }
  if (outputFormat !== 'ndjson' && !options.index && (inputFormat === 'ndjson' || policy === 'skip')) {
    throw new StartupError(
      `--index: expected with ${
        inputFormat === 'ndjson'
          ? `${outputFormat} from ndjson, whose names a row cannot have`
          : '--on-bad skip, where rows move up'
      }: it says whose template each row is`
    )
  }
  const { mapsDir, trustedKeysDir, translateThreads } = readConfig()
  const trusted = options.trusted.length > 0 ? options.trusted : trustedKeysDir === undefined ? [] : [trustedKeysDir]
  const request = {
    input,
    inputFormat,
    output,
    outputFormat,
    map: await chooseMap({ from, to, map, trusted, mapsDir }),
    index: options.index,
    onBad: policy,
    force: options.force,
    restart: options.restart,
    guard: oneOf(guards, guard, '--guard'),
    mapsDir,
    threads: translateThreads,
    checkpointEvery: seconds * 1000
  }
  return { request, dryRun: options['dry-run'], quiet: options.quiet }
}

function read (args: string[]) {
  const flag = { type: 'boolean', default: false } as const
  try {
    return parseArgs({
      args,
      options: {
        from: { type: 'string' },
        to: { type: 'string' },
        in: { type: 'string' },
        out: { type: 'string' },
        map: { type: 'string' },
        trusted: { type: 'string', multiple: true, default: [] },
        'in-format': { type: 'string' },
        'out-format': { type: 'string' },
        'on-bad': { type: 'string', default: 'stop' },
        guard: { type: 'string', default: 'flag' },
        checkpoint: { type: 'string', default: '1' },
        index: flag,
        force: flag,
        restart: flag,
        'dry-run': flag,
        quiet: flag
      }
    }).values
  } catch (error) {
    throw new StartupError(`migrate: ${(error as Error).message}\n\n${usage}`, { cause: error })
  }
}

function oneOf<T extends string> (known: readonly T[], given: string, option: string): T {
  const found = known.find(value => value === given)
  if (found === undefined) {
    throw new StartupError(`${option}: expected one of ${known.join(', ')}, received ${JSON.stringify(given)}`)
  }
  return found
}
