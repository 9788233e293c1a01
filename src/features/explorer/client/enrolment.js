// @ts-check
import { call } from './api.js'
import { byId, h, pageData, whenChosen } from './dom.js'
import { filesOf, filesOfDrop, photographsOf } from './folder.js'
import { showProblem } from './problem.js'
import { words } from './words.js'

const text = words.galleries
const maxListed = 5

/** Enrols whoever is on the photographs that are dropped, under the names of their folders or files. */
export function startEnrolling () {
  whenChosen(byId('enrol-files'), files => enrol(filesOf(files)))
  const drop = byId('enrol-drop')
  drop.addEventListener('dragover', (/** @type {DragEvent} */ event) => event.preventDefault())
  drop.addEventListener('drop', (/** @type {DragEvent} */ event) => {
    event.preventDefault()
    if (event.dataTransfer !== null) filesOfDrop(event.dataTransfer).then(enrol)
  })
}

/** @param {import('./folder.js').Found[]} found */
async function enrol (found) {
  const photographs = photographsOf(found)
  const place = byId('enrol-status')
  if (photographs.length === 0) return place.replaceChildren(words.fit.noPhotographs)
  const bar = h('progress', { max: photographs.length, value: 0, 'aria-label': text.enrol })
  place.replaceChildren(bar)
  /** @type {string[]} */
  const refused = []
  let enrolled = 0
  for (const { file, sample, identity } of photographs) {
    const name = file.name.replace(/\.\w+$/, '')
    const query = new URLSearchParams({
      subject: identity ?? name,
      reference: identity === null ? '1' : name,
      models: byId('enrol-model').value
    })
    try {
      await call('POST', `/v1/galleries/${pageData().gallery}/images?${query}`, { body: file })
      enrolled++
    } catch (error) {
      if (/** @type {any} */ (error).problem?.code === undefined) return place.replaceChildren(showProblem(error))
      refused.push(`${sample}: ${/** @type {Error} */ (error).message}`)
    }
    bar.value++
  }
  place.replaceChildren(
    h('p', {}, text.enrolled(enrolled)),
    ...refused.length === 0
      ? []
      : [
        h('p', {}, words.fit.refused(refused.length)),
        h('ul', {}, ...refused.slice(0, maxListed).map(line => h('li', {}, line)))
      ],
    h('p', {}, h('a', { href: window.location.pathname }, text.showCounts))
  )
}
