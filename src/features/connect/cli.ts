import { readConfig } from '../../config.js'
import { StartupError } from '../../errors.js'
import { oneOf, readArguments, say, UsageError } from '../../platform/cli/command-line.js'
import { exitCodes } from '../../platform/cli/exit-codes.js'
import { interruptible } from '../../platform/cli/interruption.js'
import { createProgressLine } from '../../platform/cli/progress-line.js'
import { openDatabase } from '../../platform/database/open-database.js'
import { percentDecoded } from '../../platform/percent-decoded.js'
import { rowsPerChunk } from '../../science/template/row-chunks.js'
import { digestOfNumbers } from '../../science/alignment/map-codec.js'
import { chooseMap, type ChosenMap, createFileGuard, describeChosenMap } from '../files/index.js'
import type { RowMemory } from '../../engines/threads/row-memory.js'
import { createTranslator } from '../translations/index.js'
import { compareWithFile } from './comparison-file.js'
import { judgeSample, runConnect, verifySwapped, type Translation } from './connect.js'
import type { End, Migration, Proof, Task } from './end.js'
import { openFileEnd } from './files/end.js'
import { openPostgresEnd } from './postgres/end.js'
import { openQdrantEnd } from './qdrant/end.js'
import { findImmich, immichFaces, type Immich } from './postgres/immich.js'
import { onlyRun } from './postgres/locks.js'
import type { TableChoice } from './postgres/table.js'

export const usage =
  `crosswalk connect [URL] --table T --id ID --column C --from A --to B [--map MAP [--trusted KEYS]...]
crosswalk connect FILE [--table T] [--column C] [--id ID] --from A --to B ...
                  [--dry-run [--compare FILE]] [--stop-before-swap] [--guard refuse|flag|off]
                  [--on-bad stop|skip] [--force] [--verify N] [--quiet]
crosswalk connect [URL of a collection] [--vector V] --from A --to B ...
crosswalk connect [URL] --preset immich --from A --to B ...
crosswalk connect ... --undo [--force] | --finish

  Translates the templates of a Postgres table, a file or a collection of Qdrant from model A to model B where they are.
  URL is postgres://user@host:port/database (default: CONNECT_URL); the password may come from PGPASSWORD or ~/.pgpass.

  A table is migrated while its application goes on. A second column is filled, rows that change meanwhile are done
  again, the indexes of the column are built for the new one, and at the end both change places in one transaction.
  After a kill, the same command goes on. The column may be vector, halfvec, real[], double precision[], text or jsonb
  ([0.1,...]).

  FILE is a database of SQLite (--table, --column: bytes of float32 or float64, or text), a Parquet file (--column:
  lists of numbers, bytes or text), an Arrow file (--column: lists), a matrix of NumPy (.npy, or .npz with --column: an
  array) or lines of JSON (--column: a list or base64; without it, vector or data as the service has them). Nobody may
  write it meanwhile. A new file is written beside it, compared with it row by row, and takes its name; the one before
  is FILE.replaced.

  A collection of Qdrant (1.12 to 1.19) is http://host:6333/collections/ALIAS, the alias by which its application finds
  it; the key comes from QDRANT_API_KEY. A new collection is made like it, filled, and compared with it point by point;
  then the alias leads to it. Qdrant tells nobody what is written meanwhile: stop what writes it before the swap.
  --vector names the vector, where it has a name.

  --table             Table, with its schema before a point if needed. --id names its rows: NOT NULL and unique; rows of
                      files have their numbers without it.
  --preset immich     The faces of Immich 1.133 to 2. Their people and names stay as they are.
  --map, --trusted    As for crosswalk migrate: a signed bundle, or a map in MAPS_DIR.
  --dry-run           Says what would be done and lost, and changes nothing.
  --compare FILE      Templates of model B of rows that are there, {"id": ..., "vector": [...]} a line: compares them with
                      the translated ones.
  --stop-before-swap  Does everything but the last step, which the same command without it does in a moment.
  --guard             What to do with templates that do not look like those of A, or when nothing can tell: stop (refuse,
                      default), warn (flag), or nothing (off).
  --on-bad            At a row that is no template: stop (default), or leave it out (skip).
  --force             Goes on although triggers of the table run for every row; with --undo although rows have come since.
  --verify N          Rows that are translated again after the swap and compared. Default: 1000.
  --undo              Gives up a run, or goes back to the templates before, which are kept until --finish drops them.

  Exit: 0 done, 1 refused or stopped, 2 wrong arguments, 4 the templates are not those of A, or nothing can tell, 5 done
  with rows left out, 130 or 143 stopped by a signal. After 1, 130 and 143 the same command goes on.
`

