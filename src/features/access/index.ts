/** What other features use of access. */
export { keyHolds } from './held-keys.js'
export { requireFurtherScope } from './plugin.js'
