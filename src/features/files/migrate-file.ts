import { stat } from 'node:fs/promises'
import { selectRows } from '../../science/linear-algebra/matrix.js'
import { operatorMessage, StartupError } from '../../errors.js'
import { digestOfNumbers } from '../../science/alignment/map-codec.js'
import { invalidRows } from '../../science/template/check.js'
import type { GuardMode, GuardReport } from '../guard/index.js'
import { inOrder, rowsPerChunk } from '../../science/template/row-chunks.js'
import { ForeignTemplates, nothingCanTell } from '../../platform/cli/exit-codes.js'
import { createTranslator } from '../translations/index.js'
import { createFileGuard } from './file-guard.js'
import type { FileFormat } from './file-format.js'
import { openInputFile, type InputFile } from './input-file.js'
import { openInputRows, type BadRow, type InputChunk, type InputRows } from './input-rows.js'
import type { Identity, Progress } from './journal.js'
import type { ChosenMap } from './map-choice.js'
import { encodeBad, encodeIndex, encodeRows, headerOf, type TranslatedChunk } from './output-rows.js'
import { openPartialOutput, type PartialOutput } from './partial-output.js'

export interface MigrationRequest {
  readonly input: string
  readonly inputFormat: FileFormat
  readonly output: string
  readonly outputFormat: FileFormat
  readonly map: ChosenMap
  /** whether to write a file beside the output that says which input row each output row comes from */
  readonly index: boolean
  /**
   * what happens at a row that is not a template: the run ends and can be resumed, or the row is left out and reported
   */
  readonly onBad: 'stop' | 'skip'
  readonly force: boolean
  readonly restart: boolean
  readonly guard: GuardMode
  readonly mapsDir: string
  /** worker threads for products */
  readonly threads: number
  /** minimum milliseconds between checkpoints, from which an interrupted migration resumes */
  readonly checkpointEvery: number
}

/** Callbacks during a migration. */
export interface MigrationEvents {
  /** @param share of the input that is done, 0 to 1 @param rows of the input, where known */
  onProgress(progress: Progress, share: number, rows: number | undefined): void
  /** Called once, when rows do not look like those of the model. */
  onForeign(report: GuardReport<number>, end: Progress['input']): void
}

export interface MigrationResult {
  readonly progress: Progress
  /** number of rows that an earlier run had done; undefined when there was none */
  readonly resumedAt: number | undefined
  /** whether it was stopped before the end */
  readonly interrupted: boolean
}

interface GuardedChunk extends TranslatedChunk {
  readonly report: GuardReport<number> | null
}

/**
 * Translates a file of templates into another, in constant memory. It resumes from the last checkpoint of an earlier
 * run, however that ended, and writes the same bytes as a single uninterrupted run.
 *
 * @throws StartupError, Problem saying what is wrong and where; the work done until then can be resumed
 */
export async function migrateFile (
  request: MigrationRequest,
  events: MigrationEvents,
  signal: AbortSignal
): Promise<MigrationResult> {
  return await withInput(request, async (file, rows) => {
    const output = await openPartialOutput(request.output, {
      identity: identityOf(request, file),
      force: request.force,
      restart: request.restart
    })
    try {
      if (output.complete) {
        await output.finish(output.begun!)
        return { progress: output.begun!, resumedAt: output.begun!.input.rows, interrupted: false }
      }
      return await withTranslation(
        request,
        async translate => await run(request, file, rows, output, translate, events, signal)
      )
    } finally {
      await output.close()
    }
  })
}

/**
 * A dry run from the beginning of the input. @throws StartupError, Problem as `migrateFile` does for the first chunk
 */
