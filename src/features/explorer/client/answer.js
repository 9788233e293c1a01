// @ts-check
import { call } from './api.js'
import { h } from './dom.js'
import { showProblem } from './problem.js'
import { drawRuler } from './ruler.js'
import { asCurl, asPython, asTypeScript } from './snippets.js'
import { oneIn, words } from './words.js'

/**
 * @typedef {{ file: string, model: string }} Side
 * @typedef {{ verify: (probe: string, reference: string, fmr: number) => Promise<any>, fmr: number, probe: Side,
 *   reference: Side, data: any, choosePair: (probe: string, reference: string) => void,
 *   isCurrent: () => boolean }} Asked
 */

const text = words.compare
const rates = [1e-2, 1e-3, 1e-4]

/**
 * Compares and shows what came of it: a sentence first, then the ruler, every figure, every model, and the code.
 *
 * @param {HTMLElement} place @param {Asked} asked
 */
export async function showAnswer (place, asked) {
  const { verify, fmr, probe, reference, isCurrent, data } = asked
  try {
    const result = await verify(probe.model, reference.model, fmr)
    if (!isCurrent()) return
    const ruler = h('div', { class: 'ruler-place' })
    const matrix = h('div', {})
    place.replaceChildren(
      sentence(result),
      ruler,
      whereCompared(result),
      figures(result),
      h('h3', {}, text.matrix),
      matrix,
      codes(asked)
    )
    await Promise.all([showRuler(ruler, asked, result), showMatrix(matrix, asked)])
  } catch (error) {
    if (!isCurrent()) return
    place.replaceChildren(showProblem(error), ...data.models.embedding.length > 1 ? [matrixOf(asked)] : [])
  }
}

/** @param {any} result of a verification */
function sentence ({ decision, fmr, calibration }) {
  const said = decision === 'match' ? text.match : decision === 'non-match' ? text.nonMatch : text.undecided
  const kind = decision === 'match' ? 'usable' : decision === 'non-match' ? 'unfit' : 'degraded'
  return h(
    'div',
    { class: `verdict ${kind}`, id: 'verdict' },
    h('p', {}, h('strong', {}, said), decision === null ? '' : ` ${text.at(fmr)}`),
    h(
      'p',
      { class: 'note' },
      decision !== null ? text.meaning(fmr) : calibration === null ? text.uncalibrated : text.unsupported
    )
  )
}

/** @param {any} map */
const cardLink = ({ id, source, target, version }) =>
  h('a', { href: `/v1/maps/${encodeURIComponent(id)}/card` }, text.map(source, target, version))

/** @param {any} result */
function whereCompared ({ map, comparisonSpace: { kind, model }, calibration }) {
  if (map !== null) {
    return h('p', {}, kind === 'shared' ? text.sharedSpace : text.nativeSpace(model), ' ', cardLink(map), '.')
  }
  return h(
    'p',
    {},
    text.ownSpace(model),
    ...calibration === null ? [] : [` ${text.calibratedBy} `, cardLink(calibration.map), '.']
  )
}

/** @param {any} result */
function figures ({ score, threshold, logLikelihoodRatio, interval, support, guard, fmr }) {
  const number = (/** @type {number | null} */ value, digits = 4) => value === null ? '–' : value.toFixed(digits)
  const rows = [
    [text.score, number(score)],
    [`${text.threshold}, ${oneIn(fmr)}`, number(threshold)],
    [text.likelihood, number(logLikelihoodRatio, 2)],
    [text.interval, interval === null ? '–' : `${interval.lower} – ${interval.upper}`],
    [text.support, support],
    [text.guard, guard.checked === 0 ? text.guardOff : `${guard.flagged.length} ${text.of} ${guard.checked}`]
  ]
  return h(
    'details',
    {},
    h('summary', {}, text.figures),
    h('dl', {}, ...rows.flatMap(([name, value]) => [h('dt', {}, name), h('dd', {}, value)]))
  )
}

/** @param {HTMLElement} place @param {Asked} asked @param {any} result */
async function showRuler (place, { verify, fmr, probe, reference, data, isCurrent }, result) {
  if (result.score === null) {
    place.replaceChildren(h('p', { class: 'note' }, text.withheld))
    return
  }
  // Each comparison counts in the budget of a key that has one.
  const others = data.budgeted ? [] : rates.filter(rate => rate !== fmr)
  const [distribution, ...further] = await Promise.all([
    distributionOf(result).catch(() => undefined),
    ...others.map(rate => verify(probe.model, reference.model, rate).catch(() => null))
  ])
  if (!isCurrent()) return
  const thresholds = [result, ...further].filter(each => each !== null)
    .map(({ fmr, threshold }) => ({ fmr, threshold }))
  const draw = () =>
    place.replaceChildren(
      drawRuler({ width: place.clientWidth, score: result.score, chosen: result.fmr, thresholds, distribution }),
      legend(result, distribution)
    )
  draw()
  let drawn = place.clientWidth
  new ResizeObserver(() => {
    if (place.clientWidth === drawn || place.clientWidth === 0) return
    drawn = place.clientWidth
    draw()
  }).observe(place)
}

