import type { JSX } from 'preact'
import { renderToString } from 'preact-render-to-string'
import type { CellFigures, CrossModelMatrix } from '../../science/cards/matrix.js'
import type { ModelEvaluation, TestReport } from '../../science/cards/model-evaluation.js'
import type { Generalisation } from '../../science/cards/model-relations.js'
import { AnalysesSections, drawSimilarities } from './analyses-sections.js'
import type { StoredEvaluation } from './evaluations-repository.js'
import { Facts, Figure, Scale, Section, Table } from '../../platform/pages/elements.js'
import { count, falseMatchRate, interval, rate, unknown } from '../../platform/pages/format.js'
import { asymmetrySpecification } from '../../platform/pages/plots/asymmetry.js'
import { dendrogramSpecification } from '../../platform/pages/plots/dendrogram.js'
import { drawSpecification, type Drawings } from '../../platform/pages/plots/draw.js'
import { heatMapSpecification } from '../../platform/pages/plots/heat-map.js'
import { Document, type Place } from '../../platform/pages/document.js'
import { Terms } from '../../platform/pages/terms.js'

/** The origin of an evaluation, as its page states it. */
export interface EvaluationOrigin {
  readonly title: string
  readonly note?: JSX.Element | undefined
}

type MatrixFigure = 'tmr' | 'tmrSameImage' | 'rank1' | 'rank1SameImage'

/** Charts of one set of images, as `svg` elements. */
interface ReportDrawings {
  readonly matrices: Readonly<Record<MatrixFigure, Drawings>>
  readonly dendrogram: Drawings | undefined
  readonly asymmetry: Drawings | undefined
}

/**
 * An evaluation of several models as a self-contained page: no script, and nothing loaded from elsewhere.
 * @param places where its bar leads
 * @returns an HTML document
 */
export async function renderEvaluationPage (
  evaluation: ModelEvaluation,
  origin: EvaluationOrigin,
  places: readonly Place[] = []
): Promise<string> {
  const within = await drawingsOf(evaluation.within)
  const across = evaluation.across === null ? undefined : await drawingsOf(evaluation.across)
  const names = evaluation.models.map(({ model }) => model)
  // Absent from evaluations that were made before there were any.
  const { analyses } = evaluation
  const similarities = analyses === undefined ? undefined : await drawSimilarities(names, analyses)
  return '<!DOCTYPE html>' +
    renderToString(
      <EvaluationPage
        evaluation={evaluation}
        origin={origin}
        within={within}
        across={across}
        places={places}
        analyses={analyses === undefined || similarities === undefined
          ? null
          : <AnalysesSections analyses={analyses} drawings={similarities} fmr={evaluation.fmr} />}
      />
    )
}

/** The page of a stored evaluation. */
export async function renderStoredEvaluation (
  { id, request, createdAt, result, corpusId, testCorpusId }: StoredEvaluation,
  places: readonly Place[]
): Promise<string> {
  const corpus = (stored: string | null, named: string) => stored === null ? `${named}, which is deleted` : named
  return await renderEvaluationPage(result, {
    title: request.models.join(', '),
    note: (
      <>
        Evaluation <code>{id}</code>, created {createdAt.slice(0, 10)}, of corpus{' '}
        <code>{corpus(corpusId, request.corpus)}</code>
        {request.testCorpus === null ? null : (
          <>
            , tested on corpus <code>{corpus(testCorpusId, request.testCorpus)}</code>
          </>
        )}. <a href={`/v1/evaluations/${id}`}>The same as JSON</a>
      </>
    )
  }, places)
}

function EvaluationPage ({ evaluation, origin, within, across, analyses, places }: {
  evaluation: ModelEvaluation
  origin: EvaluationOrigin
  within: ReportDrawings
  across: ReportDrawings | undefined
  analyses: JSX.Element | null
  places: readonly Place[]
}): JSX.Element {
  const { models, training, fmr, seed, maps, warnings, generalisation } = evaluation
  return (
    <Document title={`Evaluation: ${origin.title}`} places={places}>
      <h1>{`Evaluation: ${origin.title}`}</h1>
      <p>{summaryOf(evaluation)}</p>
      {origin.note === undefined ? null : <p class='note'>{origin.note}</p>}
      <Facts
        facts={[
          ['Models', models.map(({ model, dimension }) => `${model} (${dimension} dimensions)`).join(', ')],
          ['Maps', [...new Set(maps.map(nameOf))].join('; ')],
          ['Fitted on', `${count(training.samples)} images of ${count(training.identities)} people, seed ${seed}`]
        ]}
      />
      {warnings.length === 0 ? null : (
        <Section title='Warnings'>
          <ul>{warnings.map((warning, k) => <li key={k}>{warning}</li>)}</ul>
        </Section>
      )}
      <ReportSection
        id='within'
        title='Held-out people of the corpus'
        report={evaluation.within}
        drawings={within}
        fmr={fmr}
      />
      {evaluation.across === null || across === undefined
        ? null
        : <ReportSection id='across' title='Test corpus' report={evaluation.across} drawings={across} fmr={fmr} />}
      {generalisation === null ? null : <GeneralisationSection generalisation={generalisation} fmr={fmr} />}
      {analyses}
      <MapsSection maps={maps} />
    </Document>
  )
}

