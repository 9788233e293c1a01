/** What other features use of access. */
export type { Scope } from './api-keys-repository.js'
export { keyHasScope } from './key-scopes.js'
export { fromOwnPage } from './own-page.js'
export { requireFurtherScope } from './plugin.js'
export { sessionToken, setSession } from './session-cookie.js'
