// @ts-check
import { call } from './api.js'
import { byId, h, pageData, whenChosen } from './dom.js'
import { filesOfDrop } from './folder.js'
import { showProblem } from './problem.js'
import { oneIn, words } from './words.js'

const text = words.galleries
const candidates = 10

/** Searches the gallery for whoever is on a photograph. */
export function startSearching () {
  whenChosen(byId('search-files'), ([file]) => search(file))
  const drop = byId('search-drop')
  drop.addEventListener('dragover', (/** @type {DragEvent} */ event) => event.preventDefault())
  drop.addEventListener('drop', (/** @type {DragEvent} */ event) => {
    event.preventDefault()
    if (event.dataTransfer !== null) filesOfDrop(event.dataTransfer).then(([found]) => search(found?.file))
  })
}

/** @param {File | undefined} file */
async function search (file) {
  if (file === undefined) return
  const place = byId('search-status')
  place.replaceChildren(h('progress', { 'aria-label': text.searching }))
  try {
    const image = await asDataUri(file)
    place.replaceChildren(
      ...found(
        await call('POST', `/v1/galleries/${pageData().gallery}/identifications`, { json: { image, candidates } })
      )
    )
  } catch (error) {
    place.replaceChildren(showProblem(error))
  }
}

/** @param {Blob} file @returns {Promise<string>} */
function asDataUri (file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader()
    reader.addEventListener('load', () => resolve(String(reader.result)))
    reader.addEventListener('error', () => reject(reader.error))
    // The service recognises the format by its bytes, whatever the name of the file made the browser think.
    reader.readAsDataURL(file.slice(0, file.size, 'image/jpeg'))
  })
}

/** @param {any} identification */
function found ({ fpir, searches, results: [result] }) {
  const { groups } = searches[result.search]
  const best = result.candidates[0]
  const verdict = best === undefined || best.aboveThreshold === false
    ? h('p', {}, h('strong', {}, text.nobody), ` ${text.atFpir(oneIn(fpir))}`)
    : best.aboveThreshold === null
    ? h('p', {}, h('strong', {}, words.compare.undecided), ` ${text.noThreshold}`)
    : h('p', {}, h('strong', {}, best.subject), ` ${text.atFpir(oneIn(fpir))}`)
  if (best === undefined) return [verdict]
  return [
    verdict,
    h(
      'div',
      { class: 'table', role: 'group', 'aria-label': text.candidates, tabindex: 0 },
      h(
        'table',
        { class: 'words' },
        h('thead', {}, h('tr', {}, ...text.candidateColumns.map(name => h('th', { scope: 'col' }, name)))),
        h('tbody', {}, ...result.candidates.map((/** @type {any} */ candidate) => rowOf(candidate, groups)))
      )
    )
  ]
}

/** @param {any} candidate @param {any[]} groups */
function rowOf ({ rank, subject, score, aboveThreshold, group }, groups) {
  const { model, threshold } = groups[group]
  const number = (/** @type {number | null} */ value) => value === null ? '–' : value.toFixed(3)
  const meter = score === null || threshold === null
    ? ''
    : h('meter', {
      min: 0,
      max: 1,
      low: Math.max(0, threshold),
      high: Math.max(0, threshold),
      optimum: 1,
      value: score,
      'aria-label': text.score
    })
  const sign = aboveThreshold === null ? '–' : aboveThreshold ? `● ${text.above}` : `○ ${text.below}`
  return h(
    'tr',
    {},
    ...[String(rank), subject, sign, h('span', {}, number(score), ' ', meter), number(threshold), model]
      .map(content => h('td', {}, content))
  )
}
