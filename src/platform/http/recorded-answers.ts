import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectRoot } from '../../config.js'

interface Recorded {
  /** by operation and status */
  readonly answers: Readonly<Record<string, Readonly<Record<string, object>>>>
  /** by code */
  readonly problems: Readonly<Record<string, object>>
}

/** What a fresh service answered, as `npm run answers` recorded it. Long lists and texts are cut. */
export const recorded = JSON.parse(readFileSync(join(projectRoot, 'openapi', 'answers.json'), 'utf8')) as Recorded
