// @ts-check
import { call, Refusal } from './api.js'
import { byId, h } from './dom.js'
import { startFitting } from './fit.js'
import { followJobs } from './jobs.js'
import { words } from './words.js'

const text = words.maps

/** Adds what an administrator may do with each version of a map. */
for (const place of document.querySelectorAll('.changes')) {
  const { map, state } = /** @type {HTMLElement} */ (place).dataset
  const button = (/** @type {string} */ name, /** @type {() => Promise<unknown>} */ act) =>
    h('button', {
      type: 'button',
      click: () => {
        act().then(() => window.location.reload(), refuse)
      }
    }, name)
  if (state === 'fitted') {
    place.prepend(button(text.activate, () => call('POST', `/v1/maps/${map}/activate`)), ' ')
  }
  if (state !== 'retired') {
    place.append(
      ' ',
      button(text.retire, async () => {
        if (window.confirm(text.retireSure)) await call('DELETE', `/v1/maps/${map}`)
      })
    )
  }
}

/** @param {any} error */
function refuse (error) {
  const detail = error instanceof Refusal ? error.problem.detail ?? '' : ''
  byId('refusal').replaceChildren(h('p', { class: 'problem' }, h('strong', {}, error.message), ` ${detail}`))
}

followJobs()
if (document.getElementById('fit-form') !== null) startFitting()