/** What an evaluation says, in one sentence: how far translation carries, at best and at worst. */
function summaryOf ({ within, across, models, fmr }: ModelEvaluation): string {
  const pairs = (across ?? within).matrix.pairs.flatMap(({ source, target, aligned: { tmr } }) =>
    tmr === null ? [] : [{ source, target, tmr }]
  ).sort((a, b) => b.tmr - a.tmr)
  const [best, worst] = [pairs[0], pairs.at(-1)]
  if (best === undefined || worst === undefined) {
    return `How well templates of these ${models.length} models translate into one another could not be measured.`
  }
  const found = ({ source, target, tmr }: typeof best) =>
    `${Math.floor(100 * tmr)} in 100 pairs of one person from ${source} to ${target}`
  return `At one false match in ${count(Math.round(1 / fmr))}, translation finds ` +
    (best === worst ? `${found(best)}.` : `${found(best)} at best, and ${found(worst)} at worst.`)
}

function ReportSection (
  { id, title, report, drawings, fmr }: {
    id: string
    title: string
    report: TestReport
    drawings: ReportDrawings
    fmr: number
  }
): JSX.Element {
  const { matrix, asymmetry } = report
  const at = `at FMR ${falseMatchRate(fmr)}`
  const cells =
    'Rows are probe models, whose templates are translated; columns are reference models; the diagonal is each model alone.'
  return (
    <Section title={title}>
      <p>
        {count(matrix.samples)} images of {count(matrix.identities)} people, {count(matrix.matedIdentities)}{' '}
        of them with two or more; {count(matrix.nonMatedComparisons)}{' '}
        comparisons of different people in each cell off the diagonal.
      </p>
      <Terms of={['TMR', 'FMR', 'Rank-1']} />
      <h3>Different images</h3>
      <Scale name='Rate' />
      <Figure
        id={`${id}-tmr`}
        title={`True match rate ${at}`}
        drawings={drawings.matrices.tmr}
        description={`No image is compared with itself; identities are weighted equally. ${cells}`}
      />
      <Figure
        id={`${id}-rank1`}
        title='Rank-1'
        drawings={drawings.matrices.rank1}
        description={`The gallery is every image but the probe's own; identities are weighted equally. ${cells}`}
      />
      <SameImage id={id} at={at} drawings={drawings} />
      <h3>Similar models</h3>
      <Figure
        id={`${id}-clusters`}
        title='Clusters of models'
        drawings={drawings.dendrogram}
        description='Average linkage; the distance between two models is one minus the mean true match rate of both directions after alignment.'
      />
      {drawings.dendrogram === undefined ? <p>A true match rate is unknown, so the distances are too.</p> : null}
      <h3>Sources and sinks</h3>
      <Figure
        id={`${id}-asymmetry`}
        title='Asymmetry'
        drawings={drawings.asymmetry}
        description='Models to the right are better sources, models to the left better targets.'
      />
      <Table
        caption={`Mean true match rate ${at} after alignment`}
        columns={['Model', 'As source', 'As target', 'Difference']}
        rows={asymmetry.map(({ model, asSource, asTarget, difference }) => ({
          cells: [model, rate(asSource), rate(asTarget), signed(difference)]
        }))}
      />
      <details>
        <summary>All numbers</summary>
        <PairsTable matrix={matrix} at={at} />
      </details>
    </Section>
  )
}

function SameImage (
  { id, at, drawings }: { id: string, at: string, drawings: ReportDrawings }
): JSX.Element {
  return (
    <>
      <h3>With the same image too, as in the paper</h3>
      <Figure
        id={`${id}-tmr-same`}
        title={`True match rate ${at}, each image also compared with itself`}
        drawings={drawings.matrices.tmrSameImage}
        description='Comparisons are weighted equally. Within one model the rate says nothing.'
      />
      <Figure
        id={`${id}-rank1-same`}
        title="Rank-1, with the probe's own image in the gallery"
        drawings={drawings.matrices.rank1SameImage}
        description='Probes are weighted equally. The rate rewards recognising the image rather than the person. Within one model it says nothing.'
      />
    </>
  )
}

