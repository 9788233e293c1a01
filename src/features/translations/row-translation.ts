import type { TemplateMatrix } from '../../science/linear-algebra/matrix.js'
import type { KnownSpace } from '../catalogue/index.js'
import { type Guard, type GuardReport, joinReports } from '../guard/index.js'
import { inOrder } from '../../science/template/row-chunks.js'
import type { Translation } from './translation.js'
import { InvalidRow } from '../../science/template/check.js'
import type { RowStream } from '../../platform/http/bodies/row-stream.js'

/** The guard's findings in all chunks so far; null when it is off. */
export interface GuardTally {
  report: GuardReport<number> | null
}

/**
 * Translates chunks in order, and takes over their memory. Only a few are in memory: the next one is read when a
 * translated one is taken.
 *
 * @param tally receives the guard's findings for each chunk, before that is passed on
 * @param admit admits a number of templates: all at once where their number is known, or chunk by chunk
 * @throws Problem `template-invalid` naming the row of the request, and what `chunks` and the guard throw
 */
export async function* translateChunks (
  { rows, chunks }: RowStream,
  source: KnownSpace,
  translation: Translation,
  guard: Guard,
  tally: GuardTally,
  admit: (templates: number) => Promise<void>
): AsyncGenerator<TemplateMatrix, void> {
  let admitted = 0
  let row = 0
  yield* inOrder(admitting(), translateChunk)

  async function* admitting () {
    for await (const chunk of chunks) {
      if (rows === undefined) await admit(chunk.rows)
      else if (admitted === 0) await admit(rows)
      admitted += chunk.rows
      yield chunk
    }
  }

  async function translateChunk (templates: TemplateMatrix): Promise<TemplateMatrix> {
    const firstRow = row
    row += templates.rows
    try {
      const report = await guard.inspect([{ space: source, templates }])
      if (report !== null) tally.report = joinReports(tally.report, report, firstRow)
      return await translation.translate(templates, { keep: true })
    } catch (error) {
      throw error instanceof InvalidRow ? error.asProblem(firstRow) : error
    }
  }
}

/** A dictionary of RFC 8941. */
export function guardHeader ({ checked, flagged, foreign, likelier }: GuardReport<number>): string {
  return `checked=${checked}, flagged=${flagged.length}, foreign=?${foreign ? 1 : 0}` +
    (likelier === null ? '' : `, likelier="${likelier}"`)
}
