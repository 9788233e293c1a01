import type { Card } from '../../science/cards/card.js'
import { cmcChart } from './plots/cmc.js'
import type { Chart } from './plots/chart.js'
import { detChart } from './plots/det.js'
import { draw, type Drawings } from './plots/draw.js'
import { learningCurveChart } from './plots/learning-curve.js'
import { scoresChart } from './plots/scores.js'

/** The drawings of a card; undefined where it has nothing to draw. */
export interface Figures {
  readonly det: Drawings | undefined
  readonly scores: Drawings | undefined
  readonly cmc: Drawings | undefined
  readonly learningCurve: Drawings | undefined
}

export async function drawFigures (card: Card, sourceDimension: number): Promise<Figures> {
  return {
    det: await drawn(detChart(card)),
    scores: await drawn(scoresChart(card)),
    cmc: await drawn(cmcChart(card)),
    learningCurve: await drawn(learningCurveChart(card, sourceDimension))
  }
}

const drawn = async (chart: Chart | undefined): Promise<Drawings | undefined> =>
  chart === undefined ? undefined : await draw(chart)
