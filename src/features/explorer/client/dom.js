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
