import { once } from '../../../memoised.js'
import type { Spec } from 'vega'
import { narrow, specification, wide, type Chart, type Room } from './chart.js'

/**
 * The engine, loaded with the first page: its import takes a quarter of a second. Vega draws SVG without a DOM, and its
 * specifications are data.
 */
const loadEngine = once(() => import('vega'))

/** A drawing: an `svg` element as text, its text escaped, and its size in its own units. */
export interface Drawing {
  readonly svg: string
  readonly width: number
  readonly height: number
}

/** The same drawn for a desk and for a telephone, so that its text is as large on both. */
export interface Drawings {
  readonly wide: Drawing
  readonly narrow: Drawing
}

/** Draws a chart in both widths. */
export const draw = async (chart: Chart): Promise<Drawings> =>
  await drawSpecification(room => specification(chart, room))

/**
 * Draws a Vega specification, like `draw`. Yields to the event loop before each: a drawing takes some 10 ms of the only
 * thread.
 */
export async function drawSpecification (specificationFor: (room: Room) => Spec): Promise<Drawings> {
  return { wide: await drawn(specificationFor(wide)), narrow: await drawn(specificationFor(narrow)) }
}

async function drawn (drawing: Spec): Promise<Drawing> {
  await new Promise(resolve => setImmediate(resolve))
  const { Error: errorsOnly, parse, View } = await loadEngine()
  const view = new View(parse(drawing), { renderer: 'none', logLevel: errorsOnly })
  try {
    return { svg: await view.toSVG(), ...sizeOf(drawing) }
  } finally {
    view.finalize()
  }
}

function sizeOf ({ width, height, padding }: Spec): { width: number, height: number } {
  const { left, right, top, bottom } = padding as { left: number, right: number, top: number, bottom: number }
  return { width: width as number + left + right, height: height as number + top + bottom }
}
