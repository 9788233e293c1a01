import type { JSX } from 'preact'
import type { BaselineName } from '../../../science/cards/baselines.js'
import type { Card } from '../../../science/cards/card.js'
import type { Metrics } from '../../../science/scores/metrics.js'
import { Section, Table, Figure, type Row } from '../../../platform/pages/elements.js'
import type { Figures } from '../../../platform/pages/figures.js'
import { Terms } from '../../../platform/pages/terms.js'
import { count, falseMatchRate, interval, rate, significant } from '../../../platform/pages/format.js'

/** True match rates, one row per false match rate. */
function OperatingPoints ({ caption, metrics }: { caption: string, metrics: Metrics }): JSX.Element {
  return (
    <Table
      caption={`${caption}: ${count(metrics.nonMatedComparisons)} comparisons of different identities, ${
        count(metrics.matedComparisons)
      } of different images of ${count(metrics.matedIdentities)} identities`}
      columns={[
        'FMR',
        'TMR, identities weighted equally',
        '95 % interval',
        'TMR, pooled comparisons',
        'FNMR',
        'Threshold',
        'Support'
      ]}
      rows={metrics.operatingPoints.map(point => ({
        cells: [
          falseMatchRate(point.fmr),
          rate(point.tmr),
          interval(point.interval),
          rate(point.tmrPooled),
          rate(point.fnmr),
          rate(point.threshold, 4),
          point.support === 'unsupported' ? 'unsupported: fewer than 3 / FMR comparisons' : point.support
        ],
        kind: point.support === 'unsupported' ? 'unsupported' as const : undefined
      }))}
      text={[6]}
    />
  )
}

export function VerificationSection ({ card, figures }: { card: Card, figures: Figures }): JSX.Element {
  const { crossModel } = card.evaluation
  return (
    <Section title='Verification in the target space'>
      <Terms of={['FMR', 'TMR', 'Threshold', 'EER', 'DET']} />
      <OperatingPoints caption='Translated source against target templates' metrics={crossModel} />
      <p>Equal error rate {rate(crossModel.eer, 4)}.</p>
      <Figure
        id='det'
        title='Detection error trade-off'
        drawings={figures.det}
        description='False non-match rate over false match rate, identities weighted equally, down to the lowest rate that the comparisons support; lower is better. Nothing is drawn where nobody was rejected.'
      />
      <Figure
        id='scores'
        title='Scores'
        drawings={figures.scores}
        description='Share of the comparisons in each score bin, for different identities and for different images of one identity, identities weighted equally.'
      />
    </Section>
  )
}

const baselineNames: Readonly<Record<BaselineName, string>> = {
  map: 'This map',
  sourceAlone: 'Source model alone',
  targetAlone: 'Target model alone',
  sourceAboutMean: 'Source model alone, about its mean',
  targetAboutMean: 'Target model alone, about its mean',
  unaligned: 'No map, padded with zeros',
  randomRotation: 'Random rotation',
  paperProcrustes: 'Procrustes of arXiv 2604.07282',
  paperLinear: 'Linear of arXiv 2604.07282',
  paperRidge: 'Ridge of arXiv 2604.07282'
}

/** The baselines that the map is compared with. Cards of version 1 have four of the rows, in their evaluation. */
export function BaselinesSection ({ baselines, evaluation }: Card): JSX.Element {
  const measured = [
    { name: 'map', metrics: evaluation.crossModel, reason: null },
    { name: 'sourceAlone', metrics: evaluation.sourceAlone, reason: null },
    { name: 'targetAlone', metrics: evaluation.targetAlone, reason: null },
    { name: 'unaligned', metrics: evaluation.unaligned, reason: null }
  ] as const
  const tmr = (metrics: Metrics, fmr: number) => rate(metrics.operatingPoints.find(point => point.fmr === fmr)?.tmr)
  const rows = (baselines?.rows ?? measured).map(({ name, metrics, reason }): Row => ({
    kind: name === 'map' ? 'own' : undefined,
    cells: metrics === null
      ? [`${baselineNames[name]} (none: ${reason})`, '–', '–', '–', '–', '–', '–']
      : [
        baselineNames[name],
        tmr(metrics, 1e-2),
        tmr(metrics, 1e-3),
        interval(metrics.operatingPoints.find(({ fmr }) => fmr === 1e-3)?.interval),
        tmr(metrics, 1e-4),
        rate(metrics.eer),
        rate(metrics.rank1)
      ]
  }))
  return (
    <Section title='Side by side'>
      <Table
        caption={`The same ${
          baselines === undefined ? '' : `${count(baselines.pairs)} `
        }held-out pairs, identities weighted equally, no image compared with itself`}
        columns={['', 'TMR at FMR 0.01', 'TMR at FMR 0.001', '95 % interval', 'TMR at FMR 1e−4', 'EER', 'Rank-1']}
        rows={rows}
      />
    </Section>
  )
}

/** The space in which `POST /v1/verifications` compares. */
export function ComparisonSection ({ comparison }: Card): JSX.Element | null {
  if (comparison === undefined) return null
  const { selection, evaluation, dimension } = comparison
  const cells = (
    { kind, estimator, shrinkage, targetShrinkage, offset, normalisation }: Omit<
      typeof comparison,
      'dimension' | 'selection' | 'evaluation' | 'calibration'
    >
  ) => [
    `${kind} space`,
    estimator === null
      ? '–'
      : estimator.lambda === null
      ? estimator.method
      : `${estimator.method}, lambda ${estimator.lambda}`,
    shrinkage === null
      ? 'none'
      : `shrinkage ${significant(shrinkage)}${targetShrinkage === undefined ? '' : `, target ${targetShrinkage}`}`,
    significant(offset),
    normalisation
  ]
  const [kind, estimator, whitening, offset, normalisation] = cells(comparison)
  return (
    <Section title='Comparison space'>
      <p>
        Verification compares in the {kind}, {dimension}{' '}
        dimensions{comparison.estimator === null ? '' : `; map: ${estimator}`}; whitening: {whitening}; offset:{' '}
        {offset}; score normalisation: {normalisation}.
      </p>
      <p>{selection.reason}</p>
      <OperatingPoints caption='In this space' metrics={evaluation} />
      <details>
        <summary>The {selection.candidates.length} candidates</summary>
        <Table
          caption={`${selection.criterion}, in ${selection.folds} folds`}
          columns={[
            'Where',
            'Map',
            'Whitening',
            'Offset',
            'Normalisation',
            'Score',
            'Standard error of the difference to the best'
          ]}
          text={[1, 2, 4]}
          rows={selection.candidates.map(candidate => ({
            cells: [...cells(candidate), rate(candidate.score, 4), rate(candidate.standardError, 4)]
          }))}
        />
      </details>
    </Section>
  )
}
