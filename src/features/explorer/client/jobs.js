// @ts-check
import { call } from './api.js'
import { byId, h } from './dom.js'
import { words } from './words.js'

const text = words.jobs

/** Milliseconds between two looks: at work, and at rest. A browser has too few connections for a stream of each. */
const [busyPause, idlePause] = [1000, 10_000]
const shown = 10

/** @type {any} */
let timer

/** Shows the newest jobs from now on, and how far they are. */
export async function followJobs () {
  clearTimeout(timer)
  const place = byId('jobs')
  try {
    const { jobs } = await call('GET', `/v1/jobs?limit=${shown}`)
    place.replaceChildren(jobs.length === 0 ? h('p', { class: 'note' }, text.none) : tableOf(jobs))
    const isBusy = jobs.some((/** @type {any} */ { endedAt }) => endedAt === null)
    timer = setTimeout(followJobs, isBusy ? busyPause : idlePause)
  } catch (error) {
    place.replaceChildren(h('p', { class: 'problem' }, /** @type {Error} */ (error).message))
    timer = setTimeout(followJobs, idlePause)
  }
}

/** @param {any[]} jobs */
function tableOf (jobs) {
  return h(
    'div',
    { class: 'table', role: 'group', 'aria-label': text.title, tabindex: 0 },
    h(
      'table',
      { class: 'words' },
      h(
        'thead',
        {},
        h('tr', {}, ...text.columns.map(name => name === '' ? h('td', {}) : h('th', { scope: 'col' }, name)))
      ),
      h('tbody', {}, ...jobs.map(rowOf))
    )
  )
}

/** @param {any} job */
function rowOf ({ id, kind, state, progress: { stage, fraction }, createdAt, endedAt, result, problem }) {
  const cancel = () => {
    call('DELETE', `/v1/jobs/${id}`).then(followJobs, followJobs)
  }
  const progress = endedAt === null
    ? h('span', {}, h('progress', { max: 1, value: fraction, 'aria-label': `${kind}: ${stage}` }), ` ${stage}`)
    : problem === null
    ? pageOf(result)
    : h('span', {}, h('a', { href: problem.type }, problem.title), ` ${problem.detail ?? ''}`)
  const cells = [
    text.kinds[/** @type {keyof typeof text.kinds} */ (kind)] ?? kind,
    text.states[/** @type {keyof typeof text.states} */ (state)] ?? state,
    progress,
    new Date(createdAt).toLocaleString(),
    endedAt === null ? h('button', { type: 'button', click: cancel }, text.cancel) : ''
  ]
  return h('tr', {}, ...cells.map(cell => h('td', {}, cell)))
}

/** The page of a result, where there is one. @param {string | null} result */
function pageOf (result) {
  if (result === null) return ''
  const page = /^\/v1\/maps\/[^/]+$/.test(result)
    ? `${result}/card`
    : /^\/v1\/evaluations\/[^/]+$/.test(result)
    ? `${result}/page`
    : result
  return h('a', { href: page }, text.result)
}