function PairsTable ({ matrix, at }: { matrix: CrossModelMatrix, at: string }): JSX.Element {
  const cells = (
    { tmr, interval: bounds, tmrPooled, tmrSameImage, eer, rank1, rank1SameImage, support }: CellFigures
  ) => [
    rate(tmr),
    interval(bounds),
    rate(tmrPooled),
    rate(tmrSameImage),
    rate(eer, 4),
    rate(rank1),
    rate(rank1SameImage),
    support
  ]
  const kindOf = ({ support }: CellFigures) => support === 'unsupported' ? 'unsupported' as const : undefined
  return (
    <Table
      caption={`Rates ${at}. Unsupported: fewer than 3 / FMR comparisons of different people`}
      columns={[
        'Probe, reference',
        'TMR',
        '95 % interval',
        'TMR, pooled',
        'TMR, with same image, pooled',
        'EER',
        'Rank-1',
        'Rank-1, with same image',
        'Support'
      ]}
      text={[8]}
      rows={[
        ...matrix.alone.map(({ model, figures }) => ({
          cells: [`${model} alone`, ...cells(figures)],
          kind: kindOf(figures)
        })),
        ...matrix.pairs.flatMap(({ source, target, aligned, unaligned }) => [
          { cells: [`${source}, ${target}: aligned`, ...cells(aligned)], kind: kindOf(aligned) },
          { cells: [`${source}, ${target}: unaligned`, ...cells(unaligned)], kind: kindOf(unaligned) }
        ])
      ]}
    />
  )
}

function GeneralisationSection ({ generalisation, fmr }: { generalisation: Generalisation, fmr: number }): JSX.Element {
  const cells = (
    { within, across, change }: { within: number | null, across: number | null, change: number | null }
  ) => [rate(within), rate(across), signed(change)]
  const { alone, pairs, meanChangeAlone, meanChangeAligned } = generalisation
  return (
    <Section title='From one corpus to the other'>
      <p>
        The same maps, on the held-out people of the corpus they were fitted on and on the test corpus. On average the
        models alone change by {signed(meanChangeAlone)} and the pairs by{' '}
        {signed(meanChangeAligned)}: what the pairs lose beyond the models is due to the maps.
      </p>
      <Table
        caption={`True match rate at FMR ${falseMatchRate(fmr)}, different images`}
        columns={['Probe, reference', 'Held-out people', 'Test corpus', 'Change']}
        rows={[
          ...alone.map(row => ({ cells: [`${row.model} alone`, ...cells(row)], kind: 'own' as const })),
          ...pairs.map(row => ({ cells: [`${row.source}, ${row.target}`, ...cells(row)] }))
        ]}
      />
    </Section>
  )
}

function MapsSection ({ maps }: Pick<ModelEvaluation, 'maps'>): JSX.Element {
  return (
    <Section title='Estimators'>
      <Table
        caption='How every map was fitted'
        columns={['Source, target', 'Estimator', 'Why']}
        text={[1, 2]}
        rows={maps.map(map => ({ cells: [`${map.source}, ${map.target}`, nameOf(map), map.reason] }))}
      />
    </Section>
  )
}

const nameOf = ({ method, lambda, rank, spread }: ModelEvaluation['maps'][number]): string =>
  method + (lambda === null ? '' : `, lambda ${lambda}`) + (rank === null ? '' : `, rank ${rank}`) +
  (spread === 'restored' ? ', spread restored' : '')

const signed = (value: number | null): string =>
  value === null ? unknown : `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(3)}`

async function drawingsOf ({ matrix, clustering, asymmetry }: TestReport): Promise<ReportDrawings> {
  const models = matrix.alone.map(({ model }) => model)
  const heatMap = async (figure: MatrixFigure) =>
    await drawSpecification(room =>
      heatMapSpecification(models, [
        { title: 'before alignment', rates: ratesOf(matrix, 'unaligned', figure) },
        { title: 'after alignment', rates: ratesOf(matrix, 'aligned', figure) }
      ], room)
    )
  const bars = asymmetry.flatMap(({ model, difference }) => difference === null ? [] : [{ model, difference }])
  return {
    matrices: {
      tmr: await heatMap('tmr'),
      tmrSameImage: await heatMap('tmrSameImage'),
      rank1: await heatMap('rank1'),
      rank1SameImage: await heatMap('rank1SameImage')
    },
    dendrogram: clustering === null
      ? undefined
      : await drawSpecification(room => dendrogramSpecification(models, clustering, room)),
    asymmetry: bars.length === 0 ? undefined : await drawSpecification(room => asymmetrySpecification(bars, room))
  }
}

function ratesOf (
  { alone, pairs }: CrossModelMatrix,
  alignment: 'aligned' | 'unaligned',
  figure: MatrixFigure
): (number | null)[][] {
  const position = new Map(alone.map(({ model }, m) => [model, m]))
  const rates = alone.map(({ figures }, i) => alone.map((_, j) => i === j ? figures[figure] : null))
  for (const pair of pairs) rates[position.get(pair.source)!]![position.get(pair.target)!] = pair[alignment][figure]
  return rates
}
