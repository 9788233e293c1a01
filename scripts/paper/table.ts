import { columns, figureNames, type Column, type Figures, type PairResult } from './protocol.js'
import { paperMethods } from '../../src/science/alignment/paper-baselines.js'

const titles: Readonly<Record<keyof Figures, string>> = {
  rank1SameImage: "rank-1, the gallery holds the probe's own image (the paper's protocol; probes weigh the same)",
  rank1: 'rank-1, that image excluded (identities weigh the same)',
  tmrPooled: 'TMR at FMR 1e-3, comparisons weigh the same',
  tmr: 'TMR at FMR 1e-3, identities weigh the same'
}
const shortTitles: Readonly<Record<keyof Figures, string>> = {
  rank1SameImage: 'rank-1, same image',
  rank1: 'rank-1, excluded',
  tmrPooled: 'TMR, pooled',
  tmr: 'TMR, by identity'
}
/** What the tables by pair show; the pooled rate stands in the summary only. */
const byPair = ['rank1SameImage', 'rank1', 'tmr'] as const satisfies readonly (keyof Figures)[]

/** Mean, and standard deviation with n - 1. @throws RangeError when there is no value */
export function meanAndDeviation (values: readonly number[]): { mean: number, deviation: number } {
  if (values.length === 0) throw new RangeError('expected at least one value, received none')
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0)
  return { mean, deviation: values.length === 1 ? 0 : Math.sqrt(squares / (values.length - 1)) }
}

/**
 * The tables of one corpus in Markdown: a summary over the directed pairs, and one table by pair for each figure.
 *
 * @param seeds of the paper's columns; what is said of one split is of the first
 */
export function renderTables (results: readonly PairResult[], seeds: readonly number[]): string {
  const sections = [
    `Mean of the ${results.length} directed pairs; ± is the standard deviation over ${seeds.length} splits.`,
    summary(results, seeds[0]!)
  ]
  for (const figure of byPair) sections.push(`**${titles[figure]}**`, pairTable(results, figure, seeds[0]!))
  return sections.join('\n\n')
}

/** A result whose project's own fit was asked for. */
type WithOwn = PairResult & { readonly own: NonNullable<PairResult['own']> }
const ownsOf = (results: readonly PairResult[]) => results.filter((result): result is WithOwn => result.own !== null)

function summary (results: readonly PairResult[], firstSeed: number): string {
  const rows = columns.map(column => [
    column,
    ...figureNames.map(figure => {
      const perSeed = results[0]!.paper[column].map((_, s) =>
        meanAndDeviation(results.map(({ paper }) => paper[column][s]![figure])).mean
      )
      return spread(perSeed)
    })
  ])
  const owns = ownsOf(results)
  if (owns.length === results.length) {
    rows.push([
      `best of the three by pair, in hindsight, seed ${firstSeed}`,
      ...figureNames.map(figure => mean(results.map(result => bestOfThree(result, figure))))
    ])
    rows.push([`Crosswalk, seed ${firstSeed}`, ...figureNames.map(figure => mean(owns.map(({ own }) => own[figure])))])
  }
  return table(['', ...figureNames.map(figure => shortTitles[figure])], rows)
}

function pairTable (results: readonly PairResult[], figure: keyof Figures, firstSeed: number): string {
  const withOwn = ownsOf(results).length === results.length
  const head = [
    'probe',
    'reference',
    ...columns,
    ...withOwn ? [`best of three, seed ${firstSeed}`, `Crosswalk, seed ${firstSeed}`, 'its choice'] : []
  ]
  return table(
    head,
    results.map(result => [
      result.source,
      result.target,
      ...columns.map((column: Column) => spread(result.paper[column].map(figures => figures[figure]))),
      ...withOwn && result.own !== null
        ? [bestOfThree(result, figure).toFixed(3), result.own[figure].toFixed(3), result.own.chosen]
        : []
    ])
  )
}

/** The best of the paper's three methods on the first split, by what it is measured with. */
function bestOfThree ({ paper }: PairResult, figure: keyof Figures): number {
  return Math.max(...paperMethods.map(method => paper[method][0]![figure]))
}

function mean (values: readonly number[]): string {
  return meanAndDeviation(values).mean.toFixed(3)
}

function spread (values: readonly number[]): string {
  const { mean, deviation } = meanAndDeviation(values)
  return values.length === 1 ? mean.toFixed(3) : `${mean.toFixed(3)} ± ${deviation.toFixed(3)}`
}

function table (head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map(cells => `| ${cells.join(' | ')} |`).join('\n')
}

/**
 * The document with what stands between `<!-- begin NAME -->` and `<!-- end NAME -->` replaced.
 * @throws Error when the document has no such pair of marks
 */
export function replaceSection (document: string, name: string, text: string): string {
  const [begin, end] = [`<!-- begin ${name} -->`, `<!-- end ${name} -->`]
  const from = document.indexOf(begin)
  const to = document.indexOf(end)
  if (from === -1 || to < from) throw new Error(`expected the document to have ${begin} and, after it, ${end}`)
  return `${document.slice(0, from + begin.length)}\n\n${text}\n\n${document.slice(to)}`
}
