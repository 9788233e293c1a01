import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectRoot } from '../config.js'
import type { Recalibration } from '../science/cards/recalibration.js'
import { disposableCalibrationId, exampleCalibrationId, exampleMapId } from '../platform/http/documented-examples.js'
import type { createCalibrationRepository } from './catalogue/index.js'

/** The example map, calibrated on the example corpus. */
const exampleCalibration = JSON.parse(
  readFileSync(join(projectRoot, 'openapi', 'example-calibration.json'), 'utf8')
) as Recalibration

/** Stores two calibrations of the example map, which has to be stored before, unless they exist. */
export async function storeCalibrationExamples (
  calibrations: ReturnType<typeof createCalibrationRepository>
): Promise<void> {
  for (const id of [exampleCalibrationId, disposableCalibrationId]) {
    await calibrations.createWithId(id, {
      map: exampleMapId,
      corpusId: null,
      result: exampleCalibration,
      biases: undefined
    })
  }
}