export async function tryMigration (request: MigrationRequest) {
  return await withInput(request, async (file, rows) =>
    await withTranslation(request, async translate => {
      const { outputFormat, map: { target } } = request
      const { value: first } = await inOrder(rows.chunks(rows.begin), translate).next()
      const header = headerOf(outputFormat, rows.rows ?? 0, target).length
      if (first === undefined) return { rows: 0, exact: true, bytes: header, report: null }
      const share = (first.end.bytes - rows.begin.bytes) / (file.identity.bytes - rows.begin.bytes)
      const written = encodeRows(outputFormat, first, target).length
      // Lines differ in length, so the estimate extrapolates from those of the first chunk.
      const exact = (rows.rows !== undefined && outputFormat !== 'ndjson') || share === 1
      return {
        rows: rows.rows ?? Math.round(first.places.length / share),
        exact,
        bytes: header +
          (exact && rows.rows !== undefined ? rows.rows * target.dimension * 4 : Math.round(written / share)),
        report: first.report
      }
    }))
}

async function run (
  request: MigrationRequest,
  file: InputFile,
  rows: InputRows,
  output: PartialOutput,
  translate: (chunk: InputChunk) => Promise<GuardedChunk>,
  { onProgress, onForeign }: MigrationEvents,
  signal: AbortSignal
): Promise<MigrationResult> {
  const { outputFormat, index, map: { target } } = request
  const { begun } = output
  let progress: Progress = begun ?? {
    input: rows.begin,
    rows: 0,
    bad: 0,
    bytes: output.bytes(),
    guard: { checked: 0, flagged: 0, foreignChunks: 0 }
  }
  const { bytes: size } = file.identity
  // Its length does not depend on the number of rows: lines are not counted in advance.
  if (begun === undefined) await output.append('rows', headerOf(outputFormat, rows.rows ?? 0, target))
  let [saved, resumable] = [performance.now(), begun !== undefined]
  const checkpoint = async (): Promise<void> => {
    await output.checkpoint(progress)
    ;[saved, resumable] = [performance.now(), true]
  }
  let reportedForeign = progress.guard.foreignChunks > 0
  onProgress(progress, size === 0 ? 1 : progress.input.bytes / size, rows.rows)
  try {
    for await (const chunk of inOrder(rows.chunks(progress.input), translate)) {
      await output.append('rows', encodeRows(outputFormat, chunk, target))
      if (index) await output.append('index', encodeIndex(chunk))
      await output.append('bad', encodeBad(chunk.bad, placeName(request.inputFormat)))
      progress = advanced(progress, chunk, output)
      if (chunk.report?.foreign === true && !reportedForeign) {
        reportedForeign = true
        onForeign(chunk.report, chunk.end)
      }
      onProgress(progress, progress.input.bytes / size, rows.rows)
      if (signal.aborted) {
        await checkpoint()
        return { progress, resumedAt: begun?.input.rows, interrupted: true }
      }
      if (performance.now() - saved >= request.checkpointEvery) await checkpoint()
    }
  } catch (error) {
    if (error instanceof ForeignTemplates) {
      output.giveUp()
      throw error
    }
    // On a full disk the last checkpoint stays.
    if (progress.input.bytes > rows.begin.bytes) await checkpoint().catch(() => {})
    if (!resumable) throw error
    throw new StartupError(
      `${
        operatorMessage(error)
      }\nThe work so far is safe in ${request.output}.partial: run the command again to resume from there`,
      { cause: error }
    )
  }
  if (!await file.isUnchanged()) {
    throw new StartupError(
      `${request.input}: expected a file that does not change, it was changed during the ` +
        `migration`
    )
  }
  await output.writeHeader(headerOf(outputFormat, progress.rows, target))
  await output.finish(progress)
  return { progress, resumedAt: begun?.input.rows, interrupted: false }
}

function advanced ({ rows, bad, guard }: Progress, chunk: GuardedChunk, output: PartialOutput): Progress {
  const { report } = chunk
  return {
    input: chunk.end,
    rows: rows + chunk.templates.rows,
    bad: bad + chunk.bad.length,
    bytes: output.bytes(),
    guard: {
      checked: guard.checked + (report?.checked ?? 0),
      flagged: guard.flagged + (report?.flagged.length ?? 0),
      foreignChunks: guard.foreignChunks + (report?.foreign === true ? 1 : 0)
    }
  }
}

