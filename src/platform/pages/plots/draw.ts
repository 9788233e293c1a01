import { once } from '../../../memoised.js'
import type { Spec } from 'vega'
import { specification, type Chart } from './chart.js'

/**
 * The engine, loaded with the first page: its import takes a quarter of a second. Vega draws SVG without a DOM, and its
 * specifications are data.
 */
const loadEngine = once(() => import('vega'))

/** Draws a chart. @returns an `svg` element as text; its text is escaped */
export async function draw (chart: Chart): Promise<string> {
  return await drawSpecification(specification(chart))
}

/** Draws a Vega specification, like `draw`. */
export async function drawSpecification (drawing: Spec): Promise<string> {
  const { Error: errorsOnly, parse, View } = await loadEngine()
  const view = new View(parse(drawing), { renderer: 'none', logLevel: errorsOnly })
  try {
    return await view.toSVG()
  } finally {
    view.finalize()
  }
}
