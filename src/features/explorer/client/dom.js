// @ts-check

/**
 * @typedef {string | number | Node | null | undefined} Child
 * @typedef {Record<string, string | number | boolean | null | undefined | ((event: any) => void)>} Properties
 */

const svgNames = new Set(['svg', 'g', 'rect', 'circle', 'line', 'path', 'text', 'title', 'desc'])

/**
 * Makes an element. Text becomes text nodes and is never parsed: names of files, models and people may be anything.
 *
 * @param {string} name
 * @param {Properties} [properties] attributes; functions are listeners
 * @param {...Child} children
 * @returns {any}
 */
export function h (name, properties = {}, ...children) {
  const element = svgNames.has(name)
    ? document.createElementNS('http://www.w3.org/2000/svg', name)
    : document.createElement(name)
  for (const [key, value] of Object.entries(properties)) {
    if (typeof value === 'function') element.addEventListener(key, value)
    else if (value === true) element.setAttribute(key, '')
    else if (value !== null && value !== undefined && value !== false) element.setAttribute(key, String(value))
  }
  element.append(...children.filter(child => child !== null && child !== undefined).map(nodeOf))
  return element
}

/** @param {any} child */
const nodeOf = (child) => child instanceof Node ? child : String(child)

/** @param {string} id @returns {any} */
export function byId (id) {
  const element = document.getElementById(id)
  if (element === null) throw new Error(`the page has no element ${id}`)
  return element
}

/**
 * The data that the service put into the page.
 * @returns {any}
 */
export const pageData = () => JSON.parse(byId('data').textContent)

/**
 * Listens to a button. It comes disabled, since a click that nobody listens to is lost.
 *
 * @param {HTMLButtonElement} button
 * @param {() => void} act
 */
export function whenClicked (button, act) {
  button.addEventListener('click', act)
  button.disabled = false
}

/**
 * Listens to a form. Its buttons come disabled, since a form that nobody listens to loads the page anew.
 *
 * @param {HTMLFormElement} form
 * @param {() => void} act
 */
export function whenSubmitted (form, act) {
  form.addEventListener('submit', event => {
    event.preventDefault()
    act()
  })
  for (const button of form.querySelectorAll('button')) button.disabled = false
}

/**
 * Takes the files that are chosen, also those that were before anybody listened. The same can be chosen again then, and
 * browsers that remember what a form had do not choose them by themselves.
 *
 * @param {HTMLInputElement} input
 * @param {(files: File[]) => void} take
 */
export function whenChosen (input, take) {
  const changed = () => {
    const files = [...input.files ?? []]
    input.value = ''
    if (files.length > 0) take(files)
  }
  input.addEventListener('change', changed)
  changed()
}
