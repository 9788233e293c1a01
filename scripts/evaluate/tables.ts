import type { CellFigures, CrossModelMatrix } from '../../src/science/cards/matrix.js'
import { renderAnalyses } from './analyses-tables.js'
import { table } from './table.js'
import type { ModelEvaluation, TestReport } from '../../src/science/cards/model-evaluation.js'

const number = (value: number | null): string => value === null ? '–' : value.toFixed(3)
const signed = (value: number | null): string =>
  value === null ? '–' : `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(3)}`

/** One figure of every cell in Markdown: rows are models of probes, columns of references. */
function matrixTable (
  { alone, pairs }: CrossModelMatrix,
  alignment: 'aligned' | 'unaligned',
  figure: 'tmr' | 'tmrSameImage' | 'rank1' | 'rank1SameImage'
): string {
  const cells = new Map<string, CellFigures>(pairs.map(pair => [`${pair.source} ${pair.target}`, pair[alignment]]))
  const models = alone.map(({ model }) => model)
  return table(
    ['probe \\ reference', ...models],
    alone.map(({ model: source, figures }) => [
      source,
      ...models.map(target => number((source === target ? figures : cells.get(`${source} ${target}`)!)[figure]))
    ])
  )
}

/** An evaluation in Markdown. */
export function renderEvaluation (evaluation: ModelEvaluation): string {
  const { fmr, training, within, across, generalisation, warnings, maps, analyses } = evaluation
  const methods = [...new Set(maps.map(({ method, lambda }) => lambda === null ? method : `${method} ${lambda}`))].join(
    ', '
  )
  const parts: string[] = [
    `Fitted on ${training.samples} images of ${training.identities} people; ${methods}.`,
    ...warnings.map(warning => `Warning: ${warning}.`),
    ...reportOf('Held-out people of the corpus', within, fmr),
    ...across === null ? [] : reportOf('Test corpus', across, fmr)
  ]
  if (generalisation !== null) {
    parts.push(
      '## From one corpus to the other',
      table(['', 'within', 'across', 'change'], [
        ...generalisation.alone.map((
          { model, within, across, change }
        ) => [`${model} alone`, number(within), number(across), signed(change)]),
        ...generalisation.pairs.map((
          { source, target, within, across, change }
        ) => [`${source} to ${target}`, number(within), number(across), signed(change)])
      ]),
      `Mean change of the models alone ${signed(generalisation.meanChangeAlone)}, of the pairs ${
        signed(generalisation.meanChangeAligned)
      }.`
    )
  }
  if (analyses !== undefined) parts.push(...renderAnalyses(analyses, fmr))
  return parts.join('\n\n')
}

function reportOf (title: string, { matrix, clustering, asymmetry }: TestReport, fmr: number): string[] {
  const models = matrix.alone.map(({ model }) => model)
  const parts = [
    `## ${title}`,
    `${matrix.samples} images of ${matrix.identities} people, ${matrix.matedIdentities} of them with two or more.`
  ]
  for (
    const [figure, name] of [
      ['tmr', `TMR at FMR ${fmr}, different images`],
      ['tmrSameImage', `TMR at FMR ${fmr}, the same image too, pooled`],
      ['rank1', 'Rank-1, different images'],
      ['rank1SameImage', 'Rank-1, the same image too']
    ] as const
  ) {
    for (const [alignment, when] of [['unaligned', 'before'], ['aligned', 'after']] as const) {
      parts.push(`**${name}, ${when} alignment**`, matrixTable(matrix, alignment, figure))
    }
  }
  parts.push(
    '**Asymmetry** (TMR after alignment)',
    table(
      ['model', 'as source', 'as target', 'difference'],
      asymmetry.map((
        { model, asSource, asTarget, difference }
      ) => [model, number(asSource), number(asTarget), signed(difference)])
    )
  )
  if (clustering !== null) {
    const members = models.map(model => [model])
    parts.push(
      '**Clusters**',
      table(
        ['joined', 'with', 'at distance'],
        clustering.merges.map(({ left, right, height }) => {
          members.push([...members[left]!, ...members[right]!])
          return [members[left]!.join(', '), members[right]!.join(', '), height.toFixed(3)]
        })
      )
    )
  }
  return parts
}
