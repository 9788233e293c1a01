// @ts-check
import { call } from './api.js'
import { byId, h, pageData, whenClicked } from './dom.js'
import { showProblem } from './problem.js'
import { words } from './words.js'

const text = words.galleries
const pause = 1000
const maxListed = 20

const address = () => `/v1/galleries/${pageData().gallery}`

/** A migration is listed once its job begins: how long it is looked for after it was asked for, in milliseconds. */
const patience = 60_000

/** @type {any} */
let timer
let awaitedUntil = 0

/** Leads through a migration: estimate, translate, look, commit or roll back, re-enrol. */
export function startMigrating () {
  whenClicked(byId('migrate-estimate'), () => {
    estimate().catch(refuse)
  })
  showMigrations().catch(refuse)
}

const pair = () => ({ source: byId('migrate-source').value, target: byId('migrate-target').value })

async function estimate () {
  if (pair().source === pair().target) return byId('migrate-status').replaceChildren(words.fit.sameModel)
  const order = pair()
  const { templates, map, card, shadow } = await call('POST', `${address()}/migrations`, {
    json: { ...order, dryRun: true }
  })
  const start = h('button', {
    type: 'button',
    class: 'primary',
    click: () => {
      call('POST', `${address()}/migrations`, { json: order, headers: { 'idempotency-key': crypto.randomUUID() } })
        .then(() => {
          awaitedUntil = Date.now() + patience
          return showMigrations()
        }).catch(refuse)
    }
  }, text.start)
  const rate = (/** @type {number | null | undefined} */ value) => value == null ? '–' : value.toFixed(3)
  const atCardRate = (/** @type {any} */ metrics) =>
    metrics.operatingPoints.find((/** @type {any} */ { fmr }) => fmr === card.fmr)?.tmr
  mark(1)
  byId('migrate-status').replaceChildren(
    h('p', {}, text.would(templates), ' ', h('a', { href: `/v1/maps/${map.id}/card` }, text.mapCard)),
    h(
      'dl',
      {},
      ...[
        [text.now, rate(card.now)],
        [text.after, rate(card.translated)],
        [text.reenrolled, rate(card.targetAlone)],
        ...shadow === null
          ? []
          : [[text.own(shadow.subjects), `${rate(atCardRate(shadow.before))} → ${rate(atCardRate(shadow.after))}`]]
      ].flatMap(([name, value]) => [h('dt', {}, name), h('dd', {}, value)])
    ),
    start
  )
}

/** Shows the migrations of the gallery, and how far an open one is. */
async function showMigrations () {
  clearTimeout(timer)
  const { migrations } = await call('GET', `${address()}/migrations`)
  byId('migrations').replaceChildren(...migrations.slice().reverse().slice(0, 5).map(show))
  const open = migrations.find((/** @type {any} */ { state }) => state === 'running' || state === 'ready')
  const last = migrations.at(-1)
  if (open !== undefined) mark(open.state === 'running' ? 2 : 3)
  else if (last?.state === 'committed') mark(5)
  if (open !== undefined) awaitedUntil = 0
  if (open?.state === 'running' || Date.now() < awaitedUntil) {
    timer = setTimeout(() => showMigrations().catch(refuse), pause)
  }
  if (last !== undefined && last.state !== 'rolled-back') await showReenrolments(last.target)
}

/** @param {any} migration */
function show ({ id, source, target, state, translated, unusable }) {
  const act = (/** @type {string} */ name, /** @type {string} */ label, sure = '') =>
    h('button', {
      type: 'button',
      click: () => {
        if (sure !== '' && !window.confirm(sure)) return
        call('POST', `${address()}/migrations/${id}/${name}`).then(showMigrations).catch(refuse)
      }
    }, label)
  const buttons = state === 'running'
    ? [act('resume', text.resume), act('rollback', text.rollBack)]
    : state === 'ready'
    ? [act('commit', text.commit, text.commitSure), act('rollback', text.rollBack)]
    : []
  return h(
    'p',
    {},
    text.migration(source, target, text.states[/** @type {keyof typeof text.states} */ (state)], translated, unusable),
    ' ',
    ...buttons.flatMap(button => [button, ' '])
  )
}

/** @param {string} model */
async function showReenrolments (model) {
  const { total, subjects, curve } = await call(
    'GET',
    `${address()}/reenrolments?model=${encodeURIComponent(model)}&limit=${maxListed}`
  )
  const fifth = curve.find((/** @type {any} */ { share }) => share >= 0.2)
  byId('reenrolments').replaceChildren(
    h('p', {}, text.toReenrol(total, model)),
    ...fifth === undefined ? [] : [h('p', {}, text.curve(fifth.share, fifth.uncertainty)), curveOf(curve)],
    h(
      'ol',
      {},
      ...subjects.map((/** @type {any} */ { subject, uncertainty }) =>
        h('li', {}, subject, uncertainty === null ? '' : ` ${uncertainty.toFixed(3)}`)
      )
    )
  )
}

/** @param {{ share: number, uncertainty: number }[]} curve */
function curveOf (curve) {
  const [width, height] = [240, 120]
  const points = curve.map(({ share, uncertainty }) =>
    `${(share * width).toFixed(1)} ${(height - uncertainty * height).toFixed(1)}`
  )
  return h(
    'svg',
    { viewBox: `-4 -4 ${width + 8} ${height + 8}`, class: 'curve', role: 'img', 'aria-label': text.curveLabel },
    h('path', { d: `M0 ${height}L${width} 0`, class: 'chance' }),
    h('path', { d: `M0 ${height}L${points.join('L')}`, class: 'gain' })
  )
}

/** @param {number} step the current one, from 1 */
function mark (step) {
  for (const [k, item] of [...byId('steps').children].entries()) {
    if (k + 1 === step) item.setAttribute('aria-current', 'step')
    else item.removeAttribute('aria-current')
  }
}

/** @param {any} error */
const refuse = (error) => byId('migrate-status').replaceChildren(showProblem(error))
