import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { buildApp } from '../src/app.js'
import { projectRoot, readConfig } from '../src/config.js'
import { createLogger } from '../src/logger.js'
import { createService } from '../src/service.js'

/**
 * Writes openapi/openapi.json from the routes of the real service. With `--check` it writes nothing and fails when the
 * committed document differs.
 */
const path = join(projectRoot, 'openapi', 'openapi.json')
const config = { ...readConfig({}), database: { memory: true } as const, signingKeyFile: undefined, embedThreads: 1 }
const log = createLogger('silent')
const service = await createService(config, log)
const app = await buildApp(service, config, log)
await app.ready()
const document = JSON.stringify(app.swagger(), null, 2) + '\n'
await app.close()
await service.close()

if (process.argv.includes('--check')) {
  const committed = await readFile(path, 'utf8').catch(() => '')
  if (committed !== document) {
    console.error('openapi/openapi.json does not match the routes: run `npm run openapi` and commit the result')
    process.exit(1)
  }
  console.log('openapi/openapi.json matches the routes')
} else {
  await writeFile(path, document)
  console.log(`wrote ${path}`)
}
