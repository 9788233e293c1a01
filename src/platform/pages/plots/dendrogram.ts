import type { Spec } from 'vega'
import type { Dendrogram } from '../../../science/cards/clustering.js'
import { colours, type Room } from './chart.js'

const margins = {
  wide: { left: 16, right: 150, top: 12, bottom: 46 },
  narrow: { left: 12, right: 104, top: 12, bottom: 46 }
}
/** Vega estimates the width of a letter as 0.8 of the font size, about half as much again as its real width. */
const overestimate = 1.5
const rowHeight = 30

interface Segment {
  readonly x: number
  readonly y: number
  readonly x2: number
  readonly y2: number
}

/**
 * The lines of a dendrogram that grows to the left: x is the distance, y the position of a model in leaf order, from 0.
 */
function branches ({ merges, order }: Dendrogram): Segment[] {
  const places = order.map(() => ({ x: 0, y: 0 })) // of models, then of clusters
  order.forEach((model, position) => {
    places[model] = { x: 0, y: position }
  })
  return merges.flatMap(({ left, right, height }) => {
    const [a, b] = [places[left]!, places[right]!]
    places.push({ x: height, y: (a.y + b.y) / 2 })
    return [
      { x: a.x, y: a.y, x2: height, y2: a.y },
      { x: b.x, y: b.y, x2: height, y2: b.y },
      { x: height, y: a.y, x2: height, y2: b.y }
    ]
  })
}

const label = { fill: { value: colours.ink }, font: { value: 'inherit' }, fontSize: { value: 12 } }

/** Branches, and the names of the models at their ends. */
const marksOf = (right: number): NonNullable<Spec['marks']> => [
  {
    type: 'rule',
    from: { data: 'branches' },
    encode: {
      enter: {
        x: { scale: 'distance', field: 'x' },
        y: { scale: 'position', field: 'y' },
        x2: { scale: 'distance', field: 'x2' },
        y2: { scale: 'position', field: 'y2' },
        stroke: { value: colours.first },
        strokeWidth: { value: 2 },
        strokeCap: { value: 'square' }
      }
    }
  },
  {
    type: 'text',
    from: { data: 'leaves' },
    encode: {
      enter: {
        x: { field: { group: 'width' }, offset: 8 },
        y: { scale: 'position', field: 'position' },
        baseline: { value: 'middle' },
        limit: { value: overestimate * (right - 12) },
        text: { field: 'name' },
        ...label
      }
    }
  }
]

/** A dendrogram with the models on the right. */
export function dendrogramSpecification (
  models: readonly string[],
  dendrogram: Dendrogram,
  { width, isNarrow }: Room
): Spec {
  const margin = isNarrow ? margins.narrow : margins.wide
  return {
    width: width - margin.left - margin.right,
    height: rowHeight * models.length,
    padding: margin,
    autosize: 'none',
    data: [
      { name: 'branches', values: branches(dendrogram) },
      { name: 'leaves', values: dendrogram.order.map((model, position) => ({ position, name: models[model]! })) }
    ],
    scales: [
      { name: 'distance', type: 'linear', domain: [0, 1], range: 'width', reverse: true },
      {
        name: 'position',
        type: 'linear',
        domain: [-0.5, models.length - 0.5],
        range: [0, rowHeight * models.length],
        zero: false
      }
    ],
    axes: [{
      scale: 'distance',
      orient: 'bottom',
      title: isNarrow ? 'Distance, 1 − mean TMR' : 'Distance, 1 − mean TMR of both directions',
      format: '.1f',
      grid: true,
      gridColor: 'var(--grid)',
      domainColor: 'var(--muted)',
      tickColor: 'var(--muted)',
      labelColor: colours.ink,
      titleColor: colours.ink,
      labelFont: 'inherit',
      titleFont: 'inherit',
      labelFontSize: 12,
      titleFontSize: 13,
      titleFontWeight: 'normal',
      titlePadding: 8
    }],
    marks: marksOf(margin.right)
  }
}
