/** What other features use of verifications. */
export { bestMap, type ComparedIn, placeOf } from './comparison-places.js'
export { findFusing, fusedIn, type Fusing, modelsOf } from './fusing.js'
export { type Comparing, comparingOf, projectionOf } from './comparing.js'
export { ComparedInDocument } from './comparison-schema.js'
