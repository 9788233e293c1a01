import type { JSX } from 'preact'
import type { Card } from '../../../science/cards/card.js'
import { Figure, Section, Table } from '../../../platform/pages/elements.js'
import type { Figures } from '../../../platform/pages/figures.js'
import { count, interval, rate, significant, unknown } from '../../../platform/pages/format.js'

/** How many pairs are needed. */
export function LearningCurveSection (
  { card: { learningCurve }, figures }: { card: Card, figures: Figures }
): JSX.Element | null {
  if (learningCurve === undefined) return null
  const { points, pairsFor, fmr, heldOutPairs } = learningCurve
  const needed = (pairs: number | null) =>
    pairs === null ? 'more than half of the pairs, or unknown' : `${count(pairs)} pairs`
  return (
    <Section title='Learning curve'>
      <p>For 95 % of the last TMR: {needed(pairsFor.share95)}. For 99 %: {needed(pairsFor.share99)}.</p>
      <Figure
        id='learning-curve'
        title='Learning curve'
        drawings={figures.learningCurve}
        description={`TMR ${
          fmr === null ? '' : `at FMR ${fmr} `
        }of maps from nested subsets of the training identities, with 95 % intervals, on the same ${
          count(heldOutPairs)
        } held-out pairs.`}
      />
      <Table
        caption='The same as numbers'
        columns={['Pairs', 'Identities', 'TMR', '95 % interval', 'Fidelity', 'Reason for no map']}
        text={[5]}
        rows={points.map(({ pairs, identities, tmr, interval: bounds, fidelity, reason }) => ({
          cells: [count(pairs), count(identities), rate(tmr), interval(bounds), rate(fidelity), reason ?? unknown]
        }))}
      />
    </Section>
  )
}

/** The rates of each group at the threshold that is set for everybody. */
export function GroupsSection ({ groups }: Card): JSX.Element | null {
  if (groups == null) return null
  const { fmr, threshold, rows, unlabelled, unlisted } = groups
  return (
    <Section title='Groups'>
      <Table
        caption={`At the common threshold ${rate(threshold, 4)}${
          fmr === null ? '' : `, FMR ${fmr} over all groups`
        }; comparisons among images of one group`}
        columns={[
          'Group',
          'Pairs',
          'Identities with two images',
          'TMR',
          '95 % interval',
          'FMR',
          'Comparisons of different identities'
        ]}
        rows={rows.map(row => ({
          cells: [
            row.group,
            count(row.pairs),
            count(row.matedIdentities),
            rate(row.tmr),
            interval(row.interval),
            significant(row.fmr),
            count(row.nonMatedComparisons)
          ]
        }))}
      />
      <p class='note'>Pairs without a group: {count(unlabelled)}. Groups not listed: {count(unlisted)}.</p>
    </Section>
  )
}
