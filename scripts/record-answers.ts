import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { projectRoot } from '../src/config.js'
import { recordAnswers } from '../test/support/recorded-answers.js'
import { startService } from './running-service.js'

/**
 * Writes openapi/answers.json, the examples of the answers in the documentation: what a fresh service answered to the
 * example of each request, and to requests that it refuses.
 *
 *   npm run answers
 */
const path = join(projectRoot, 'openapi', 'answers.json')
const folder = await mkdtemp(join(tmpdir(), 'crosswalk-answers-'))
process.env['SIGNING_KEY_FILE'] = join(folder, 'signing-key.pem')
const { url, stop } = await startService({ signs: true })
try {
  const recorded = await recordAnswers(url)
  await writeFile(path, JSON.stringify(recorded, null, 1) + '\n')
  const size = (await readFile(path)).length
  console.log(
    `wrote ${path}: ${Object.keys(recorded.answers).length} operations, ${
      Object.keys(recorded.problems).length
    } problems, ${size} bytes`
  )
} finally {
  await stop()
  await rm(folder, { recursive: true })
}