const flag = { type: 'boolean', default: false } as const

const options = {
  table: { type: 'string' },
  id: { type: 'string' },
  column: { type: 'string' },
  vector: { type: 'string' },
  preset: { type: 'string' },
  from: { type: 'string' },
  to: { type: 'string' },
  map: { type: 'string' },
  trusted: { type: 'string', multiple: true, default: [] as string[] },
  guard: { type: 'string', default: 'refuse' },
  'on-bad': { type: 'string', default: 'stop' },
  verify: { type: 'string', default: '1000' },
  compare: { type: 'string' },
  'dry-run': flag,
  'stop-before-swap': flag,
  undo: flag,
  finish: flag,
  force: flag,
  quiet: flag
} as const

type Given = ReturnType<typeof read>

function read (args: string[]) {
  const optional = ['a database, a file or a collection']
  const { values, positionals: [where] } = readArguments({ command: 'connect', usage, args, options, optional })
  return { where, ...values as typeof values & { trusted: string[] } }
}

/** @throws StartupError saying what was expected, or where the run stopped */
export async function run (args: string[]): Promise<void> {
  const given = read(args)
  const where = given.where ?? readConfig().connectUrl
  if (where === undefined) {
    throw new UsageError(`connect: expected a file or the address of a database, or CONNECT_URL\n\n${usage}`)
  }
  if (given.undo && given.finish) throw new UsageError('connect: expected --undo or --finish, received both')
  if (isPostgres.test(where)) return await runOnTable(where, given)
  const isCollection = isHttp.test(where)
  if (isAddress.test(where) && !isCollection) {
    throw new UsageError(
      'connect: expected a file or an address that begins with postgres://, http:// or https://, received another'
    )
  }
  if (given.preset !== undefined) throw new UsageError('--preset: expected with the address of a database')
  if (isCollection) return await carryOn({ end: await openCollection(where, given), people: undefined, given })
  if (given.vector !== undefined) throw new UsageError('--vector: expected with the address of a collection of Qdrant')
  const end = await openFileEnd(where, { table: given.table, id: given.id, column: given.column })
  try {
    await carryOn({ end, people: undefined, given })
  } finally {
    await end.close()
  }
}

const isPostgres = /^postgres(ql)?:/
const isHttp = /^https?:\/\//
const isAddress = /^\w+:\/\//

