import type { Card } from '../../science/cards/card.js'
import { cmcChart } from './plots/cmc.js'
import type { Chart } from './plots/chart.js'
import { detChart } from './plots/det.js'
import { draw } from './plots/draw.js'
import { learningCurveChart } from './plots/learning-curve.js'
import { scoresChart } from './plots/scores.js'

/** The drawings of a card, as `svg` elements; undefined where the card has nothing to draw. */
export interface Figures {
  readonly det: string | undefined
  readonly scores: string | undefined
  readonly cmc: string | undefined
  readonly learningCurve: string | undefined
}

/** Draws one after the other and yields to the event loop in between: each takes some 10 ms of the only thread. */
export async function drawFigures (card: Card, sourceDimension: number): Promise<Figures> {
  return {
    det: await drawn(detChart(card)),
    scores: await drawn(scoresChart(card)),
    cmc: await drawn(cmcChart(card)),
    learningCurve: await drawn(learningCurveChart(card, sourceDimension))
  }
}

async function drawn (chart: Chart | undefined): Promise<string | undefined> {
  if (chart === undefined) return undefined
  await new Promise(resolve => setImmediate(resolve))
  return await draw(chart)
}
