import { buildApp } from './app.js'
import { readConfig } from './config.js'
import { createLogger } from './logger.js'
import { createService, type Service } from './service.js'

/**
 * The service on a free port with a database in memory, for commands and tools that use it as its callers do. It signs
 * with the key of SIGNING_KEY_FILE, and turns nobody away.
 */
export async function startTemporaryService (): Promise<{ url: string, service: Service, stop(): Promise<void> }> {
  const config = {
    ...readConfig(),
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