/** @param {any} result @param {any} distribution */
function legend ({ score }, distribution) {
  const entry = (/** @type {string} */ kind, /** @type {string} */ name) =>
    h('span', { class: 'entry' }, h('span', { class: `swatch ${kind}` }), name)
  return h(
    'p',
    { class: 'legend note' },
    entry('score', `${text.score} ${score.toFixed(2)}`),
    ...distribution === undefined ? [] : [entry('strangers', text.strangers), entry('same', text.same)]
  )
}

/**
 * The distribution of scores in the space of the comparison, from the card of its map.
 * @param {any} result
 */
async function distributionOf ({ map, calibration, probe }) {
  const { id } = map ?? calibration?.map ?? {}
  if (id === undefined) return undefined
  const { card, source } = await call('GET', `/v1/maps/${encodeURIComponent(id)}`)
  const metrics = map !== null
    ? card.comparison?.evaluation ?? card.evaluation.crossModel
    : source.fingerprint === probe.fingerprint
    ? card.evaluation.sourceAlone
    : card.evaluation.targetAlone
  return metrics.scores ?? undefined
}

/** @param {HTMLElement} place @param {Asked} asked */
async function showMatrix (place, asked) {
  const { data: { models: { embedding }, budgeted } } = asked
  if (!budgeted) {
    place.replaceChildren(matrixOf(asked))
    return
  }
  const show = () => place.replaceChildren(matrixOf(asked))
  place.replaceChildren(h('button', { type: 'button', click: show }, text.matrixBudget(embedding.length ** 2)))
}

/** Every model against every model for this pair; cells fill as their answers come. @param {Asked} asked */
function matrixOf ({ verify, fmr, probe, reference, data: { models: { embedding } }, choosePair, isCurrent }) {
  const cell = (/** @type {string} */ a, /** @type {string} */ b) => {
    const button = h('button', { type: 'button', click: () => choosePair(a, b) }, '…')
    const isChosen = a === probe.model && b === reference.model
    if (isChosen) button.setAttribute('aria-current', 'true')
    return { a, b, button, element: h('td', {}, button) }
  }
  const rows = embedding.map((/** @type {string} */ a) => embedding.map((/** @type {string} */ b) => cell(a, b)))
  fill(rows.flat(), ({ a, b }) => verify(a, b, fmr), isCurrent)
  return h(
    'div',
    { class: 'table', role: 'group', 'aria-label': text.matrix, tabindex: 0 },
    h(
      'table',
      { class: 'pairs' },
      h('caption', {}, text.matrixHint),
      h(
        'thead',
        {},
        h('tr', {}, h('td', {}), ...embedding.map((/** @type {string} */ b) => h('th', { scope: 'col' }, b)))
      ),
      h(
        'tbody',
        {},
        ...rows.map((/** @type {any[]} */ row, /** @type {number} */ k) =>
          h('tr', {}, h('th', { scope: 'row' }, embedding[k]), ...row.map(({ element }) => element))
        )
      )
    )
  )
}

/** At most this many comparisons at once: whoever else uses the service waits behind them. */
const atOnce = 3

/** @param {any[]} cells @param {(cell: any) => Promise<any>} verify @param {() => boolean} isCurrent */
async function fill (cells, verify, isCurrent) {
  const left = [...cells]
  const work = async () => {
    for (let cell = left.shift(); cell !== undefined && isCurrent(); cell = left.shift()) {
      const result = await verify(cell).catch(() => null)
      const { button, a, b, element } = cell
      const [sign, name, kind] = result === null
        ? ['–', text.noMap, '']
        : result.decision === 'match'
        ? ['●', text.match, 'usable']
        : result.decision === 'non-match'
        ? ['○', text.nonMatch, 'unfit']
        : ['–', text.undecided, 'degraded']
      const score = typeof result?.score === 'number' ? ` ${result.score.toFixed(2)}` : ''
      button.textContent = `${sign}${score}`
      button.setAttribute('aria-label', `${a}, ${b}: ${name}${score}`)
      button.title = name
      if (kind !== '') element.classList.add(kind)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, work))
}

/** @param {Asked} asked */
function codes ({ probe, reference, fmr, data: { keys } }) {
  const comparison = { address: window.location.origin, keys, probe, reference, fmr }
  const languages = [['curl', asCurl], ['TypeScript', asTypeScript], ['Python', asPython]]
  return h(
    'div',
    { class: 'codes' },
    h('h3', {}, text.code),
    h('p', { class: 'note' }, text.largest),
    ...languages.map(([name, write]) => {
      const code = /** @type {typeof asCurl} */ (write)(comparison)
      const copy = h('button', {
        type: 'button',
        click: () => navigator.clipboard?.writeText(code).then(() => copy.replaceChildren(text.copied))
      }, text.copy)
      return h(
        'details',
        {},
        h('summary', {}, /** @type {string} */ (name)),
        h('pre', { tabindex: 0, 'data-language': /** @type {string} */ (name) }, h('code', {}, code)),
        copy
      )
    })
  )
}
