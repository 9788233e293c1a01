/** What other features use of bundles. */
export { readBundleFile } from './bundle-file.js'
export type { BundledMap } from './format.js'
export { readTrustedKeys } from './keys.js'
