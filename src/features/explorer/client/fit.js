// @ts-check
import { call } from './api.js'
import { byId, h, pageData, whenChosen, whenSubmitted } from './dom.js'
import { filesOf, filesOfDrop, photographsOf } from './folder.js'
import { followJobs } from './jobs.js'
import { showProblem } from './problem.js'
import { words } from './words.js'

const text = words.fit

/** Photographs that are sent at once: as many as the service reads side by side on a small machine. */
const atOnce = 2
/** Refusals that are listed; the others are counted. */
const maxListed = 5

/** @type {import('./folder.js').Photograph[]} */
let photographs = []

/** Brings the form to life that fits a map on a folder of photographs. */
export function startFitting () {
  const drop = byId('fit-drop')
  whenChosen(byId('fit-files'), files => choose(filesOf(files)))
  drop.addEventListener('dragover', (/** @type {DragEvent} */ event) => event.preventDefault())
  drop.addEventListener('drop', (/** @type {DragEvent} */ event) => {
    event.preventDefault()
    if (event.dataTransfer !== null) filesOfDrop(event.dataTransfer).then(choose, refuse)
  })
  whenSubmitted(byId('fit-form'), () => {
    fit().catch(refuse)
  })
}

/** @param {import('./folder.js').Found[]} found */
function choose (found) {
  photographs = photographsOf(found)
  const people = new Set(photographs.map(({ identity }) => identity).filter(identity => identity !== null)).size
  say(photographs.length === 0 ? text.noPhotographs : text.chosen(photographs.length, people))
}

/** Sends every photograph into a new corpus, and asks for a map that is fitted on it. */
async function fit () {
  const [source, target] = [byId('fit-source').value, byId('fit-target').value]
  if (source === target) return say(text.sameModel)
  if (photographs.length === 0) return say(text.noPhotographs)
  const { id } = await call('POST', '/v1/corpora', {
    json: { name: byId('fit-name').value || text.defaultName },
    headers: { 'idempotency-key': crypto.randomUUID() }
  })
  const refused = await sendAll(id, `${source},${target}`)
  const activate = byId('fit-activate')?.checked === true && pageData().mayActivate
  await call('POST', '/v1/maps', {
    json: { source, target, corpus: id, ...activate ? { activate: true } : {} },
    headers: { prefer: 'respond-async', 'idempotency-key': crypto.randomUUID() }
  })
  say(text.ordered(photographs.length - refused.length), ...refusals(refused))
  await followJobs()
}

/**
 * @param {string} corpus @param {string} models
 * @returns {Promise<string[]>} what was refused, and why
 */
async function sendAll (corpus, models) {
  /** @type {string[]} */
  const refused = []
  const left = [...photographs]
  let done = 0
  const bar = h('progress', { max: photographs.length, value: 0, 'aria-label': text.sending })
  const count = h('span', {})
  say(bar, count)
  const work = async () => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      const { file, sample, identity } = next
      const query = new URLSearchParams({ sample, models, ...identity === null ? {} : { identity } })
      await call('POST', `/v1/corpora/${corpus}/images?${query}`, { body: file }).catch(error => {
        if (error.problem?.code === undefined) throw error
        refused.push(`${sample}: ${error.message}`)
      })
      bar.value = ++done
      count.textContent = text.sent(done, photographs.length, refused.length)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, work))
  return refused
}

/** @param {string[]} refused */
function refusals (refused) {
  if (refused.length === 0) return []
  return [
    h('p', {}, text.refused(refused.length)),
    h('ul', {}, ...refused.slice(0, maxListed).map(line => h('li', {}, line)))
  ]
}

/** @param {...(string | Node)} content */
const say = (...content) => byId('fit-status').replaceChildren(...content)

/** @param {any} error */
const refuse = (error) => say(showProblem(error))
