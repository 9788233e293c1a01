import type { Card } from '../../../science/cards/card.js'
import { colours, decades, type Chart, type Series } from './chart.js'

/** The curve omits points without rejections: a logarithmic axis has no zero. */
const minDrawn = 1e-4

/**
 * Detection error trade-off: false non-match rate over false match rate, both logarithmic. Undefined without curves.
 */
export function detChart ({ evaluation, comparison }: Card): Chart | undefined {
  const curve = (
    name: string,
    det: typeof evaluation.crossModel.det,
    style: Pick<Series, 'colour' | 'dash'>
  ): Series => ({
    name,
    ...style,
    points: (det ?? []).filter(({ fnmr }) => fnmr >= minDrawn).map(({ fmr, fnmr }) => ({ x: fmr, y: fnmr }))
  })
  const series: Series[] = [
    curve('translated', evaluation.crossModel.det, { colour: colours.first }),
    curve('source alone', evaluation.sourceAlone.det, { colour: colours.second, dash: [8, 3] }),
    curve('target alone', evaluation.targetAlone.det, { colour: colours.third, dash: [2, 3] }),
    curve('without a map', evaluation.unaligned.det, { colour: colours.fourth, dash: [10, 3, 2, 3] }),
    {
      name: 'comparison space',
      colour: colours.ink,
      marked: true,
      points: (comparison?.evaluation.operatingPoints ?? []).flatMap(({ fmr, fnmr }) =>
        fnmr === null || fnmr < minDrawn ? [] : [{ x: fmr, y: fnmr }]
      )
    }
  ].filter(({ points }) => points.length > 0)
  if (!series.some(({ name }) => name !== 'comparison space')) return undefined
  const points = series.flatMap(one => one.points)
  const x = [Math.min(...points.map(point => point.x)), 0.5] as const
  const y = [Math.min(0.1, ...points.map(point => point.y)), 1] as const
  return {
    x: { title: 'False match rate', type: 'log', domain: x, values: decades(...x), format: '~g' },
    y: {
      title: 'False non-match rate',
      type: 'log',
      domain: y,
      values: [1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001, 1e-4].filter(value => value >= y[0]),
      format: '~g'
    },
    series,
    legend: 'bottom-left'
  }
}
