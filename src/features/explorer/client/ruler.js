// @ts-check
import { h } from './dom.js'
import { oneIn, words } from './words.js'

/**
 * @typedef {{ from: number, binWidth: number, nonMated: number[], mated: number[] }} Distribution
 * @typedef {{ fmr: number, threshold: number | null }} Threshold
 */

const height = 176
const margin = { left: 8, right: 8, top: 58, bottom: 34 }

/**
 * The score on the scale of all scores: the distributions of strangers and of the same person behind it, the threshold
 * of each rate above it. Drawn for the width it has, so that its text is as large as that of the page.
 *
 * @param {{ width: number, score: number | null, chosen: number, thresholds: Threshold[],
 *   distribution: Distribution | undefined }} what
 */
export function drawRuler ({ width, score, chosen, thresholds, distribution }) {
  const known = thresholds.flatMap(({ fmr, threshold }) => threshold === null ? [] : [{ fmr, threshold }])
  const marks = [...known.map(({ threshold }) => threshold), ...score === null ? [] : [score]]
  const { from, to } = spanOf(distribution, marks)
  const x = (/** @type {number} */ value) =>
    margin.left + (value - from) / (to - from) * (width - margin.left - margin.right)
  const base = height - margin.bottom
  const label = `${words.compare.ruler}.` + (score === null ? '' : ` ${words.compare.score} ${score.toFixed(2)}.`)
  return h(
    'svg',
    { viewBox: `0 0 ${width} ${height}`, width, height, role: 'img', 'aria-label': label, class: 'ruler' },
    ...distribution === undefined ? [] : [
      area(distribution, distribution.nonMated, 'strangers', x, base),
      area(distribution, distribution.mated, 'same', x, base)
    ],
    h('line', { x1: margin.left, x2: width - margin.right, y1: base, y2: base, class: 'axis' }),
    ...ticks(from, to).map(value =>
      h('text', { x: x(value), y: base + 16, 'text-anchor': 'middle', class: 'tick' }, String(value))
    ),
    ...thresholdMarks(known, chosen, x, base),
    ...score === null ? [] : [
      h('line', { x1: x(score), x2: x(score), y1: margin.top - 8, y2: base, class: 'score-line' }),
      h('circle', { cx: x(score), cy: base, r: 7, class: 'score' })
    ]
  )
}

/** @param {Distribution | undefined} distribution @param {number[]} marks */
function spanOf (distribution, marks) {
  const ends = distribution === undefined
    ? [-0.2, 1]
    : [distribution.from, distribution.from + distribution.binWidth * distribution.nonMated.length]
  const all = [...ends, ...marks]
  const [least, most] = [Math.min(...all), Math.max(...all)]
  const slack = 0.03 * (most - least)
  return { from: least - slack, to: most + slack }
}

/**
 * A distribution as an area of steps, each on a scale of its own: strangers make far more comparisons.
 *
 * @param {Distribution} distribution @param {number[]} shares @param {string} kind
 * @param {(value: number) => number} x @param {number} base
 */
function area ({ from, binWidth }, shares, kind, x, base) {
  const most = Math.max(...shares)
  if (!(most > 0)) return null
  const y = (/** @type {number} */ share) => base - share / most * (base - margin.top)
  const steps = shares.map((share, k) => `V${y(share).toFixed(1)}H${x(from + (k + 1) * binWidth).toFixed(1)}`)
  return h('path', { d: `M${x(from).toFixed(1)} ${base}${steps.join('')}V${base}Z`, class: `area ${kind}` })
}

/** @param {number} from @param {number} to */
function ticks (from, to) {
  const step = [0.1, 0.2, 0.5].find(step => (to - from) / step <= 7) ?? 1
  const first = Math.ceil(from / step)
  return Array.from({ length: Math.floor(to / step) - first + 1 }, (_, k) => Number(((first + k) * step).toFixed(1)))
}

/**
 * The thresholds, each with its name to its left. The highest stands on top, so that no line crosses a name.
 *
 * @param {{ fmr: number, threshold: number }[]} known @param {number} chosen
 * @param {(value: number) => number} x @param {number} base
 */
function thresholdMarks (known, chosen, x, base) {
  return [...known].sort((a, b) => a.fmr - b.fmr).flatMap(({ fmr, threshold }, k) => {
    const at = x(threshold)
    const y = 14 + 15 * k
    // Where there is no room to its left, to its right.
    const left = at > 110
    const kind = fmr === chosen ? 'threshold chosen' : 'threshold'
    return [
      h('line', { x1: at, x2: at, y1: y - 9, y2: base, class: kind }),
      h(
        'text',
        { x: at + (left ? -5 : 5), y, 'text-anchor': left ? 'end' : 'start', class: kind },
        `${oneIn(fmr)}: ${threshold.toFixed(2)}`
      )
    ]
  })
}
