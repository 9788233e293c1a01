import type { JSX } from 'preact'
import type { Card } from '../../../science/cards/card.js'
import { summaryOf } from '../../../science/cards/verdict.js'
import { Facts, Section, Table } from '../../../platform/pages/elements.js'
import { count, rate, significant, unknown } from '../../../platform/pages/format.js'

/** What to expect of the map, in one sentence. Older cards have none of their own. */
export const plainSummary = ({ verdict, comparison, evaluation }: Card): string =>
  verdict?.summary ?? summaryOf(comparison?.evaluation ?? evaluation.crossModel, 1e-3)

/** Whether to use the map, why, and by which rule. Cards of version 1 have no verdict. */
export function VerdictSection ({ verdict }: Card): JSX.Element {
  if (verdict === undefined) return <p class='verdict'>This card has an earlier version, without a verdict.</p>
  return (
    <div class={`verdict ${verdict.verdict}`}>
      <p>
        <strong class={verdict.verdict}>{verdict.verdict}</strong>
        {verdict.comparison !== undefined && verdict.translation !== undefined &&
          ` (comparison ${verdict.comparison.verdict}, translation ${verdict.translation.verdict})`}
      </p>
      <ul>{verdict.reasons.map((reason, k) => <li key={k}>{reason}</li>)}</ul>
      <p class='note'>Rule: {verdict.rule}</p>
    </div>
  )
}

/** The map that served when this one was fitted, on the same people. */
export function ShadowSection ({ shadow }: Card): JSX.Element | null {
  if (shadow === undefined) return null
  const { map, version, fmr, tmr, difference, finding, sharesPeople } = shadow
  return (
    <Section title='Beside the map that served'>
      <Facts
        facts={[
          ['Map', <code key='map'>{map}</code>],
          ['Version', String(version)],
          ['This map is', finding],
          ...(tmr === null || difference === null
            ? []
            : [
              [`TMR at FMR ${fmr}`, `${rate(tmr.own)}, that of the other ${rate(tmr.serving)}`] as const,
              [
                'Difference',
                `${rate(difference.tmr)} (95 % interval ${rate(difference.lower)} to ${rate(difference.upper)})`
              ] as const
            ]),
          ...(sharesPeople
            ? [['Note', 'the other map was fitted on some of these people: its figures are too good'] as const]
            : [])
        ]}
      />
    </Section>
  )
}

export function WarningsSection ({ warnings }: Card): JSX.Element | null {
  if (warnings.length === 0) return null
  return (
    <Section title='Warnings'>
      <ul>{warnings.map((warning, k) => <li key={k}>{warning}</li>)}</ul>
    </Section>
  )
}

const imageOf = ({ pairing }: Card['pairs']): string =>
  pairing === 'identity' ? 'another image of the same person' : 'the same image'

/** The estimator, why it was chosen, and what it was fitted on. */
export function FitSection ({ method, parameters, selection, seed, pairs, split, fidelity }: Card): JSX.Element {
  const { lambda, rank, spread, shrinkage } = parameters
  const size = ({ pairs, identities }: { pairs: number, identities: number }) =>
    `${count(pairs)} pairs of ${count(identities)} identities`
  return (
    <Section title='How it was fitted'>
      <Facts
        facts={[
          [
            'Method',
            [
              method,
              lambda === null ? '' : `, lambda ${lambda}`,
              rank == null ? '' : `, rank ${rank}`,
              shrinkage === undefined ? '' : `, shrinkage ${shrinkage.source} and ${shrinkage.target}`,
              spread === undefined || spread === 'fitted' ? '' : `, spread ${spread}`
            ].join('')
          ],
          ['Why', selection.reason],
          ...(selection.criterion === null
            ? []
            : [['Chosen by', `${selection.criterion}, in ${selection.folds} folds`] as const]),
          ['Training', size(split.training)],
          split.method === 'cross-fitting'
            ? [
              'Evaluation',
              `cross-fitting: ${split.folds} folds by identity, each scored by a map of the others; all figures below are pooled over them`
            ]
            : [
              'Held out',
              `${
                size(split.heldOut)
              }; all figures below are measured on these (requested share of the identities: ${split.heldOutFraction})`
            ],
          [
            'Pairs',
            `${size(pairs)}; left out because the other side is missing: ${
              count(pairs.oneSided.source)
            } of the source, ${count(pairs.oneSided.target)} of the target`
          ],
          [
            'Fidelity',
            `${rate(fidelity)}, the mean cosine of a translated template and the true one of ${imageOf(pairs)}`
          ],
          ['Seed', String(seed)],
          ['SHA-256 of the pairs', <code key='hash'>{pairs.corpusHash}</code>]
        ]}
      />
      {selection.candidates.length > 0 && (
        <details>
          <summary>The {selection.candidates.length} candidates</summary>
          <Table
            caption='The first of tied candidates is taken'
            columns={[
              'Method',
              'Lambda',
              'Rank',
              'Spread',
              'Score',
              'Standard error of the difference to the best',
              'Excluded because'
            ]}
            text={[3, 6]}
            rows={selection.candidates.map(({ method, lambda, rank, spread, score, standardError, excluded }) => ({
              cells: [
                method,
                significant(lambda),
                significant(rank ?? null),
                spread ?? 'fitted',
                rate(score, 4),
                rate(standardError, 4),
                excluded ?? unknown
              ]
            }))}
          />
        </details>
      )}
    </Section>
  )
}
