/** What other features use of the catalogue. */
export type { CatalogueLease } from './catalogue-lease.js'
export type { Catalogue, KnownSpace, MapRoute } from './catalogue.js'
export { type BatchPart, groupTemplates, inRequestOrder, vectorAt, vectorsOf } from './documents/template-batch.js'
export { readTemplate, readTemplatesOfImage, writeTemplates } from './documents/template-document.js'
export type { CatalogueStore } from './feature.js'
export {
  CalibrationDocument,
  CalibrationId,
  CalibrationReference,
  calibrationReference,
  MapDocument,
  MapId,
  MapReference,
  mapReference,
  MapSummary,
  MetricsDocument
} from './map-schema.js'
export type { createModelRepository, JsonObject } from './models-repository.js'
export { type CalibratedBy, calibrationOf } from './own-calibration.js'
export type { SelfTestState, SelfTestStates } from './self-test-states.js'
export { ModelList, readSpace, SpaceQuery } from './space-schema.js'
export type { createCalibrationRepository, StoredCalibration } from './store/calibrations.js'
export type { createMapRepository, StoredMap } from './store/maps.js'
export type { createEnsembleRepository, StoredEnsemble } from './store/ensembles.js'
export { type createSpaceProfileRepository, digestOfProfile, spaceProfilesChanged } from './store/space-profiles.js'
