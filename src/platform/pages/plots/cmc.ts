import type { Card } from '../../../science/cards/card.js'
import type { IdentificationRates } from '../../../science/scores/identification.js'
import { colours, type Chart } from './chart.js'

/** Cumulative match characteristic: how often a mate is among the best candidates. Undefined without identification. */
export function cmcChart ({ evaluation }: Card): Chart | undefined {
  const pointsOf = (rates: IdentificationRates | null | undefined) =>
    (rates?.cmc ?? []).map(({ rank, rate }) => ({ x: rank, y: rate }))
  const { crossModel, sourceAlone, targetAlone } = evaluation
  const series = [
    { name: 'translated', colour: colours.first, points: pointsOf(crossModel.identification?.otherImages) },
    {
      name: 'with own image',
      colour: colours.fourth,
      dash: [10, 3, 2, 3],
      points: pointsOf(crossModel.identification?.sameImage)
    },
    {
      name: 'source alone',
      colour: colours.second,
      dash: [8, 3],
      points: pointsOf(sourceAlone.identification?.otherImages)
    },
    {
      name: 'target alone',
      colour: colours.third,
      dash: [2, 3],
      points: pointsOf(targetAlone.identification?.otherImages)
    }
  ].filter(({ points }) => points.length > 0)
  const points = series.flatMap(one => one.points)
  if (points.length === 0) return undefined
  const last = Math.max(2, ...points.map(({ x }) => x))
  const lowest = Math.max(0, Math.floor(10 * Math.min(0.99, ...points.map(({ y }) => y))) / 10)
  return {
    x: {
      title: 'Rank',
      type: 'log',
      domain: [1, last],
      values: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000].filter(rank => rank <= last),
      format: ','
    },
    y: { title: 'Identification rate', type: 'linear', domain: [lowest, 1], format: '.2~f' },
    series,
    legend: 'bottom-right'
  }
}
