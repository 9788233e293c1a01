import type { Database, DatabaseConfig, DatabaseOptions } from './database.js'
import { openEmbedded } from './embedded/embedded.js'
import { openServer } from './server.js'

/**
 * Opens the database. A server is not contacted yet: it may start later than the service.
 *
 * @throws StartupError when the URL is malformed, or the folder cannot be used or is in use
 */
export async function openDatabase (config: DatabaseConfig, options: DatabaseOptions = {}): Promise<Database> {
  return 'url' in config
    ? openServer(config, options)
    : await openEmbedded(config, options)
}
