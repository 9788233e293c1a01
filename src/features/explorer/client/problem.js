// @ts-check
import { Refusal } from './api.js'
import { h } from './dom.js'
import { words } from './words.js'

const text = words.compare

/**
 * A refusal in its own words, with what to do about it.
 * @param {any} error
 */
export function showProblem (error) {
  const { code, detail, type } = error instanceof Refusal ? error.problem : { code: '', detail: '', type: '' }
  return h(
    'div',
    { class: 'problem', role: 'alert' },
    h('p', {}, h('strong', {}, code === 'map-missing' ? text.noMap : error.message)),
    detail === undefined ? null : h('p', { class: 'note' }, detail),
    type === undefined || type === '' ? null : h('p', {}, h('a', { href: type }, text.problem))
  )
}
