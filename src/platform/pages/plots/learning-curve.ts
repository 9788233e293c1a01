import type { Card } from '../../../science/cards/card.js'
import { colours, type Chart } from './chart.js'

/**
 * The TMR of the map over the number of training pairs. Undefined with fewer than two points.
 * @param dimension of the source space: with fewer pairs, the penalty determines the weights
 */
export function learningCurveChart ({ learningCurve }: Card, dimension: number): Chart | undefined {
  const points = (learningCurve?.points ?? []).flatMap(({ pairs, tmr, interval }) =>
    tmr === null ? [] : [{ x: pairs, y: tmr, ...(interval === null ? { lower: tmr, upper: tmr } : interval) }]
  )
  if (points.length < 2) return undefined
  const [first, last] = [points[0]!.x, points.at(-1)!.x]
  return {
    x: {
      title: 'Pairs in training',
      type: 'log',
      domain: [first, last],
      values: points.map(({ x }) => x),
      format: ','
    },
    y: { title: `TMR at FMR ${learningCurve!.fmr}`, type: 'linear', domain: [0, 1], format: '.1f' },
    series: [{ name: 'TMR', colour: colours.first, marked: true, points }],
    rules: dimension >= first && dimension <= last
      ? [{
        x: dimension,
        name: `as many as dimensions, ${dimension}`,
        side: dimension * dimension > first * last ? 'left' : 'right'
      }]
      : []
  }
}
