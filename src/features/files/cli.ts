import { statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import { parseArgs } from 'node:util'
import { readConfig } from '../../config.js'
import { StartupError } from '../../errors.js'
import { fileFormat } from './file-format.js'
import { chooseMap, describeChosenMap } from './map-choice.js'
import {
  describeForeign,
  migrateFile,
  tryMigration,
  type MigrationRequest,
  type MigrationResult
} from './migrate-file.js'
import { finalNames } from './partial-output.js'
import { oneOf, UsageError } from '../../platform/cli/command-line.js'
import { exitCodes } from '../../platform/cli/exit-codes.js'
import { interruptible } from '../../platform/cli/interruption.js'
import { createProgressLine } from '../../platform/cli/progress-line.js'

export const usage = `crosswalk migrate --from A --to B --in FILE --out FILE [--map MAP [--trusted KEYS]...] [--index]
                  [--on-bad stop|skip] [--in-format F] [--out-format F] [--guard off|flag|refuse]
                  [--dry-run] [--restart] [--force] [--checkpoint SECONDS] [--quiet]

  Translates a file of templates from model A to model B, of any size, without a service or a database. Formats are
  npy (.npy), raw (.f32, .raw, .bin: little-endian float32) and ndjson (.ndjson, .jsonl: one template per line, whose
  other members are kept). Input and output formats may differ.

  --map          An exported map, signed by a key in --trusted (a .pem or a folder, default TRUSTED_KEYS_DIR), or the id
                 or the folder of a map in MAPS_DIR. Default: the only map there from A to B.
  --index        Writes OUT.index.ndjson, which says which input row each output row came from. Rows have no names, so
                 it is required for npy or raw from ndjson, and with --on-bad skip.
  --on-bad       What to do at a row that is not a template, such as NaN or a broken line: stop (default), or skip it
                 and record its number and the reason in OUT.bad.ndjson.
  --guard        What to do with templates that do not look like those of A, or when nothing can tell: stop and keep
                 nothing (refuse, default), go on and report them (flag), or nothing (off).
  --dry-run      Reads the header and the first chunk, shows the map and what would be written, and writes nothing.
  --restart      Discards what an earlier run left. Without it, the same command resumes that run.
  --force        Replaces OUT if it exists.
  --checkpoint   Seconds between checkpoints, from which a killed run resumes. Default: 1.

  Until it is complete, the output is in the folder OUT.partial. Exit: 0 done, 1 failed, 2 wrong arguments, 4 the
  templates are not those of A, or nothing can tell, 5 done with rows skipped, 130 or 143 stopped by a signal. After a
  signal, the same command resumes.
`

const guards = ['off', 'flag', 'refuse'] as const
const policies = ['stop', 'skip'] as const

/** @throws StartupError saying what was expected, or where the migration stopped and how to resume it */
export async function run (args: string[]): Promise<void> {
  const { request, dryRun, quiet } = await readRequest(args)
  if (dryRun) return await show(request)
  const line = createProgressLine(process.stderr, quiet)
  if (!quiet) line.say(describeChosenMap(request.map))
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
    process.stderr.write(`stopped after ${count(input.rows)} rows; run the same command again to resume\n`)
    process.exitCode = exitCode
    return
  }
  const names = finalNames(output)
  process.stdout.write(
    [
      `${count(rows)} rows in ${output}, with map ${map.id}${
        resumedAt === undefined ? '' : `, of which ${count(resumedAt)} were read by an earlier run`
      }`,
      ...(index ? [`index of the rows in ${names.index}`] : []),
      ...(bad > 0 ? [`${count(bad)} rows left out, see ${names.bad}`] : []),
      guard.checked === 0
        ? 'guard: nothing was judged'
        : `guard: ${count(guard.checked)} judged, ${
          count(guard.flagged)
        } flagged, ${guard.foreignChunks} chunks foreign`
    ].join('\n') + '\n'
  )
  if (bad > 0) process.exitCode = exitCodes.partly
}

async function show (request: MigrationRequest): Promise<void> {
  const { rows, exact, bytes, report } = await tryMigration(request)
  const { output, map } = request
  const about = exact ? '' : 'about '
  const free = await statfs(dirname(output)).then(({ bavail, bsize }) => bavail * bsize, () => undefined)
  const lines = [
    describeChosenMap(map),
    `input    ${about}${count(rows)} rows of ${map.source.dimension} numbers, ${request.inputFormat}`,
    `output   ${about}${count(bytes)} bytes, ${request.outputFormat}${
      free === undefined ? '' : `, ${count(free)} free`
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
      `${dirname(output)}: expected ${about}${count(bytes)} bytes of free space, found ${count(free)}`
    )
  }
}

const count = (value: number): string => value.toLocaleString('en-US')

/** Checks all arguments before a file is opened. */
async function readRequest (args: string[]): Promise<{ request: MigrationRequest, dryRun: boolean, quiet: boolean }> {
  const options = read(args)
  const { from, to, in: input, out: output, map, 'on-bad': onBad, guard } = options
  if (from === undefined || to === undefined || input === undefined || output === undefined) {
    throw new UsageError(`migrate: expected --from, --to, --in and --out\n\n${usage}`)
  }
  const inputFormat = fileFormat(input, options['in-format'], '--in-format')
  const outputFormat = fileFormat(output, options['out-format'], '--out-format')
  const policy = oneOf(policies, onBad, '--on-bad')
  const seconds = Number(options.checkpoint)
  if (!/^\d+(\.\d+)?$/.test(options.checkpoint) || seconds > 3600) {
    throw new UsageError(
      `--checkpoint: expected seconds from 0 to 3600, received ${JSON.stringify(options.checkpoint)}`
    )
  }
  if (outputFormat !== 'ndjson' && !options.index && (inputFormat === 'ndjson' || policy === 'skip')) {
    throw new UsageError(
      `--index: required with ${
        inputFormat === 'ndjson'
          ? `${outputFormat} from ndjson, since rows have no names`
          : '--on-bad skip, since rows move up'
      }: the index says whose template each row is`
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
        guard: { type: 'string', default: 'refuse' },
        checkpoint: { type: 'string', default: '1' },
        index: flag,
        force: flag,
        restart: flag,
        'dry-run': flag,
        quiet: flag
      }
    }).values
  } catch (error) {
    throw new UsageError(`migrate: ${(error as Error).message}\n\n${usage}`, { cause: error })
  }
}
