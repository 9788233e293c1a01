import type { Spec } from 'vega'
import { colours, type Room } from './chart.js'

const margins = {
  wide: { left: 140, right: 28, top: 12, bottom: 46 },
  narrow: { left: 104, right: 16, top: 12, bottom: 46 }
}
/** Vega estimates the width of a letter as 0.8 of the font size, about half as much again as its real width. */
const overestimate = 1.5
const rowHeight = 30

const ink = {
  labelColor: colours.ink,
  titleColor: colours.ink,
  labelFont: 'inherit',
  titleFont: 'inherit',
  labelFontSize: 12,
  titleFontSize: 13
} as const

/** Bars to the right for sources, to the left for sinks. */
export function asymmetrySpecification (
  bars: readonly { readonly model: string, readonly difference: number }[],
  { width, isNarrow }: Room
): Spec {
  const margin = isNarrow ? margins.narrow : margins.wide
  const labels = `${JSON.stringify(bars.map(({ model }) => model))}[datum.value]`
  const bound = Math.max(0.05, ...bars.map(({ difference }) => Math.abs(difference)))
  return {
    width: width - margin.left - margin.right,
    height: rowHeight * bars.length,
    padding: margin,
    autosize: 'none',
    data: [{
      name: 'bars',
      values: bars.map(({ difference }, row) => ({
        row,
        difference,
        colour: difference < 0 ? colours.second : colours.first
      }))
    }],
    scales: [
      { name: 'difference', type: 'linear', domain: [-bound, bound], range: 'width', nice: true },
      {
        name: 'row',
        type: 'band',
        domain: bars.map((_, row) => row),
        range: [0, rowHeight * bars.length],
        padding: 0.25
      }
    ],
    axes: axesOf(labels, margin.left, isNarrow),
    marks: [
      {
        type: 'rect',
        from: { data: 'bars' },
        encode: {
          enter: {
            x: { scale: 'difference', field: 'difference' },
            x2: { scale: 'difference', value: 0 },
            y: { scale: 'row', field: 'row' },
            height: { scale: 'row', band: 1 },
            fill: { field: 'colour' }
          }
        }
      },
      {
        type: 'rule',
        encode: {
          enter: {
            x: { scale: 'difference', value: 0 },
            y: { value: 0 },
            y2: { field: { group: 'height' } },
            stroke: { value: colours.ink }
          }
        }
      }
    ]
  }
}

/** @param labels Vega expression for the name of a row */
function axesOf (labels: string, left: number, isNarrow: boolean): NonNullable<Spec['axes']> {
  return [
    {
      scale: 'difference',
      orient: 'bottom',
      title: isNarrow ? 'TMR as source − as target' : 'Mean TMR as source − mean TMR as target',
      format: '+.2f',
      tickCount: isNarrow ? 3 : 6,
      grid: true,
      gridColor: 'var(--grid)',
      domainColor: 'var(--muted)',
      tickColor: 'var(--muted)',
      titleFontWeight: 'normal',
      titlePadding: 8,
      ...ink
    },
    {
      scale: 'row',
      orient: 'left',
      encode: { labels: { update: { text: { signal: labels } } } },
      ticks: false,
      domain: false,
      labelLimit: overestimate * (left - 10),
      labelPadding: 8,
      ...ink
    }
  ]
}
