import { StartupError } from '../../errors.js'
import { ForeignTemplates, nothingCanTell } from '../../platform/cli/exit-codes.js'
import type { TemplateMatrix } from '../../science/linear-algebra/matrix.js'
import { cosine } from '../../science/linear-algebra/sums.js'
import { inOrder } from '../../science/template/row-chunks.js'
import type { GuardMode, GuardReport } from '../guard/index.js'
import type { BadRow, Batch, Migration, Page, Proof } from './end.js'

/** What a run needs of a map and a guard, wherever they are. */
export interface Translation {
  /** (n, dSource) to (n, dTarget). @param templates whose memory may be kept */
  translate(templates: TemplateMatrix): Promise<TemplateMatrix>
  /** null when nothing can tell whether the templates are those of the source */
  inspect(templates: TemplateMatrix): Promise<GuardReport<number> | null>
}

export interface RunOptions {
  /** what happens with templates that do not look like those of the source */
  readonly guard: GuardMode
  /** what happens at a row whose template is none */
  readonly onBad: 'stop' | 'skip'
  /** whether to end once everything but the swap is done */
  readonly stopBeforeSwap: boolean
}

export interface RunEvents {
  onProgress(share: number, rows: number): void
  say(line: string): void
}

export type RunResult =
  | { readonly kind: 'interrupted', readonly rows: number }
  | { readonly kind: 'ready', readonly rows: number }
  | { readonly kind: 'swapped', readonly proof: Proof }
  /** an earlier run had swapped */
  | { readonly kind: 'already' }

/** Templates that the guard sees before anything is changed. */
const sampleRows = 500
/** Rows that may still change between two rounds before the swap takes them under its lock. */
const fewChanges = 200
/** Rounds of catching up, after which a writer is faster than the run. */
const maxRounds = 10_000

/**
 * Replaces the templates of an end by translated ones. It may be killed at any time: the next run goes on where it
 * ended.
 *
 * @throws ForeignTemplates, StartupError saying what is wrong
 */
export async function runConnect (
  migration: Migration,
  translation: Translation,
  options: RunOptions,
  { onProgress, say }: RunEvents,
  signal: AbortSignal
): Promise<RunResult> {
  const begun = await migration.progress()
  if (begun?.swapped === true) return { kind: 'already' }
  if (begun === undefined) {
    await judgeSample(migration, translation, options, say)
    await migration.prepare()
  }
  const translate = translatePages(translation, options, say)
  let rows = begun?.rows ?? 0
  if (rows > 0) say(`resumed after ${rows.toLocaleString('en-US')} rows`)

  // Two pages are written at a time: the database is busy with one while the other is on its way.
  let before = Promise.resolve()
  let writing = before
  try {
    for await (const batch of inOrder(pagesOf(migration, begun?.cursor), translate)) {
      await before
      rows += batch.ids.length + batch.bad.length
      onProgress(Math.min(1, rows / Math.max(rows, migration.rows)), rows)
      before = writing
      writing = migration.write(batch, before)
      // It is reported when its turn comes.
      writing.catch(() => {})
      if (signal.aborted) {
        await writing
        return { kind: 'interrupted', rows }
      }
    }
    await writing
  } catch (error) {
    // Pages that are on their way must not be written after the end was closed.
    await Promise.allSettled([before, writing])
    throw error instanceof ForeignTemplates
      ? new ForeignTemplates(error.what, '--undo gives the run up; --guard flag goes on all the same')
      : error
  }
  await catchUp(migration, translate)
  await migration.index(say)
  await catchUp(migration, translate)
  if (signal.aborted) return { kind: 'interrupted', rows }
  if (options.stopBeforeSwap) return { kind: 'ready', rows }
  return { kind: 'swapped', proof: await migration.swap(translate) }
}

/**
 * @throws ForeignTemplates when the guard refuses them, or when nothing judges them; StartupError when they are none
 */
export async function judgeSample (
  migration: Migration,
  { inspect }: Translation,
  { guard, onBad }: Pick<RunOptions, 'guard' | 'onBad'>,
  say: (line: string) => void
): Promise<GuardReport<number> | null> {
  const { templates, bad } = await migration.sample(sampleRows)
  if (bad[0] !== undefined && (onBad === 'stop' || templates.rows === 0)) throw stoppedAt(bad[0])
  if (guard === 'off' || templates.rows === 0) return null
  const report = await inspect(templates)
  const what = report === null
    ? nothingCanTell
    : report.foreign
    ? describeForeign(report)
    : undefined
  if (what === undefined) return report
  if (guard === 'refuse') throw new ForeignTemplates(what)
  say(`warning: ${what}`)
  return report
}

const describeForeign = ({ checked, likelier }: GuardReport<number>): string =>
  `of ${checked} templates too many do not look like those of the source model${
    likelier === null ? '' : `; they look like those of "${likelier}"`
  }`

function translatePages (
  { translate, inspect }: Translation,
  { guard, onBad }: RunOptions,
  say: (line: string) => void
) {
  let warned = false
  return async (page: Page): Promise<Batch> => {
    const [first] = page.bad
    if (first !== undefined && onBad === 'stop') throw stoppedAt(first)
    if (page.templates.rows === 0) return page
    const report = guard === 'off' ? null : await inspect(page.templates)
    if (report?.foreign === true) {
      const what = `up to row ${page.ids.at(-1)}: ${describeForeign(report)}`
      if (guard === 'refuse') throw new ForeignTemplates(what)
      if (!warned) say(`warning: ${what}`)
      warned = true
    }
    return { ...page, templates: await translate(page.templates) }
  }
}

const stoppedAt = ({ id, reason }: BadRow) =>
  new StartupError(`row ${id}: ${reason}. --on-bad skip leaves such rows without a template, and says which`)

/** The pages from a cursor on. The next one is read while one is worked on. */
async function* pagesOf (migration: Migration, cursor: string | undefined): AsyncGenerator<Page, void> {
  let next = migration.scan(cursor)
  try {
    for (;;) {
      const page = await next
      if (page === undefined) return
      next = migration.scan(page.cursor)
      // It is reported when its turn comes.
      next.catch(() => {})
      yield page
    }
  } finally {
    // Nothing must be read after the end was closed.
    await next.catch(() => {})
  }
}

async function catchUp (migration: Migration, translate: (page: Page) => Promise<Batch>): Promise<void> {
  for (let round = 0; round < maxRounds; round++) {
    if (await migration.catchUp(translate) < fewChanges) return
  }
  throw new StartupError('expected to catch up with the rows that change, they change faster than they are translated')
}

/**
 * Translates again what an end had before, and compares it with what it has now.
 * @returns rows that were compared, and the least cosine between the two
 */
export async function verifySwapped (
  migration: Migration,
  { translate }: Pick<Translation, 'translate'>,
  count: number
): Promise<{ readonly rows: number, readonly leastCosine: number }> {
  const { before, after } = await migration.compare(count)
  if (after.rows === 0) return { rows: 0, leastCosine: 1 }
  const expected = await translate(before.templates)
  let leastCosine = 1
  for (let row = 0; row < after.rows; row++) {
    leastCosine = Math.min(leastCosine, cosine(rowOf(expected, row), rowOf(after, row)))
  }
  return { rows: after.rows, leastCosine }
}

/** A row of a matrix, not copied. */
export const rowOf = ({ cols, data }: TemplateMatrix, row: number) => data.subarray(row * cols, (row + 1) * cols)
