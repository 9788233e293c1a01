import type { Axis, Data, Legend, Mark, Scale, Spec } from 'vega'

/** The room that a drawing has, in its own units, which are pixels where the page need not shrink it. */
export interface Room {
  readonly width: number
  readonly height: number
  readonly isNarrow: boolean
}

export const wide: Room = { width: 640, height: 360, isNarrow: false }
/** A telephone of 375 pixels, less the margins of the page. */
export const narrow: Room = { width: 343, height: 300, isNarrow: true }

/**
 * The meaning of the colours. They are custom properties of the page, so that one drawing serves light, dark and print.
 */
export const colours = {
  first: 'var(--series-1)',
  second: 'var(--series-2)',
  third: 'var(--series-3)',
  fourth: 'var(--series-4)',
  ink: 'var(--ink)'
} as const

interface AxisOptions {
  readonly title: string
  readonly type: 'linear' | 'log'
  readonly domain: readonly [number, number]
  /** positions of the ticks; chosen by the scale by default */
  readonly values?: readonly number[] | undefined
  /** d3-format specifier */
  readonly format: string
}

interface Point {
  readonly x: number
  readonly y: number
  /** lower and upper end of an interval around y */
  readonly lower?: number | undefined
  readonly upper?: number | undefined
}

export interface Series {
  /** legend label */
  readonly name: string
  readonly colour: string
  /** lengths of dash and gap: series differ by more than colour */
  readonly dash?: readonly number[] | undefined
  /** `line` by default; `step` holds each value until the next */
  readonly form?: 'line' | 'step' | undefined
  readonly marked?: boolean | undefined
  readonly filled?: boolean | undefined
  readonly points: readonly Point[]
}

/** A vertical line with a name. */
interface Rule {
  readonly x: number
  readonly name: string
  /** side of the line where the name is placed */
  readonly side: 'left' | 'right'
}

export interface Chart {
  readonly x: AxisOptions
  readonly y: AxisOptions
  readonly series: readonly Series[]
  readonly rules?: readonly Rule[] | undefined
  readonly legend?: 'top-left' | 'top-right' | 'bottom-left' | 'bottom-right' | undefined
}

/** Converts a chart to a Vega specification: scales, axes, one or two marks per series, and a legend. */
export function specification ({ x, y, series, rules = [], legend }: Chart, { width, height, isNarrow }: Room): Spec {
  // A legend needs the room of a curve where that is narrow: it stands above.
  const legendRows = isNarrow && legend !== undefined ? series.length : 0
  const padding = { left: isNarrow ? 68 : 80, right: 20, top: 12 + 20 * legendRows, bottom: 46 }
  return {
    width: width - padding.left - padding.right,
    height: height - 12 - padding.bottom,
    padding,
    autosize: 'none',
    data: series.map(dataOf),
    scales: [
      scaleOf('x', x),
      scaleOf('y', y),
      {
        name: 'colour',
        type: 'ordinal',
        domain: series.map(({ name }) => name),
        range: series.map(({ colour }) => colour)
      },
      {
        name: 'dash',
        type: 'ordinal',
        domain: series.map(({ name }) => name),
        range: series.map(({ dash }) => [...dash ?? [1, 0]]) as unknown as string[]
      }
    ],
    axes: [axisOf('x', x, isNarrow), axisOf('y', y, isNarrow)],
    marks: [...series.flatMap(marksOf), ...rules.flatMap(ruleMarks)],
    legends: legend === undefined ? [] : [legendOf(isNarrow ? 'top' : legend)]
  }
}

const dataName = (k: number) => `series-${k}`
const dataOf = ({ points }: Series, k: number): Data => ({
  name: dataName(k),
  values: points.map(point => ({ ...point }))
})

function scaleOf (name: 'x' | 'y', { type, domain }: AxisOptions): Scale {
  const range = name === 'x' ? 'width' as const : 'height' as const
  return type === 'log'
    ? { name, type, domain: [...domain], range }
    : { name, type, domain: [...domain], range, zero: false }
}

