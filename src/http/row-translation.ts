import type { TemplateMatrix } from '../alignment/matrix.js'
import type { KnownSpace } from '../operations/catalogue.js'
import type { Guard, GuardReport } from '../operations/guard/guard.js'
import type { Translation } from '../operations/translation.js'
import { InvalidRow } from '../template/check.js'
import type { RowStream } from './row-stream.js'

/** Bytes of a chunk of rows, going in or coming out, whichever are more. */
const chunkBytes = 4 * 2 ** 20
/** Chunks that are read and not yet handed on: one is translated while the next one arrives. */
const mostInFlight = 2

export function rowsPerChunk (source: KnownSpace, target: KnownSpace): number {
  return Math.max(1, Math.floor(chunkBytes / 4 / Math.max(source.dimension, target.dimension)))
}

/** What the guard found in all chunks so far; null when it is off. */
export interface GuardTally { report: GuardReport<number> | null }

/**
 * Translates chunks in their order, and keeps their memory. No more than a few are in memory: the next one is read when a translated one is taken.
 *
 * @param tally receives what the guard finds of each chunk; it has judged those that were handed on
 * @param admit lets so many templates pass: all at once where their number is known, or chunk by chunk
 * @throws Problem `template-invalid` naming the row of the request, and what `chunks` and the guard throw
 */
export async function * translateChunks (
  { rows, chunks }: RowStream, source: KnownSpace, translation: Translation, guard: Guard, tally: GuardTally, admit: (templates: number) => Promise<void>
): AsyncGenerator<TemplateMatrix, void> {
  const inFlight: Promise<TemplateMatrix>[] = []
  let firstRow = 0
  for await (const chunk of chunks) {
    if (rows === undefined) await admit(chunk.rows)
    else if (firstRow === 0) await admit(rows)
    const translated = translateChunk(chunk, firstRow)
    // A failure is told when its turn comes.
    translated.catch(() => {})
    inFlight.push(translated)
    firstRow += chunk.rows
    if (inFlight.length === mostInFlight) yield await inFlight.shift()!
  }
  for (const translated of inFlight) yield await translated

  async function translateChunk (templates: TemplateMatrix, firstRow: number): Promise<TemplateMatrix> {
    try {
      const report = await guard.inspect([{ space: source, templates }])
      if (report !== null) tally.report = join(tally.report, report, firstRow)
      return await translation.translate(templates, { keep: true })
    } catch (error) {
      throw error instanceof InvalidRow ? error.asProblem(firstRow) : error
    }
  }
}

/** @param firstRow of the later chunk in the request */
function join (before: GuardReport<number> | null, later: GuardReport<number>, firstRow: number): GuardReport<number> {
  const flagged = later.flagged.map(row => firstRow + row)
  if (before === null) return { ...later, flagged }
  return {
    checked: before.checked + later.checked,
    flagged: [...before.flagged, ...flagged],
    foreign: before.foreign || later.foreign,
    likelier: before.likelier ?? later.likelier,
    falseAlarmRate: before.falseAlarmRate ?? later.falseAlarmRate
  }
}

/** A dictionary of RFC 8941. */
export function guardHeader ({ checked, flagged, foreign, likelier }: GuardReport<number>): string {
  return `checked=${checked}, flagged=${flagged.length}, foreign=?${foreign ? 1 : 0}` + (likelier === null ? '' : `, likelier="${likelier}"`)
}