/** The end of an address such as `http://127.0.0.1:6333/collections/faces`. @throws UsageError */
async function openCollection (where: string, { table, id, column, vector }: Given): Promise<End> {
  if ((table ?? id ?? column) !== undefined) {
    throw new UsageError(
      'connect: expected --vector alone with a collection of Qdrant, received --table, --id or --column'
    )
  }
  const [, url, alias] = /^(.+)\/collections\/([^/?#]+)\/?$/.exec(where) ?? []
  if (url === undefined || alias === undefined) {
    throw new UsageError('connect: expected an address of Qdrant such as http://127.0.0.1:6333/collections/ALIAS')
  }
  const decoded = percentDecoded(alias)
  if (decoded === undefined) {
    throw new UsageError(
      'connect: expected the alias of a collection in percent-encoded UTF-8 (a % itself is %25), received ' +
        JSON.stringify(alias)
    )
  }
  const { qdrantKey: apiKey } = readConfig()
  return await openQdrantEnd({ url, apiKey, alias: decoded, vector: vector ?? '' })
}

async function runOnTable (url: string, given: Given): Promise<void> {
  checkTable(given)
  const database = await openDatabase({ url, variable: 'the address', poolSize: 4 })
  try {
    // Immich may have been updated since the swap; what a run left is known without it.
    const isRun = !given.undo && !given.finish
    const immich = given.preset === undefined || !isRun ? undefined : await findImmich(database)
    const choice = given.preset === undefined ? given as TableChoice : immichFaces
    await onlyRun(database, choice, async () => {
      const people = immich === undefined
        ? undefined
        : { version: immich.version, count: async () => await immich.people(database) }
      await carryOn({ end: await openPostgresEnd(database, choice), people, given })
    })
  } finally {
    await database.close()
  }
}

async function carryOn (command: Command): Promise<void> {
  const { end, given } = command
  if (given.undo) return await undo(end, given.force)
  if (given.finish) return await finish(end)
  await migrate(command)
}

function checkTable ({ table, id, column, preset, vector }: Given): void {
  if (vector !== undefined) throw new UsageError('--vector: expected with the address of a collection of Qdrant')
  if (preset !== undefined && preset !== 'immich') {
    throw new UsageError(`--preset: expected immich, received ${JSON.stringify(preset)}`)
  }
  if (preset === undefined && (table === undefined || id === undefined || column === undefined)) {
    throw new UsageError(`connect: expected --table, --id and --column, or --preset\n\n${usage}`)
  }
  if (preset !== undefined && (table ?? id ?? column) !== undefined) {
    throw new UsageError('connect: expected --preset or --table with --id and --column, received both')
  }
}

async function undo (end: End, force: boolean): Promise<void> {
  await end.undo(force)
  say(`undone: ${end.name} is what it was`)
}

async function finish (end: End): Promise<void> {
  await end.finish()
  say(`finished: the templates before are dropped${end.afterFinish === undefined ? '' : `; ${end.afterFinish}`}`)
}

/** A translation that keeps the memory of what it translated, for the pages that follow. */
interface KeepingTranslation extends Translation {
  readonly memory: RowMemory
}

interface Command {
  readonly end: End
  /** of Immich */
  readonly people: { readonly version: string, count(): ReturnType<Immich['people']> } | undefined
  readonly given: Given
}

async function migrate (command: Command): Promise<void> {
  const { end, given } = command
  const { from, to } = given
  if (from === undefined || to === undefined) {
    throw new UsageError(`connect: expected --from and --to\n\n${usage}`)
  }
  const { mapsDir, trustedKeysDir, translateThreads } = readConfig()
  const trusted = given.trusted.length > 0 ? given.trusted : trustedKeysDir === undefined ? [] : [trustedKeysDir]
  const map = await chooseMap({ from, to, map: given.map, trusted, mapsDir })
  const guard = oneOf(['refuse', 'flag', 'off'] as const, given.guard, '--guard')
  const onBad = oneOf(['stop', 'skip'] as const, given['on-bad'], '--on-bad')
  const verify = wholeNumber(given.verify)
  if (given.compare !== undefined && !given['dry-run']) {
    throw new UsageError('--compare: expected with --dry-run, since it says what a run would lose')
  }
  const task: Task = {
    map: map.id,
    numbersSha256: digestOfNumbers(map.numbers),
    source: map.source,
    target: map.target,
    pageRows: rowsPerChunk(map.source, map.target)
  }
  if (!given.quiet) process.stderr.write(`${describeChosenMap(map)}\n${describeThresholds(map)}\n`)
  end.check(map.target, given.force)
  // Its own mode is one that reports: what is refused is decided here, for a page as for the sample.
  const fileGuard = await createFileGuard('flag', mapsDir, map)
  const translator = createTranslator({ threads: translateThreads })
  const translation: KeepingTranslation = {
    memory: translator.memory,
    translate: async templates => await translator.translate(map.numbers, templates, { keep: true }),
    inspect: async templates => await fileGuard.inspect(map.source, templates)
  }
  try {
    const settings = { guard, onBad, stopBeforeSwap: given['stop-before-swap'] }
    if (given['dry-run']) await show(command, map, task, translation, settings)
    else await carryOut(command, task, translation, { ...settings, verify })
  } finally {
    await Promise.all([translator.close(), fileGuard.close()])
  }
}

type Settings = Parameters<typeof runConnect>[2]

async function carryOut (
  { end, people, given: { quiet } }: Command,
  task: Task,
  translation: KeepingTranslation,
  settings: Settings & { readonly verify: number }
): Promise<void> {
  const migration = end.migration(task, translation.memory)
  const before = await people?.count()
  const line = createProgressLine(process.stderr, quiet)
  await interruptible(async ({ signal, exitCode }) => {
    const result = await runConnect(migration, translation, settings, {
      onProgress: (share, rows) => line.update(share, rows, Math.max(rows, end.rows)),
      say: text => line.say(text)
    }, signal).finally(() => line.end())
    switch (result.kind) {
      case 'interrupted':
        process.stderr.write(`stopped after ${count(result.rows)} rows; the same command goes on from there\n`)
        process.exitCode = exitCode()
        return
      case 'already':
        say(`swapped   ${end.name}, by an earlier run. --finish drops the templates before`)
        await verifyRows(migration, translation, settings.verify)
        return
      case 'ready':
        say(`ready: ${count(result.rows)} rows are translated; the same command without --stop-before-swap swaps`)
        return
      case 'swapped':
        await report(result.proof, end)
        if (people !== undefined && before !== undefined) {
          const now = await people.count()
          say(
            `people    ${count(now.faces)} faces of ${count(now.people)} people, ${count(now.named)} of them named${
              now.digest === before.digest ? ': the same as before' : `; before the run ${count(before.faces)} faces`
            }`
          )
        }
        await verifyRows(migration, translation, settings.verify)
    }
  })
}

async function report (
  { rows, translated, empty, leftOut, missing, digest }: Proof,
  end: End
): Promise<void> {
  say(
    [
      `swapped   ${end.name}`,
      `rows      ${count(rows)}: ${count(translated)} translated, ${count(empty)} without a template, ${
        count(leftOut)
      } left out, ${count(missing)} missing`,
      `digest    ${digest}, of the names of the translated rows`,
      `before    kept in ${end.kept} until --finish; --undo brings it back`
    ].join('\n')
  )
  if (leftOut > 0) process.exitCode = exitCodes.partly
}

/** The least cosine that rounding to the type of the column explains; half precision has eleven bits. */
const sameTemplate = 0.9999

async function verifyRows (
  migration: Migration,
  translation: Translation,
  rows: number
): Promise<void> {
  if (rows === 0) return
  const { rows: compared, leastCosine } = await verifySwapped(migration, translation, rows)
  say(`verified  ${count(compared)} rows translated again, least cosine ${leastCosine.toFixed(6)}`)
  if (leastCosine < sameTemplate) {
    throw new StartupError(
      `expected the same templates when rows are translated again, found a cosine of ${leastCosine.toFixed(6)}. ` +
        '--undo brings the templates before back'
    )
  }
}

async function show (
  { end, people, given: { compare } }: Command,
  map: ChosenMap,
  task: Task,
  translation: KeepingTranslation,
  settings: Settings
): Promise<void> {
  const migration = end.migration(task, translation.memory)
  const report = await judgeSample(migration, translation, settings, text => process.stderr.write(`${text}\n`))
  const whose = await people?.count()
  const [first, ...rest] = end.plan(map.target.dimension, map.source.dimension)
  say(
    [
      people === undefined ? first : `${first}, Immich ${people.version}`,
      ...rest,
      `guard     ${
        report === null ? 'nothing was judged' : `${report.checked} judged, ${report.flagged.length} flagged`
      }`,
      ...whose === undefined
        ? []
        : [`people    ${count(whose.faces)} faces of ${count(whose.people)} people, ${count(whose.named)} named`]
    ].join('\n')
  )
  if (compare === undefined) return
  const found = await compareWithFile(compare, migration, translation, map.target)
  say(
    `compared  ${count(found.rows)} rows: mean cosine ${found.meanCosine.toFixed(3)} of translated and ` +
      `${map.target.model}'s own templates, least ${found.leastCosine.toFixed(3)}; the card says ` +
      `${map.card.fidelity.toFixed(3)}. ${count(found.nearest)} of ${
        count(found.rows)
      } are nearest to their own row among them`
  )
}

/** Thresholds of an application change with the model: the cosines at one false match rate. */
function describeThresholds ({ source, target, card: { evaluation } }: ChosenMap): string {
  const at = (metrics: typeof evaluation.crossModel | undefined) =>
    metrics?.operatingPoints.find(({ fmr }) => fmr === 1e-3)?.threshold?.toFixed(3) ?? 'not measured'
  return `cosine   at FMR 1e-3: ${source.model} ${at(evaluation.sourceAlone)}; after the swap translated against ` +
    `translated ${at(evaluation.translated)}, against new templates of ${target.model} ${at(evaluation.crossModel)}`
}

const count = (value: number): string => value.toLocaleString('en-US')

function wholeNumber (text: string): number {
  if (!/^\d{1,9}$/.test(text)) {
    throw new UsageError(`--verify: expected a number of rows, received ${JSON.stringify(text)}`)
  }
  return Number(text)
}