function axisOf (scale: 'x' | 'y', { title, values, format }: AxisOptions, isNarrow: boolean): Axis {
  return {
    scale,
    orient: scale === 'x' ? 'bottom' : 'left',
    title,
    format,
    ...(values === undefined ? { tickCount: isNarrow ? 4 : 6 } : { values: [...values] }),
    grid: true,
    gridColor: 'var(--grid)',
    domainColor: 'var(--muted)',
    tickColor: 'var(--muted)',
    labelColor: 'var(--ink)',
    titleColor: 'var(--ink)',
    labelFont: 'inherit',
    titleFont: 'inherit',
    labelFontSize: 12,
    titleFontSize: 13,
    titleFontWeight: 'normal',
    titlePadding: 8,
    labelOverlap: true,
    zindex: 0
  }
}

function legendOf (orient: NonNullable<Chart['legend']> | 'top'): Legend {
  return {
    direction: 'vertical',
    stroke: 'colour',
    strokeDash: 'dash',
    symbolType: 'stroke',
    symbolSize: 500,
    symbolStrokeWidth: 2,
    orient,
    offset: 8,
    padding: orient === 'top' ? 0 : 6,
    fillColor: 'var(--paper)',
    labelColor: 'var(--ink)',
    labelFont: 'inherit',
    labelFontSize: 12,
    labelLimit: 260
  }
}

function marksOf ({ colour, dash, form = 'line', marked = false, filled = false, points }: Series, k: number): Mark[] {
  const from = { data: dataName(k) }
  const position = { x: { scale: 'x', field: 'x' }, y: { scale: 'y', field: 'y' } }
  const interpolate = { value: form === 'step' ? 'step-after' as const : 'linear' as const }
  const marks: Mark[] = []
  if (filled) {
    marks.push({
      type: 'area',
      from,
      encode: {
        enter: {
          ...position,
          y2: { scale: 'y', value: 0 },
          interpolate,
          fill: { value: colour },
          fillOpacity: { value: 0.18 }
        }
      }
    })
  }
  if (points.some(({ lower }) => lower !== undefined)) {
    marks.push({
      type: 'rule',
      from,
      encode: {
        enter: {
          x: position.x,
          y: { scale: 'y', field: 'lower' },
          y2: { scale: 'y', field: 'upper' },
          stroke: { value: colour },
          strokeWidth: { value: 1.5 }
        }
      }
    })
  }
  marks.push({
    type: 'line',
    from,
    encode: {
      enter: {
        ...position,
        interpolate,
        stroke: { value: colour },
        strokeWidth: { value: 2 },
        ...(dash === undefined ? {} : { strokeDash: { value: [...dash] } })
      }
    }
  })
  if (marked) {
    marks.push({
      type: 'symbol',
      from,
      encode: { enter: { ...position, size: { value: 40 }, fill: { value: colour } } }
    })
  }
  return marks
}

function ruleMarks ({ x, name, side }: Rule): Mark[] {
  const at = { scale: 'x', value: x }
  const ink = { value: colours.ink }
  return [
    {
      type: 'rule',
      encode: {
        enter: {
          x: at,
          y: { value: 0 },
          y2: { field: { group: 'height' } },
          stroke: ink,
          strokeDash: { value: [4, 3] }
        }
      }
    },
    {
      type: 'text',
      encode: {
        enter: {
          x: { ...at, offset: side === 'left' ? -6 : 6 },
          y: { value: 14 },
          align: { value: side === 'left' ? 'right' : 'left' },
          text: { value: name },
          fill: ink,
          font: { value: 'inherit' },
          fontSize: { value: 12 }
        }
      }
    }
  ]
}

/** Powers of ten in a range, ends included. */
export function decades (lowest: number, highest: number): number[] {
  const [first, last] = [Math.ceil(Math.log10(lowest) - 1e-9), Math.floor(Math.log10(highest) + 1e-9)]
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, k) => Number(`1e${first + k}`))
}
