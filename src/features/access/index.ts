/** What other features use of access. */
export { keyHasScope } from './key-scopes.js'
export { requireFurtherScope } from './plugin.js'
