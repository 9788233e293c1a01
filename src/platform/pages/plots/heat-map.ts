import type { Axis, Mark, Spec } from 'vega'
import { colours, type Room } from './chart.js'

/** Rates of every model against every model, by rows (probes) and columns (references); null where unknown. */
export interface HeatMapPanel {
  readonly title: string
  readonly rates: readonly (readonly (number | null)[])[]
}

const margins = {
  wide: { left: 132, right: 10, top: 34, bottom: 104 },
  narrow: { left: 96, right: 8, top: 30, bottom: 84 }
}
/** Vega estimates the width of a letter as 0.8 of the font size, about half as much again as its real width. */
const overestimate = 1.5
const gap = 16
const maxCell = 64

/** Maximum opacity at which text on the colour stays readable in light and dark. */
const maxStrength = 0.55

/**
 * Heat maps of the same models, side by side or, where that is too narrow, one above the other. A cell is coloured by
 * its rate, from 0 to 1, and states it.
 */
export function heatMapSpecification (
  models: readonly string[],
  panels: readonly HeatMapPanel[],
  { width, isNarrow }: Room
): Spec {
  const margin = isNarrow ? margins.narrow : margins.wide
  const abreast = isNarrow ? 1 : panels.length
  const inner = width - margin.left - margin.right
  const cell = Math.min(maxCell, Math.floor(((inner - gap * (abreast - 1)) / abreast) / models.length))
  const side = cell * models.length
  /** from the top of one panel to that of the next below */
  const pitch = side + margin.top + margin.bottom
  // Keyed by position: models have unique names, but a name may be any text.
  const domain = models.map((_, m) => m)
  const labels = `${JSON.stringify(models)}[datum.value]`
  const text = { font: { value: 'inherit' }, fill: { value: colours.ink } } as const
  return {
    width: inner,
    height: isNarrow ? (panels.length - 1) * pitch + side : side,
    padding: margin,
    autosize: 'none',
    data: panels.map(({ rates }, p) => ({
      name: `panel-${p}`,
      values: rates.flatMap((row, probe) =>
        row.map((rate, reference) => ({
          probe,
          reference,
          rate: rate ?? 0,
          text: rate === null ? '–' : rate.toFixed(cell < 36 ? 2 : 3)
        }))
      )
    })),
    scales: [
      { name: 'row', type: 'band', domain, range: [0, side] },
      { name: 'column', type: 'band', domain, range: [0, side] },
      { name: 'strength', type: 'linear', domain: [0, 1], range: [0, maxStrength], clamp: true }
    ],
    marks: panels.map(({ title }, p): Mark => ({
      type: 'group',
      encode: {
        enter: {
          x: { value: isNarrow ? 0 : p * (side + gap) },
          y: { value: isNarrow ? p * pitch : 0 },
          width: { value: side },
          height: { value: side }
        }
      },
      axes: [axisOf('column', labels, margin), ...p === 0 || isNarrow ? [axisOf('row', labels, margin)] : []],
      marks: [
        {
          type: 'rect',
          from: { data: `panel-${p}` },
          encode: {
            enter: {
              x: { scale: 'column', field: 'reference' },
              y: { scale: 'row', field: 'probe' },
              width: { scale: 'column', band: 1 },
              height: { scale: 'row', band: 1 },
              fill: { value: colours.first },
              fillOpacity: { scale: 'strength', field: 'rate' },
              stroke: { value: 'var(--grid)' }
            }
          }
        },
        {
          type: 'text',
          from: { data: `panel-${p}` },
          encode: {
            enter: {
              x: { scale: 'column', field: 'reference', band: 0.5 },
              y: { scale: 'row', field: 'probe', band: 0.5 },
              align: { value: 'center' },
              baseline: { value: 'middle' },
              fontSize: { value: Math.max(isNarrow ? 11 : 7, Math.min(13, Math.floor(cell / 3.2))) },
              text: { field: 'text' },
              ...text
            }
          }
        },
        {
          type: 'text',
          encode: {
            enter: {
              x: { value: side / 2 },
              y: { value: -12 },
              align: { value: 'center' },
              fontSize: { value: 13 },
              text: { value: title },
              ...text
            }
          }
        }
      ]
    }))
  }
}

function axisOf (
  scale: 'row' | 'column',
  labels: string,
  margin: { readonly left: number, readonly bottom: number }
): Axis {
  return {
    scale,
    orient: scale === 'row' ? 'left' : 'bottom',
    encode: { labels: { update: { text: { signal: labels } } } },
    ticks: false,
    domain: false,
    labelColor: colours.ink,
    labelFont: 'inherit',
    labelFontSize: 12,
    labelLimit: overestimate * (scale === 'row' ? margin.left - 8 : margin.bottom + 16),
    labelPadding: 6,
    ...(scale === 'row' ? {} : { labelAngle: -45, labelAlign: 'right', labelBaseline: 'middle' })
  }
}
