/** What other features use of guard. */
export { BatchGuard, ComparisonGuard } from './guard-schema.js'
export { createGuard, type Guard, type GuardedPart, type GuardMode, type GuardReport, joinReports } from './guard.js'
export { createMeasurer, type Measurer } from './measurer.js'
export { profilesSubfolder, readProfiles, writeProfile } from './profile-files.js'
export { createProfiles, type Profiles } from './profiles.js'
export { createWatch } from './watch.js'