async function withInput<T> (
  request: MigrationRequest,
  work: (file: InputFile, rows: InputRows) => Promise<T>
): Promise<T> {
  const { input, inputFormat, output, map: { source, target } } = request
  const file = await openInputFile(input)
  try {
    const there = await stat(output).catch(() => undefined)
    if (there !== undefined && file.isSameAs(there)) {
      throw new StartupError(
        `--out: expected a file other than the input ${input}`
      )
    }
    return await work(file, await openInputRows(file, input, inputFormat, source, rowsPerChunk(source, target)))
  } finally {
    await file.close()
  }
}

/** Opens a translation of chunks, and closes it afterwards. */
async function withTranslation<T> (
  request: MigrationRequest,
  work: (translate: (chunk: InputChunk) => Promise<GuardedChunk>) => Promise<T>
): Promise<T> {
  const { map, guard: mode, mapsDir, threads } = request
  const { numbers, source } = map
  // Its own mode is one that reports: what is refused is decided here.
  const guard = await createFileGuard('flag', mapsDir, map)
  const translator = createTranslator({ threads })
  try {
    return await work(async chunk => {
      const { templates, places, lines, bad } = withoutInvalid(chunk)
      if (bad[0] !== undefined && request.onBad === 'stop') throw stoppedAt(bad[0], request)
      const report = mode === 'off' ? null : await guard.inspect(source, templates)
      if (mode === 'refuse') refuseForeign(report, chunk, request)
      return {
        templates: await translator.translate(numbers, templates, { keep: true }),
        places,
        lines,
        bad,
        end: chunk.end,
        report
      }
    })
  } finally {
    await Promise.all([translator.close(), guard.close()])
  }
}

/** @throws ForeignTemplates when the guard finds that, or cannot tell */
function refuseForeign (
  report: GuardReport<number> | null,
  { places }: InputChunk,
  { input, map, inputFormat }: MigrationRequest
): void {
  if (places.length === 0) return
  if (report === null) throw new ForeignTemplates(`${input}: ${nothingCanTell}`)
  if (!report.foreign) return
  throw new ForeignTemplates(
    `${input}: up to ${placeName(inputFormat)} ${places.at(-1)}: ${describeForeign(report, map)}. Nothing was kept`
  )
}

/** What templates look like, which they should not. */
export const describeForeign = ({ likelier }: GuardReport<number>, { source }: ChosenMap): string =>
  `expected templates of model "${source.model}", these look like those of ${
    likelier === null ? 'another' : `"${likelier}"`
  }`

/** The valid rows; those of lines were checked when they were read. */
function withoutInvalid (chunk: InputChunk): InputChunk {
  const { templates, places } = chunk
  const invalid = chunk.lines === undefined ? [...invalidRows(templates)] : []
  if (invalid.length === 0) return chunk
  const out = new Set(invalid.map(({ row }) => row))
  const kept = places.map((_, row) => row).filter(row => !out.has(row))
  return {
    ...chunk,
    templates: selectRows(templates, kept),
    places: kept.map(row => places[row]!),
    bad: invalid.map(({ row, defect }) => ({ place: places[row]!, reason: defect }))
  }
}

const placeName = (format: FileFormat) => format === 'ndjson' ? 'line' : 'row'

const stoppedAt = ({ place, reason }: BadRow, { input, inputFormat }: MigrationRequest) =>
  new StartupError(
    `${input}: ${placeName(inputFormat)} ${place}: ${reason}. --on-bad skip leaves out such ` +
      `${placeName(inputFormat)}s and reports them`
  )

function identityOf (
  { inputFormat, outputFormat, index, map: { id, source, target, numbers } }: MigrationRequest,
  file: InputFile
): Identity {
  return {
    input: { format: inputFormat, ...file.identity },
    map: { id, sha256: digestOfNumbers(numbers), source: source.fingerprint, target: target.fingerprint },
    output: { format: outputFormat, index },
    chunkRows: rowsPerChunk(source, target)
  }
}
