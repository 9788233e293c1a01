import type { Card } from '../../../science/cards/card.js'
import { colours, type Chart } from './chart.js'

/** The rate whose threshold is drawn; as in the table, none is drawn where the rate is unsupported. */
const drawnRate = 1e-3

/** The distribution of mated and non-mated scores in the target space. Undefined without a distribution. */
export function scoresChart ({ evaluation: { crossModel: { scores, operatingPoints } } }: Card): Chart | undefined {
  if (scores === undefined || scores === null) return undefined
  const { from, binWidth, nonMated, mated } = scores
  const to = from + binWidth * nonMated.length
  // A final point closes the last bin.
  const steps = (shares: readonly number[]) => [...shares, 0].map((share, k) => ({ x: from + k * binWidth, y: share }))
  const threshold = operatingPoints.find(({ fmr }) => fmr === drawnRate)?.threshold ?? null
  const isMated = mated.some(share => share > 0)
  return {
    x: { title: 'Score (cosine)', type: 'linear', domain: [from, to], format: '.2~f' },
    y: {
      title: 'Share of the comparisons',
      type: 'linear',
      domain: [0, 1.12 * Math.max(...nonMated, ...mated)],
      format: '~%'
    },
    series: [
      {
        name: 'different identities',
        colour: colours.second,
        dash: [4, 2],
        form: 'step',
        filled: true,
        points: steps(nonMated)
      },
      ...(isMated
        ? [{ name: 'same identity', colour: colours.first, form: 'step' as const, filled: true, points: steps(mated) }]
        : [])
    ],
    // The name is placed on the wider side of the line.
    rules: threshold === null
      ? []
      : [{
        x: threshold,
        name: `threshold at FMR ${drawnRate}`,
        side: threshold - from > to - threshold ? 'left' : 'right'
      }],
    legend: threshold !== null && threshold - from > to - threshold ? 'top-left' : 'top-right'
  }
}
