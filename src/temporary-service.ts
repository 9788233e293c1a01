import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { buildApp } from './app.js'
import { readConfig } from './config.js'
import { createLogger } from './logger.js'
import { createService, type Service } from './service.js'

/**
 * The service on a free port with a database in memory, for commands and tools that use it as its callers do. It turns
 * nobody away.
 *
 * @param signs whether it signs bundles, with the key of SIGNING_KEY_FILE, which is made if it is missing
 */
export async function startTemporaryService (
  { signs = false } = {}
): Promise<{ url: string, service: Service, stop(): Promise<void> }> {
  const given = readConfig()
  const signingKeyFile = signs ? given.signingKeyFile : undefined
  if (signingKeyFile !== undefined) await mkdir(dirname(signingKeyFile), { recursive: true, mode: 0o700 })
  const config = {
    ...given,
    signingKeyFile,
    database: { memory: true } as const,
    host: '127.0.0.1',
    port: 0,
    apiKeysRequired: false,
    adminKeyFile: undefined,
    shutdownDelay: 0,
    maxWait: 60_000
  }
  const log = createLogger('warn', { write: line => process.stderr.write(line) })
  const service = await createService(config, log)
  const app = await buildApp(service, config, log)
  app.addHook('onClose', () => service.close())
  return { url: await app.listen({ host: '127.0.0.1', port: 0 }), service, stop: () => app.close() }
}
